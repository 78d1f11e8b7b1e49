"""Settings of a whole llama-swap, and how they are rendered."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from ...dataclasses import dataclass
from ...fleet.model import JsonObject
from ...fleet.request_filters import NestedBlocks
from ...fleet.schema.block import Fields
from ...fleet.schema.pass_through import (
    PassedValue,
    UpstreamPath,
    read_values,
    to_tree,
    upstream_default,
)
from ...fleet.schema.swap_service import BLOCKS, UPSTREAM_PATHS
from ...llama_swap.versions import since
from ..writers.yaml_file import Tree

ORDER = (
    *("healthCheckTimeout", "logLevel", "logToStdout", "logTimeFormat", "unloadTimeout"),
    *("sendLoadingState", "includeAliasesInList", "metricsMaxInMemory", "captureBuffer"),
    *("store", "performance", "ui", "upstream"),
)
"""What comes first, as ever: a file in another order would restart every model for nothing."""

_KEYS = {each.name: each.key for each in UPSTREAM_PATHS}


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings that hold for all models.

    `passed` are the keys that are written and only pass through, `api_key_env` variables that hold
    the keys it asks for, and `pass_through` what stands there in llama-swap's own words.
    """

    version: int
    passed: tuple[PassedValue, ...]
    api_key_env: tuple[str, ...]
    pass_through: JsonObject

    @property
    def health_check_timeout(self) -> int:
        """Return the time a model may take to load, in seconds."""
        return int(self._value("health-check-timeout"))

    @property
    def send_loading_state(self) -> bool:
        """Return True if clients are told about a load."""
        return bool(self._value("send-loading-state"))

    @property
    def store_path(self) -> str | None:
        """Return the file in which figures outlive it; None where they are not kept."""
        found: str | None = self._value("store-path")
        return found

    def _value(self, word: str) -> Any:
        """Return what is written, else the default; None where there is neither."""
        for each in self.passed:
            if each.upstream.name == word:
                return each.value
        return upstream_default(_KEYS[word])


def read_settings(fields: Fields, version: int, blocks: NestedBlocks) -> Settings:
    """Read the settings of a block."""
    schemas = {schema.kind: schema for schema in BLOCKS}
    return Settings(
        version=version,
        passed=tuple(
            read_values(fields, UPSTREAM_PATHS, lambda kind: blocks.read(fields, schemas[kind]))
        ),
        api_key_env=fields.texts("api-key-env"),
        pass_through=blocks.pass_through(fields),
    )


def settings_tree(settings: Settings) -> dict[str, Tree]:
    """Return the top of the file."""

    knows = known_to(settings.version, but_for=settings.pass_through)
    tree = to_tree(settings.passed, UPSTREAM_PATHS, ORDER, knows)
    found: dict[str, Tree] = dict(tree)
    if settings.api_key_env:
        found["apiKeys"] = tuple(variable(name) for name in settings.api_key_env)
    return found


def known_to(
    version: int, *holder: str, but_for: Collection[str] = ()
) -> Callable[[UpstreamPath], bool]:
    """Return a test for keys that a release reads below `holder`, for defaults of llamafleet's own.

    A default is ours to set, not the author's: an older release does without, and what the author
    passes through in llama-swap's own words, `but_for`, stands.
    """

    def knows(upstream: UpstreamPath) -> bool:
        first = since(*holder, *upstream.parts) or 0
        return first <= version and upstream.parts[0] not in but_for

    return knows


def variable(name: str) -> str:
    """Return what llama-swap replaces by a variable of its environment, which holds a key."""
    return f"${{env.{name}}}"
