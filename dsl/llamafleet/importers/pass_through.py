"""Settings that are passed through in llama-swap's own words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..fleet.words import split
from ..language.syntax import Block, Text
from ..llama_swap.model import Command, Filters, SwapConfig, SwapModel
from ..llama_swap.values import At, Table, Value
from ..llama_swap.versions import since
from ..secrets.find import in_value
from ..secrets.names import is_secret_name
from ..source import Span
from . import nodes
from .model_settings import ReportLoss, filters_pass_through, free_entries
from .representable import is_representable

URL = re.compile(r"https?://[^\s\"'/][^\s\"']*")
HEALTH = re.compile(r"/\S*|none")
VARIABLE = re.compile(r"(?s)[A-Za-z_][A-Za-z0-9_]*=.*")


def is_representable_command(command: Command) -> bool:
    """Return True if a command can be a list of words; macros of its process are allowed."""
    text = command.text.replace("${PORT}", "").replace("${PID}", "")
    words = [word.text for word in split(text, "")]
    return (
        command.known
        and is_representable(" ".join(text.splitlines()))
        and not any("\n" in word for word in words)
    )


def of_model(
    model: SwapModel, config: SwapConfig, report_loss: ReportLoss
) -> Iterator[nodes.Entry]:
    """Yield the keys of a model whose values the language refuses, and those llama-swap ignores."""
    for key, command in (("cmd", model.cmd), ("cmdStop", model.cmd_stop)):
        if command is not None and command.text.strip() and not is_representable_command(command):
            text = command.text.strip("\n").replace("\r", "")
            yield nodes.attribute(key, Text(text, command.span))
        elif key == "cmd" and not (command and command.text.strip()):
            yield nodes.attribute(key, Text("", model.id.span))
    texts: tuple[tuple[str, At[str] | None, bool], ...] = (
        ("proxy", model.proxy, bool(model.proxy and URL.fullmatch(model.proxy.value))),
        (
            "checkEndpoint",
            model.check_endpoint,
            bool(model.check_endpoint and HEALTH.fullmatch(model.check_endpoint.value or "/")),
        ),
        ("useModelName", model.use_model_name, True),
        ("name", model.name, True),
        ("description", model.description, True),
    )
    for key, said, fits in texts:
        if said is not None and said.value and not (fits and is_representable(said.value)):
            yield nodes.attribute(key, Text(said.value, said.span))
    if any(
        not VARIABLE.fullmatch(each.value) or not is_representable(each.value) for each in model.env
    ):
        yield _texts("env", model.env)
    if any(not is_representable(each.value) for each in model.aliases):
        yield _texts("aliases", model.aliases)
    if model.health_check_timeout is not None:
        said_timeout = model.health_check_timeout
        number = nodes.integer(said_timeout.value, said_timeout.span)
        yield nodes.attribute("healthCheckTimeout", number)
    if filters_pass_through(model.filters):
        yield nodes.block(
            "filters", None, list(filters_of(model.filters, report_loss)), model.id.span
        )
    yield from free_entries(unused(config, model.id.text, report_loss), report_loss)


def filters_of(said: Filters, report_loss: ReportLoss) -> Iterator[nodes.Entry]:
    """Yield all filters of a model or a peer in llama-swap's own words."""
    if said.strip_params is not None and said.strip_params.value:
        names = ", ".join(said.strip_params.value)
        yield nodes.attribute("stripParams", Text(names, said.strip_params.span))
    by_id = Table(said.set_params_by_id)
    for key, value in (("setParams", said.set_params), ("setParamsByID", None)):
        table = by_id if key == "setParamsByID" else value.table if value else None
        if table is not None and table.entries:
            span = value.span if value is not None else table.entries[0][0].span
            yield nodes.block(key, None, list(free_entries(table, report_loss)), span)


def _texts(key: str, values: Iterable[At[str]]) -> nodes.Entry:
    values = tuple(values)
    return nodes.attribute(
        key, nodes.items((Text(each.value, each.span) for each in values), values[0].span)
    )


def of_service(config: SwapConfig, report_loss: ReportLoss) -> Iterator[nodes.Entry]:
    """Yield the keys outside of models that llama-swap ignores."""
    kept = []
    for each in config.unused:
        name = each.key.text
        if each.path[:1] == ("models",) or name.startswith(("x-", "x_", ".")):
            continue
        if each.path or name in OURS or since(*each.path, name):
            report_loss(
                f"{'.'.join((*each.path, name))}, {_why(config, *each.path, name)}", each.key.span
            )
        elif not _is_hidden(name, each.value):
            kept.append((each.key, each.value))
    yield from free_entries(Table(tuple(kept)), report_loss)


OURS = frozenset({"models", "routing", "matrix", "groups"})
"""Parts of the configuration that llamafleet always writes itself."""


def unused(config: SwapConfig, model: str, report_loss: ReportLoss) -> Table:
    """Return the ignored keys of a model, without those that look like secrets."""
    found = []
    for each in config.unused:
        if each.path[:2] != ("models", model) or _is_hidden(each.key.text, each.value):
            continue
        newer = since(*each.path, each.key.text)
        if len(each.path) > 2 or each.key.text == "metadata" or newer:
            why = _why(config, *each.path, each.key.text)
            report_loss(f"{'.'.join((*each.path[2:], each.key.text))}, {why}", each.key.span)
        else:
            found.append((each.key, each.value))
    return Table(tuple(found))


def _why(config: SwapConfig, *path: str) -> str:
    if (since(*path) or 0) > config.version:
        return f"which llama-swap v{config.version} ignores"
    return "which has no effect"


def hidden_texts(value: Value) -> Iterator[str]:
    """Yield every text of a value that is left out, which must not be shown."""
    if value.table is not None:
        for _, inner in value.table:
            yield from hidden_texts(inner)
    elif value.items is not None:
        for inner in value.items:
            yield from hidden_texts(inner)
    else:
        yield value.text


def hidden(config: SwapConfig) -> Iterator[tuple[str, Value, Span]]:
    """Yield ignored keys that are left out because their values look like secrets."""
    for each in config.unused:
        if _is_hidden(each.key.text, each.value):
            yield ".".join((*each.path, each.key.text)), each.value, each.key.span


def _is_hidden(name: str, value: Value) -> bool:
    if value.table is not None:
        return any(_is_hidden(key.text, inner) for key, inner in value.table)
    if value.items is not None:
        return any(_is_hidden(name, inner) for inner in value.items)
    if is_secret_name(name) and value.scalar and not isinstance(value.data, str):
        return value.data is not None and not isinstance(value.data, bool)
    return bool(in_value(name, value.text))


def block(entries: Iterable[nodes.Entry], span: Span) -> Iterator[Block]:
    """Yield the `pass-through` block, if there are entries."""
    entries = tuple(entries)
    if entries:
        yield nodes.block("pass-through", None, entries, span)
