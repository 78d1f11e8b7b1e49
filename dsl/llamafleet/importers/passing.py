"""What stays in llama-swap's own words because the language has none for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..language.source import Span
from ..language.syntax import Block, Text
from ..swap_config.model import Command, SwapConfig, SwapModel
from ..swap_config.values import At, Key, Table, Value
from . import nodes
from .model_settings import Lost, free_entries
from .sayable import sayable
from .secrets import NAMES

URL = re.compile(r"https?://[^\s\"'/][^\s\"']*")
HEALTH = re.compile(r"/\S*|none")
VARIABLE = re.compile(r"(?s)[A-Za-z_][A-Za-z0-9_]*=.*")
HIDDEN = re.compile(r"(?i)authorization")


def is_sayable_command(command: Command) -> bool:
    """Whether a command can be a list of words; macros of its process aside."""
    text = command.text.replace("${PORT}", "").replace("${PID}", "")
    return command.known and sayable(" ".join(text.splitlines())) and not _breaks_word(text)


def _breaks_word(text: str) -> bool:
    """Whether a line ends inside of quotes, so that a word would hold the line end."""
    from .words import split

    return any("\n" in word.text for word in split(text, ""))


def of_model(model: SwapModel, config: SwapConfig, lost: Lost) -> Iterator[nodes.Entry]:
    """Keys of a model whose values the language refuses, and keys that llama-swap never reads."""
    for key, command in (("cmd", model.cmd), ("cmdStop", model.cmd_stop)):
        if command is not None and command.text.strip() and not is_sayable_command(command):
            yield nodes.attribute(key, Text(_lines(command.text), command.span))
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
        if said is not None and said.value and not (fits and sayable(said.value)):
            yield nodes.attribute(key, Text(said.value, said.span))
    if any(not VARIABLE.fullmatch(each.value) or not sayable(each.value) for each in model.env):
        yield _texts("env", model.env)
    if any(not sayable(each.value) for each in model.aliases):
        yield _texts("aliases", model.aliases)
    if model.health_check_timeout is not None:
        said_timeout = model.health_check_timeout
        number = nodes.integer(said_timeout.value, said_timeout.span)
        yield nodes.attribute("healthCheckTimeout", number)
    yield from free_entries(unused(config, "models", model.id.text), lost)


def _lines(text: str) -> str:
    return text.strip("\n").replace("\r", "")


def _texts(key: str, values: Iterable[At[str]]) -> nodes.Entry:
    values = tuple(values)
    return nodes.attribute(
        key, nodes.items((Text(each.value, each.span) for each in values), values[0].span)
    )


def of_service(config: SwapConfig, lost: Lost) -> Iterator[nodes.Entry]:
    """Keys outside of models that llama-swap never reads."""
    table = unused(config)
    kept = tuple(
        (key, value)
        for key, value in table
        if key.text != "models" and not key.text.startswith(("x-", "x_", "."))
    )
    yield from free_entries(Table(kept), lost)


def unused(config: SwapConfig, *path: str) -> Table:
    """What stands unread under a path, as one table; what looks like a key of somebody's is not."""
    found: dict[str, tuple[Key, Value]] = {}
    for each in config.unused:
        if each.path[: len(path)] != path:
            continue
        rest = each.path[len(path) :]
        if _is_hidden(each.key.text, each.value):
            continue
        if not rest:
            found[each.key.text] = (each.key, each.value)
        elif rest[0] not in found:
            inner = unused(config, *path, rest[0])
            key = Key(rest[0], each.key.span)
            found[rest[0]] = (key, Value(inner, each.key.span))
    return Table(tuple(found.values()))


def hidden(config: SwapConfig) -> Iterator[tuple[str, Span]]:
    """Keys without effect that are left out because of what they hold."""
    for each in config.unused:
        if _is_hidden(each.key.text, each.value):
            yield ".".join((*each.path, each.key.text)), each.key.span


def _is_hidden(name: str, value: Value) -> bool:
    if value.table is not None:
        return any(_is_hidden(key.text, inner) for key, inner in value.table)
    return bool(NAMES.fullmatch(name) or HIDDEN.search(name)) and "${env." not in value.text


def block(entries: Iterable[nodes.Entry], span: Span) -> Iterator[Block]:
    """The block, if there is anything for it."""
    entries = tuple(entries)
    if entries:
        yield nodes.block("pass-through", None, entries, span)
