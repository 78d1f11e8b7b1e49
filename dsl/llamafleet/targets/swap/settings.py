"""What holds for a whole llama-swap, and how it is written."""

from __future__ import annotations

from collections.abc import Mapping

from ...dataclasses import dataclass
from ...fleet.model import JsonObject
from ...fleet.request_words import Blocks
from ...fleet.schema.block import Fields
from ...llama_swap.versions import SINCE
from ..writers.yaml_file import Tree
from .schema import PERFORMANCE


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for all models; None and False leave llama-swap's own default."""

    version: int
    health_check_timeout: int
    log_level: str
    log_to_stdout: str
    log_time_format: str | None
    unload_timeout: int | None
    send_loading_state: bool
    include_aliases: bool
    metrics_max_in_memory: int | None
    capture_buffer: int | None
    store_path: str | None
    session_id_headers: tuple[str, ...]
    ignore_paths: tuple[str, ...]
    api_key_env: tuple[str, ...]
    performance: Mapping[str, bool | str]
    pass_through: JsonObject


def read_settings(fields: Fields, version: int, blocks: Blocks) -> Settings:
    """The settings of a block."""
    return Settings(
        version=version,
        health_check_timeout=fields.seconds("health-check-timeout") or 120,
        log_level=fields.text("log-level") or "info",
        log_to_stdout=fields.text("log-to-stdout") or "both",
        log_time_format=fields.text("log-time-format"),
        unload_timeout=fields.seconds("unload-timeout"),
        send_loading_state=fields.switch("send-loading-state"),
        include_aliases=fields.switch("include-aliases-in-list"),
        metrics_max_in_memory=fields.integer("metrics-max-in-memory"),
        capture_buffer=fields.integer("capture-buffer") if fields.has("capture-buffer") else None,
        store_path=fields.text("store-path"),
        session_id_headers=fields.texts("session-id-headers"),
        ignore_paths=fields.texts("upstream-ignore-paths"),
        api_key_env=fields.texts("api-key-env"),
        performance=_performance(blocks.read(fields, PERFORMANCE)),
        pass_through=blocks.pass_through(fields),
    )


def settings_tree(settings: Settings) -> dict[str, Tree]:
    """The top of the file."""
    tree: dict[str, Tree | None] = {
        "healthCheckTimeout": settings.health_check_timeout,
        "logLevel": settings.log_level,
        # It is ours to set, not the author's: an older release does without.
        "logToStdout": settings.log_to_stdout if _has("logToStdout", settings) else None,
        "logTimeFormat": settings.log_time_format,
        "unloadTimeout": settings.unload_timeout,
        "sendLoadingState": settings.send_loading_state or None,
        "includeAliasesInList": settings.include_aliases or None,
        "metricsMaxInMemory": settings.metrics_max_in_memory,
        "captureBuffer": _captures(settings),
        "store": {"path": settings.store_path} if settings.store_path else None,
        "performance": dict(settings.performance) or None,
        "ui": _sessions(settings),
        "upstream": {"ignorePaths": settings.ignore_paths} if settings.ignore_paths else None,
        "apiKeys": tuple(variable(name) for name in settings.api_key_env) or None,
    }
    return {key: value for key, value in tree.items() if value is not None}


def variable(name: str) -> str:
    """What llama-swap replaces by a variable of its environment, which holds a key."""
    return f"${{env.{name}}}"


def _captures(settings: Settings) -> int | None:
    """What is kept of requests and answers, in MB: nothing, unless the author wants it.

    llama-swap's own default is 5, and anyone who may use its API may read what it keeps. What the
    author passes through in llama-swap's own words stands.
    """
    if settings.capture_buffer is not None or "captureBuffer" in settings.pass_through:
        return settings.capture_buffer
    return 0 if _has("captureBuffer", settings) else None


def _has(key: str, settings: Settings) -> bool:
    return settings.version >= SINCE[key]


def _performance(fields: Fields | None) -> dict[str, bool | str]:
    found: dict[str, bool | str] = {}
    if fields is not None and fields.has("disabled"):
        found["disabled"] = fields.switch("disabled")
    if fields is not None and fields.has("every"):
        found["every"] = f"{fields.seconds('every')}s"
    return found


def _sessions(settings: Settings) -> Tree | None:
    headers = settings.session_id_headers
    return {"activity": {"session_id": headers}} if headers else None
