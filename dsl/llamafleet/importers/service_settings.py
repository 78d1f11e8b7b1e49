"""Imports the settings of llama-swap itself."""

from __future__ import annotations

from collections.abc import Iterator

from ..fleet.schema.pass_through import UpstreamPath
from ..fleet.schema.swap_service import UPSTREAM_PATHS
from ..language.syntax import Block, Name, Text
from ..llama_swap.model import SwapConfig
from . import nodes, upstream_keys
from .secrets import VARIABLE, SecretStore


def settings(config: SwapConfig, taken: set[int]) -> Iterator[nodes.Entry]:
    """Yield keys with one value each, what needs more than its value by a function of its own."""
    yield from _times(config)
    yield from _words(config)
    yield from upstream_keys.settings(config.table, _named("metrics-max-in-memory"))
    yield from _captures(config)
    yield from _start_port(config, taken)
    yield from upstream_keys.settings(config.table, _named(*FIRST))


def _named(*words: str) -> tuple[UpstreamPath, ...]:
    return tuple(upstream for word in words for upstream in UPSTREAM_PATHS if upstream.name == word)


OWN = frozenset({
    "health-check-timeout", "unload-timeout", "log-level", "log-to-stdout", "log-time-format",
    "capture-buffer",
})  # fmt: skip
"""Keys that mean something else where they are not written, or that are read less strictly."""
FIRST = ("send-loading-state", "include-aliases-in-list", "store-path")
"""Keys that only pass through and have ever stood here; the others follow the lists."""
PASSED = tuple(upstream for upstream in UPSTREAM_PATHS if upstream.name not in OWN)
REST = tuple(
    upstream for upstream in PASSED if upstream.name not in {*FIRST, "metrics-max-in-memory"}
)


def _times(config: SwapConfig) -> Iterator[nodes.Entry]:
    timeout = config.health_check_timeout
    if timeout is not None:
        # llama-swap raises what is shorter without a word.
        seconds = max(15, timeout.value)
        yield nodes.attribute("health-check-timeout", nodes.duration(seconds, timeout.span))
    for key, time in (("global-ttl", config.global_ttl), ("unload-timeout", config.unload_timeout)):
        if time is not None and time.value > 0:
            yield nodes.attribute(key, nodes.duration(time.value, time.span))


def _words(config: SwapConfig) -> Iterator[nodes.Entry]:
    start = nodes.start_of(config.path)
    level, stdout, format_ = config.log_level, config.log_to_stdout, config.log_time_format
    if level is not None and level.value in LEVELS:
        yield nodes.attribute("log-level", nodes.bare(level.value, level.span))
    if stdout is not None and stdout.value:
        yield nodes.attribute("log-to-stdout", nodes.bare(stdout.value, stdout.span))
    else:
        yield nodes.attribute("log-to-stdout", nodes.named("proxy", start))
    if format_ is not None and format_.value.lower() in TIME_FORMATS:
        yield nodes.attribute("log-time-format", nodes.named(format_.value.lower(), format_.span))


def _captures(config: SwapConfig) -> Iterator[nodes.Entry]:
    captures = config.capture_buffer
    if captures is not None:
        # llama-swap keeps nothing where this is negative (newMetricsMonitor in metrics.go).
        size = max(0, captures.value)
        yield nodes.attribute("capture-buffer", nodes.integer(size, captures.span))
    else:
        # A fleet file that does not say it keeps none.
        start = nodes.start_of(config.path)
        yield nodes.attribute("capture-buffer", nodes.integer(CAPTURES, start))


def _start_port(config: SwapConfig, taken: set[int]) -> Iterator[nodes.Entry]:
    """Yield the first port, unless a model with a port of its own is in the way."""
    first = config.start_port
    if first is None:
        return
    ports = range(first.value, first.value + len(config.models))
    if not taken & set(ports) and ports.stop <= LAST_PORT:
        yield nodes.attribute("start-port", nodes.integer(first.value, first.span))


LAST_PORT = 65535
CAPTURES = 5
"""MB that llama-swap keeps of requests and answers where its configuration does not say."""
LEVELS = frozenset({"debug", "info", "warn", "error"})
TIME_FORMATS = frozenset({
    "ansic", "unixdate", "rubydate", "rfc822", "rfc822z", "rfc850", "rfc1123", "rfc1123z",
    "rfc3339", "rfc3339nano", "kitchen", "stamp", "stampmilli", "stampmicro", "stampnano",
})  # fmt: skip


def lists(config: SwapConfig) -> Iterator[nodes.Entry]:
    """Yield models that are loaded at the start, and all that only passes through."""
    preload = [each for each in config.preload if config.resolved(each.value)]
    if preload:
        names = (nodes.named(each.value, each.span) for each in preload)
        yield nodes.attribute("preload", nodes.items(names, preload[0].span))
    yield from upstream_keys.settings(config.table, REST)


def api_keys(config: SwapConfig, safe: SecretStore) -> Iterator[nodes.Entry]:
    """Yield the key with the variables that hold the API keys."""
    names: list[Name | Text] = []
    for number, each in enumerate(config.api_keys, 1):
        found = VARIABLE.fullmatch(each.value.strip())
        what = f"key {number} of apiKeys"
        name = found[1] if found else safe.keep("LLAMA_SWAP_API_KEY", what, each.span, each.value)
        names.append(nodes.named(name, each.span))
    if names:
        yield nodes.attribute("api-key-env", nodes.items(names, names[0].span))


def blocks(config: SwapConfig) -> Iterator[Block]:
    """Yield nested blocks whose keys pass through."""
    yield from upstream_keys.blocks(config.table, PASSED)
