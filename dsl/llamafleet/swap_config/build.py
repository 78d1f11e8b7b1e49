"""Checked values as the typed model."""

from __future__ import annotations

from .model import (
    Capabilities,
    Command,
    Filters,
    Macro,
    Peer,
    Profile,
    Selector,
    SwapConfig,
    SwapGroup,
    SwapMatrix,
    SwapModel,
    SwapSet,
    Unused,
)
from .typed import number, switch
from .values import At, Key, Table, Value

EMPTY = Table(())


def table(parent: Table, *names: str) -> Table:
    """The mapping at a path, an empty one where there is none."""
    for name in names:
        value = parent.get(name)
        parent = (value.table if value else None) or EMPTY
    return parent


def text(parent: Table, name: str) -> At[str] | None:
    """A text that is written."""
    value = parent.get(name)
    if value is None or not value.scalar or value.data is None:
        return None
    return At(value.text, value.span)


def texts(parent: Table, name: str) -> tuple[At[str], ...]:
    """A list of texts; llama-swap drops nulls from it."""
    value = parent.get(name)
    items = (value.items if value else None) or ()
    return tuple(
        At(each.text, each.span) for each in items if each.scalar and each.data is not None
    )


def integer(parent: Table, name: str) -> At[int] | None:
    """A number that is written and known."""
    value = parent.get(name)
    found = number(value) if value is not None and value.known else None
    return At(found, value.span) if value is not None and found is not None else None


def boolean(parent: Table, name: str) -> At[bool] | None:
    """A switch that is written and known."""
    value = parent.get(name)
    if value is None or not value.known or not value.scalar or value.data is None:
        return None
    return At(switch(value), value.span)


def integers(parent: Table, null: int | None = None) -> tuple[tuple[Key, At[int]], ...]:
    """A mapping of numbers; `null` is what nothing counts as."""
    found = []
    for key, value in parent:
        number_ = integer(parent, key.text)
        if number_ is None and null is not None and value.scalar and value.data is None:
            number_ = At(null, value.span)
        if number_ is not None:
            found.append((key, number_))
    return tuple(found)


def config(
    path: str,
    version: int,
    root: Table,
    macros: tuple[Macro, ...],
    models: tuple[SwapModel, ...],
    unused: tuple[Unused, ...],
) -> SwapConfig:
    """The whole configuration, with the routing that is in force."""
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
        matrix=_matrix(matrix) if in_force else None,
        groups=() if in_force else groups(table(root if legacy else settings, "groups")),
        profiles=tuple(_profile(key, value) for key, value in table(root, "profiles")),
        selectors=tuple(_selector(key, value) for key, value in table(root, "selectors")),
        peers=tuple(_peer(key, value) for key, value in table(root, "peers")),
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
    )


def _present(parent: Table, name: str) -> bool:
    value = parent.get(name)
    return value is not None and value.data is not None


def model(
    key: Key, value: Value, written: Value, macros: tuple[Macro, ...], port: int | None
) -> SwapModel:
    """One model; `written` is it before macros."""
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
        filters=_filters(table(has, "filters")),
        macros=macros,
        metadata=metadata if metadata and metadata.table else None,
        send_loading_state=boolean(has, "sendLoadingState"),
        timeouts=integers(table(has, "timeouts")),
        ignore_websockets=boolean(compat, "ignoreWebsockets"),
        capabilities=_capabilities(has),
        health_check_timeout=integer(has, "healthCheckTimeout"),
        port=port,
    )


def _command(has: Table, raw: Table, name: str) -> Command | None:
    value, before = has.get(name), raw.get(name)
    if value is None or not value.scalar or value.data is None:
        return None
    return Command(value.text, before.written if before else "", value.span, value.known)


def _filters(has: Table) -> Filters:
    strip = text(has, "stripParams") or text(has, "strip_params")
    names = tuple(each.strip() for each in strip.value.split(",")) if strip else ()
    by_id = table(has, "setParamsByID")
    return Filters(
        At(tuple(each for each in names if each), strip.span) if strip else None,
        has.get("setParams"),
        tuple(by_id),
    )


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


def groups(has: Table) -> tuple[SwapGroup, ...]:
    """Groups with llama-swap's defaults."""
    found = []
    for key, value in has:
        inner = value.table or EMPTY
        # A null group gets no defaults at all.
        default = value.table is not None

        def flag(name: str, otherwise: bool, inner: Table = inner, key: Key = key) -> At[bool]:
            return boolean(inner, name) or At(otherwise, key.span)

        found.append(
            SwapGroup(
                key,
                texts(inner, "members"),
                flag("swap", default),
                flag("exclusive", default),
                flag("persistent", False),
            )
        )
    return tuple(found)


def _matrix(parent: Table) -> SwapMatrix:
    has, key = table(parent, "matrix"), parent.key("matrix")
    assert key is not None
    sets = table(has, "sets")
    return SwapMatrix(
        key.span,
        tuple((name, At(value.text, value.span)) for name, value in table(has, "vars")),
        integers(table(has, "evict_costs"), null=0),
        tuple(SwapSet(name, At(value.text, value.span)) for name, value in sets),
    )


def _selector(key: Key, value: Value) -> Selector:
    has = value.table or EMPTY
    metadata = has.get("metadata")
    return Selector(
        key,
        text(has, "strategy") or At("", key.span),
        texts(has, "targets"),
        integer(table(has, "settings"), "spillover"),
        text(has, "name"),
        text(has, "description"),
        boolean(has, "unlisted"),
        metadata if metadata and metadata.table else None,
    )


def _profile(key: Key, value: Value) -> Profile:
    has = value.table or EMPTY
    pins = tuple((name, At(each.text, each.span)) for name, each in table(has, "pins"))
    return Profile(key, pins, text(has, "description"))


def _peer(key: Key, value: Value) -> Peer:
    has = value.table or EMPTY
    return Peer(
        key,
        text(has, "proxy") or At("", key.span),
        texts(has, "models"),
        text(has, "apiKey"),
        _filters(table(has, "filters")),
        integers(table(has, "timeouts")),
        null=value.table is None,
    )
