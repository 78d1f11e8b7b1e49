"""Checked values as the typed model."""

from __future__ import annotations

from . import build_names
from .model import Capabilities, Command, Macro, SwapConfig, SwapModel, Unused
from .read_table import EMPTY, boolean, filters, integer, integers, table, text, texts
from .values import Key, Table, Value


def config(
    path: str,
    version: int,
    root: Table,
    macros: tuple[Macro, ...],
    models: tuple[SwapModel, ...],
    unused: tuple[Unused, ...],
) -> SwapConfig:
    """Return the whole configuration, with the routing that is in force."""
    settings = table(root, "routing", "router", "settings")
    use = text(table(root, "routing", "router"), "use")
    legacy = bool(table(root, "groups").entries) or _present(root, "matrix")
    matrix = root if legacy else settings
    in_force = _present(matrix, "matrix") and (
        legacy or (use is not None and use.value == "matrix")
    )
    every = table(root, "performance")
    return SwapConfig(
        path=path,
        version=version,
        models=models,
        macros=macros,
        matrix=build_names.matrix(matrix) if in_force else None,
        groups=()
        if in_force
        else build_names.groups(table(root if legacy else settings, "groups")),
        profiles=tuple(build_names.profile(key, value) for key, value in table(root, "profiles")),
        selectors=tuple(
            build_names.selector(key, value) for key, value in table(root, "selectors")
        ),
        peers=tuple(build_names.peer(key, value) for key, value in table(root, "peers")),
        priority=integers(
            table(root, "routing", "scheduler", "settings", "fifo", "priority"), null=0
        ),
        preload=texts(table(root, "hooks", "on_startup"), "preload"),
        api_keys=texts(root, "apiKeys"),
        health_check_timeout=integer(root, "healthCheckTimeout"),
        start_port=integer(root, "startPort"),
        global_ttl=integer(root, "globalTTL"),
        unload_timeout=integer(root, "unloadTimeout"),
        log_level=text(root, "logLevel"),
        log_time_format=text(root, "logTimeFormat"),
        log_to_stdout=text(root, "logToStdout"),
        log_requests=boolean(root, "logRequests"),
        metrics_max_in_memory=integer(root, "metricsMaxInMemory"),
        capture_buffer=integer(root, "captureBuffer"),
        send_loading_state=boolean(root, "sendLoadingState"),
        include_aliases_in_list=boolean(root, "includeAliasesInList"),
        store_path=text(table(root, "store"), "path"),
        performance_disabled=boolean(every, "disabled"),
        performance_every=text(every, "every"),
        session_id=texts(table(root, "ui", "activity"), "session_id"),
        ignore_paths=texts(table(root, "upstream"), "ignorePaths"),
        unused=unused,
        table=root,
    )


def _present(parent: Table, name: str) -> bool:
    value = parent.get(name)
    return value is not None and value.data is not None


def model(
    key: Key, value: Value, written: Value, macros: tuple[Macro, ...], port: int | None
) -> SwapModel:
    """Return one model; `written` is it before macros."""
    if value.table is None:
        return SwapModel(key, value.span, null=True)
    has, raw = value.table, written.table or EMPTY
    compat, metadata = table(has, "compat"), has.get("metadata")
    return SwapModel(
        id=key,
        span=value.span,
        cmd=_command(has, raw, "cmd"),
        cmd_stop=_command(has, raw, "cmdStop"),
        proxy=text(has, "proxy") if text(raw, "proxy") else None,
        check_endpoint=text(has, "checkEndpoint"),
        aliases=texts(has, "aliases"),
        env=texts(has, "env"),
        ttl=integer(has, "ttl"),
        unload_timeout=integer(has, "unloadTimeout"),
        unlisted=boolean(has, "unlisted"),
        use_model_name=text(has, "useModelName"),
        name=text(has, "name"),
        description=text(has, "description"),
        concurrency_limit=integer(has, "concurrencyLimit"),
        filters=filters(table(has, "filters")),
        macros=macros,
        metadata=metadata if metadata and metadata.table else None,
        send_loading_state=boolean(has, "sendLoadingState"),
        timeouts=integers(table(has, "timeouts")),
        ignore_websockets=boolean(compat, "ignoreWebsockets"),
        capabilities=_capabilities(has),
        health_check_timeout=integer(has, "healthCheckTimeout"),
        port=port,
        table=has,
    )


def _command(has: Table, raw: Table, name: str) -> Command | None:
    value, before = has.get(name), raw.get(name)
    if value is None or not value.scalar or value.data is None:
        return None
    return Command(value.text, before.written if before else "", value.span, value.known)


def _capabilities(has: Table) -> Capabilities | None:
    value = has.get("capabilities")
    if value is None or value.table is None:
        return None
    inner = value.table
    return Capabilities(
        value.span,
        texts(inner, "in"),
        texts(inner, "out"),
        boolean(inner, "tools"),
        boolean(inner, "reranker"),
        integer(inner, "context"),
    )
