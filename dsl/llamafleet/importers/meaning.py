"""Meaning of a llama-swap configuration, in a form that is equal for equal meanings.

Macros are replaced, defaults filled in, and the argv of llama-server is read by the flag table.
Ports that llama-swap or llamafleet chose by itself are written `${PORT}`, wherever they stand. Sets
are what they allow, in the order in which llama-swap tries them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from ..fleet.schema.pass_through import UpstreamPath
from ..fleet.schema.swap_service import UPSTREAM_PATHS
from ..fleet.server_argv import normal
from ..fleet.words import Word
from ..llama_swap.model import Command, Filters, Selector, SwapConfig, SwapModel
from ..llama_swap.values import At, Key, Table, Value
from . import routing_keys
from .chosen_ports import words_of
from .matrix_meaning import meaning_of
from .model_block import PROXY, ported
from .model_settings import PASSED
from .server_command import is_server
from .upstream_keys import at

Meaning: TypeAlias = dict[str, Any]
"""A tree of plain values; texts are the keys of its mappings."""

TIMEOUTS = {
    "connect": 30, "keepalive": 30, "responseHeader": 0, "tlsHandshake": 10, "expectContinue": 1,
    "idleConn": 90,
}  # fmt: skip
PEER_TIMEOUTS = {**TIMEOUTS, "responseHeader": 60}
SESSION_HEADERS = ("X-Session-ID", "X-Litellm-Session-Id")


def meaning(config: SwapConfig, ports: Mapping[str, int]) -> Meaning:
    """Return the meaning of a configuration; `ports` are those that nobody chose, by model."""
    return {
        "models": {
            each.id.text: _model(each, config, ports.get(each.id.text)) for each in config.models
        },
        "routing": _routing(config),
        "profiles": {
            each.name.text: {
                "description": _value(each.description, ""),
                "pins": {key.text: target.value for key, target in each.pins},
                **_others(each.table, routing_keys.PROFILE),
            }
            for each in config.profiles
        },
        "selectors": {each.id.text: _selector(each) for each in config.selectors},
        "peers": {
            each.name.text: {
                "proxy": each.proxy.value,
                "models": [model.value for model in each.models],
                "apiKey": _value(each.api_key, ""),
                "filters": _filters(each.filters, None),
                "timeouts": {**PEER_TIMEOUTS, **_times(each.timeouts)},
                **_others(each.table, routing_keys.PEER),
            }
            for each in config.peers
        },
        "priority": {key.text: rank.value for key, rank in config.priority if rank.value},
        "preload": [name for each in config.preload if (name := config.resolved(each.value))],
        "apiKeys": [each.value for each in config.api_keys],
        **_service(config),
    }


def _selector(selector: Selector) -> Meaning:
    return {
        "strategy": selector.strategy.value,
        "targets": [target.value for target in selector.targets],
        "spillover": _value(selector.spillover, 1),
        "name": _value(selector.name, ""),
        "description": _value(selector.description, ""),
        "unlisted": _value(selector.unlisted, False),
        "metadata": _plain(selector.metadata, None),
        **_others(selector.table, routing_keys.SELECTOR),
    }


def _service(config: SwapConfig) -> Meaning:
    return {**_known(config), **_others(config.table, UPSTREAM_PATHS, SAID)}


def _others(
    table: Table, upstream_paths: Iterable[UpstreamPath], known: Iterable[str] = ()
) -> Meaning:
    """Return what else only passes through, by its path; `known` are paths dealt with elsewhere."""
    found: Meaning = {}
    for upstream in upstream_paths:
        path = ".".join(upstream.parts)
        value = at(table, upstream) if path not in known else None
        if value is not None and value.plain() not in (False, [], {}):
            found[path] = value.plain()
    return found


SAID = frozenset({
    "healthCheckTimeout", "logLevel", "logTimeFormat", "logToStdout", "metricsMaxInMemory",
    "captureBuffer", "includeAliasesInList", "store.path", "performance.disabled",
    "performance.every", "ui.activity.session_id", "upstream.ignorePaths", "unloadTimeout",
    "sendLoadingState",
})  # fmt: skip
"""Paths of a service's keys that are dealt with by name."""


def _known(config: SwapConfig) -> Meaning:
    level = _value(config.log_level, "info")
    return {
        "healthCheckTimeout": max(15, _value(config.health_check_timeout, 120)),
        "logLevel": level if level in ("debug", "info", "warn", "error") else "info",
        "logTimeFormat": _value(config.log_time_format, "").lower(),
        "logToStdout": _value(config.log_to_stdout, "") or "proxy",
        "metricsMaxInMemory": _value(config.metrics_max_in_memory, 1000),
        "captureBuffer": max(0, _value(config.capture_buffer, 5)),
        "includeAliasesInList": _value(config.include_aliases_in_list, False),
        "store": _value(config.store_path, ""),
        "performance": [
            _value(config.performance_disabled, False),
            _value(config.performance_every, "5s"),
        ],
        "sessionId": [each.value for each in config.session_id] or list(SESSION_HEADERS),
        "ignorePaths": [each.value for each in config.ignore_paths],
    }


def _model(model: SwapModel, config: SwapConfig, port: int | None) -> Meaning:
    ids = {each.id.text for each in config.models}
    proxy = PROXY.sub(r"http://127.0.0.1:\1", _value(model.proxy, "http://127.0.0.1:${PORT}"))
    ttl = _value(model.ttl, -1)
    return {
        "cmd": _argv(model.cmd, port),
        "cmdStop": words_of(model.cmd_stop, port),
        "proxy": ported(proxy, port),
        "checkEndpoint": _value(model.check_endpoint, "") or "/health",
        "ttl": _value(config.global_ttl, 0) if ttl == -1 else ttl,
        "unloadTimeout": _value(model.unload_timeout, 0) or _value(config.unload_timeout, 0) or 10,
        "aliases": [each.value for each in model.aliases if each.value not in ids],
        "env": dict(each.value.partition("=")[::2] for each in model.env),
        "unlisted": _value(model.unlisted, False),
        "useModelName": _value(model.use_model_name, ""),
        "name": _value(model.name, ""),
        "description": _value(model.description, ""),
        "concurrencyLimit": _value(model.concurrency_limit, 0) or 10,
        "filters": _filters(model.filters, port),
        "metadata": _metadata(model.metadata, port),
        "sendLoadingState": _value(
            model.send_loading_state, _value(config.send_loading_state, False)
        ),
        "timeouts": {**TIMEOUTS, **_times(model.timeouts)},
        "ignoreWebsockets": _value(model.ignore_websockets, False),
        "capabilities": _capabilities(model),
        **_others(model.table, PASSED),
    }


def _argv(command: Command | None, port: int | None) -> Meaning | list[str]:
    words = words_of(command, port)
    if command is not None and is_server([Word(word, command.span) for word in words[:1]]):
        return normal(words, command.span)
    return words


def _filters(filters: Filters, port: int | None) -> Meaning:
    strip = filters.strip_params
    names = {name.strip() for name in strip.value} if strip else set()
    return {
        "stripParams": sorted(name for name in names if name),
        "setParams": _ported(_plain(filters.set_params, {}), port) or {},
        "setParamsByID": {
            key.text: _ported(value.plain(), port) or {} for key, value in filters.set_params_by_id
        },
    }


def _metadata(value: Value | None, port: int | None) -> object:
    plain = _plain(value, {})
    if isinstance(plain, dict):
        plain = {key: inner for key, inner in plain.items() if key != "llamafleet"}
    return _ported(plain, port) or {}


def _capabilities(model: SwapModel) -> Meaning:
    said = model.capabilities
    if said is None:
        return {}
    found: Meaning = {
        "in": [each.value for each in said.inputs],
        "out": [each.value for each in said.outputs],
        "tools": _value(said.tools, False),
        "reranker": _value(said.reranker, False),
        "context": _value(said.context, 0),
    }
    return {key: value for key, value in found.items() if value}


def _routing(config: SwapConfig) -> Meaning:
    if config.matrix is not None:
        others = _others(config.matrix.table, routing_keys.MATRIX)
        return {**meaning_of(config.matrix, config), **others}
    ids = {each.id.text for each in config.models}
    groups = {
        each.name.text: {
            "members": sorted({member.value for member in each.members} & ids),
            "swap": each.swap.value,
            "exclusive": each.exclusive.value,
            "persistent": each.persistent.value,
            **_others(each.table, routing_keys.GROUP),
        }
        for each in config.groups
    }
    return {"groups": groups}


def _ported(value: object, port: int | None) -> object:
    """Return a free-form value with the port as a macro, also where the port is all of it."""
    match value:
        case bool() | None:
            return value
        case int() | str():
            text = str(value)
            return ported(text, port) if port is not None and str(port) in text else value
        case list():
            return [_ported(each, port) for each in value]
        case dict():
            return {key: _ported(inner, port) for key, inner in value.items()}
    return value


def _times(times: Iterable[tuple[Key, At[int]]]) -> dict[str, int]:
    return {key.text: number.value for key, number in times if key.text in TIMEOUTS}


def _value(said: At[Any] | None, default: Any) -> Any:
    return default if said is None else said.value


def _plain(value: Value | None, default: object) -> object:
    return default if value is None or value.data is None else value.plain()
