"""Checks of a configuration whose values all have the right form.

They report what llama-swap refuses, and what it accepts although it cannot be meant.
"""

from __future__ import annotations

from ..diagnostics.model import Diagnostics
from .check_matrix import check_matrix
from .check_models import check_aliases, check_models
from .check_names import check_peers, check_profiles, check_selectors
from .check_routing import check_groups, check_preload, check_priority, check_routing
from .model import SwapConfig
from .re2 import problem
from .typed import nanoseconds
from .values import At, Table
from .versions import SINCE

LOGS = ("proxy", "upstream", "both", "none")
LEVELS = ("debug", "info", "warn", "error")
_TIMES = set(
    [
        "ansic",
        "unixdate",
        "rubydate",
        "rfc822",
        "rfc822z",
        "rfc850",
        "rfc1123",
        "rfc1123z",
        "rfc3339",
        "rfc3339nano",
        "kitchen",
        "stamp",
        "stampmilli",
        "stampmicro",
        "stampnano",
    ]
)
LEAST_EVERY = 5 * 10**9


def check_config(config: SwapConfig, root: Table, diagnostics: Diagnostics) -> None:
    """Everything there is to say about a configuration as a whole."""
    _check_top(config, root, diagnostics)
    check_aliases(config, diagnostics)
    check_models(config, diagnostics)
    check_routing(config, root, diagnostics)
    if config.matrix is not None:
        check_matrix(config, config.matrix, diagnostics)
    else:
        check_groups(config, diagnostics)
    check_priority(config, diagnostics)
    check_preload(config, diagnostics)
    check_peers(config, diagnostics)
    check_selectors(config, diagnostics)
    check_profiles(config, diagnostics)
    _check_keys(root, diagnostics)


def at_least(
    value: At[int] | None, name: str, least: int, diagnostics: Diagnostics, hint: str = ""
) -> None:
    """Refuse a number below what llama-swap takes."""
    if value is not None and value.value < least:
        message = f"{name} must be {least} or more, not {value.value}"
        diagnostics.error("wrong-type", message, value.span, hint=hint, refused=True)


def _check_top(config: SwapConfig, root: Table, diagnostics: Diagnostics) -> None:
    at_least(config.start_port, "startPort", 1, diagnostics)
    at_least(config.global_ttl, "globalTTL", 0, diagnostics, "0 means never")
    at_least(config.unload_timeout, "unloadTimeout", 0, diagnostics, "0 means 10 seconds")
    _check_performance(config, diagnostics)
    if (path := config.store_path) is not None and not path.value.strip():
        diagnostics.error("wrong-type", "store.path must not be empty", path.span, refused=True)
    elif path is None and "store" in SINCE and _empty_store(root):
        key = root.key("store")
        assert key is not None
        diagnostics.error("missing-key", "store has no path", key.span, refused=True)
    if (to := config.log_to_stdout) is not None and to.value not in LOGS and _known(to):
        message = f'logToStdout must be one of {", ".join(LOGS)}, not "{to.value}"'
        diagnostics.error("wrong-type", message, to.span, refused=True)
    level, form = config.log_level, config.log_time_format
    if level and _known(level) and level.value.strip().casefold() not in LEVELS:
        message = f'there is no log level "{level.value}": llama-swap uses info'
        diagnostics.error(
            "wrong-type", message, level.span, hint=f"use one of: {', '.join(LEVELS)}"
        )
    if form and form.value and _known(form) and form.value.strip().casefold() not in _TIMES:
        message = f'there is no time format "{form.value}": llama-swap logs no times'
        diagnostics.error("wrong-type", message, form.span, hint="use rfc3339, kitchen, ansic ...")
    if config.log_requests is not None:
        message = "llama-swap never uses logRequests"
        key = root.key("logRequests")
        diagnostics.error("unused-key", message, key.span if key else config.log_requests.span)
    _check_patterns(config, diagnostics)


def _known(value: At[str]) -> bool:
    return "${env." not in value.value


def _empty_store(root: Table) -> bool:
    store = root.get("store")
    return store is not None and store.table is not None


def _check_performance(config: SwapConfig, diagnostics: Diagnostics) -> None:
    every = config.performance_every
    if every is None:
        return
    amount = nanoseconds(every.value)
    if amount is not None and amount != 0 and amount < LEAST_EVERY:
        message = f"performance.every must be 5s or more, not {every.value}"
        diagnostics.error("wrong-type", message, every.span, refused=True)


def _check_patterns(config: SwapConfig, diagnostics: Diagnostics) -> None:
    for pattern in config.ignore_paths:
        if _known(pattern) and (why := problem(pattern.value)):
            message = f"upstream.ignorePaths: Go cannot read this regular expression: {why}"
            diagnostics.error("wrong-type", message, pattern.span, refused=True)


def _check_keys(root: Table, diagnostics: Diagnostics) -> None:
    keys = root.get("apiKeys")
    for key in (keys.items if keys else None) or ():
        if key.text == "" and key.data is not None:
            diagnostics.error("wrong-type", "an API key is empty", key.span, refused=True)
        elif " " in key.text and key.known:
            message = "an API key cannot contain a space"
            diagnostics.error("wrong-type", message, key.span, refused=True)
        elif key.data is not None and "${" not in key.written:
            message = "apiKeys contains a secret in plain text"
            hint = 'use "${env.LLAMA_SWAP_API_KEY}", and set the variable where llama-swap runs'
            diagnostics.warning("secret-in-file", message, key.span, hint=hint)
