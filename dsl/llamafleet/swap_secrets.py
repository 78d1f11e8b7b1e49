"""secret-in-file in llama-swap's own YAML: secrets by what the configuration means, macros too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .diagnostics.model import Diagnostic, Label, Severity
from .fleet.schema.model_keys import MODEL_UPSTREAM_PATHS
from .fleet.schema.pass_through import UpstreamPath
from .fleet.schema.swap_routing import (
    GROUP_PATHS,
    MATRIX_PATHS,
    PEER_PATHS,
    PROFILE_PATHS,
    SELECTOR_PATHS,
)
from .fleet.schema.swap_service import UPSTREAM_PATHS
from .fleet.words import split
from .llama_swap.model import Command, Filters, Macro, SwapConfig, SwapModel
from .llama_swap.values import Table, Value
from .secrets.find import in_assignment, in_text, in_value, in_words
from .source import Span

HINT = 'use "${{env.{}}}", and set the variable where llama-swap runs'


def secrets_of(config: SwapConfig) -> Iterator[Diagnostic]:
    """Yield a finding for each place that holds a secret, besides `apiKeys`."""
    for model in config.models:
        yield from _of_model(model, config)
    for peer in config.peers:
        whose = f'peer "{peer.name.text}"'
        if peer.api_key is not None and peer.api_key.value and "${" not in peer.api_key.value:
            yield _found(f"apiKey of {whose}", peer.api_key.span, "PEER_API_KEY")
        yield from _in(f"proxy of {whose}", peer.proxy.value, peer.proxy.span)
        yield from _of_filters(whose, peer.filters)
    for selector in config.selectors:
        if selector.metadata is not None:
            yield from _in_tree("", selector.metadata, f'selector "{selector.id.text}"')
    for table, upstream_paths, whose in _routing(config):
        yield from _of_table(table, upstream_paths, whose)
    yield from _of_table(config.table, UPSTREAM_PATHS, "llama-swap's settings")
    for each in config.unused:
        path = ".".join((*each.path, each.key.text))
        yield from _in_tree(each.key.text, each.value, path)


def _of_model(model: SwapModel, config: SwapConfig) -> Iterator[Diagnostic]:
    whose = f'model "{model.id.text}"'
    macros = (*config.macros, *model.macros)
    for key, command in (("cmd", model.cmd), ("cmdStop", model.cmd_stop)):
        if command is not None:
            yield from _in_command(f"{key} of {whose}", command, macros)
    for said in model.env:
        for found in in_assignment(said.value)[:1]:
            yield _found(f"env of {whose}", said.span, found.variable)
    for key, text in (
        ("proxy", model.proxy),
        ("checkEndpoint", model.check_endpoint),
        ("useModelName", model.use_model_name),
        ("name", model.name),
        ("description", model.description),
    ):
        if text is not None:
            yield from _in(f"{key} of {whose}", text.value, text.span)
    yield from _of_filters(whose, model.filters)
    if model.metadata is not None:
        yield from _in_tree("", model.metadata, f"metadata of {whose}")
    texts = ("name", "description", "use-model-name")
    others = (each for each in MODEL_UPSTREAM_PATHS if each.name not in texts)
    yield from _of_table(model.table, others, whose)


def _routing(config: SwapConfig) -> Iterator[tuple[Table, Iterable[UpstreamPath], str]]:
    """Yield the tables of blocks that say where requests go, with the paths that count in them."""
    for group in config.groups:
        yield group.table, GROUP_PATHS, f'group "{group.name.text}"'
    for selector in config.selectors:
        yield selector.table, SELECTOR_PATHS, f'selector "{selector.id.text}"'
    for profile in config.profiles:
        yield profile.table, PROFILE_PATHS, f'profile "{profile.name.text}"'
    for peer in config.peers:
        others = (each for each in PEER_PATHS if each.name != "proxy")
        yield peer.table, others, f'peer "{peer.name.text}"'
    if config.matrix is not None:
        yield config.matrix.table, MATRIX_PATHS, "the matrix"


def _of_table(
    table: Table, upstream_paths: Iterable[UpstreamPath], whose: str
) -> Iterator[Diagnostic]:
    for first in dict.fromkeys(upstream.parts[0] for upstream in upstream_paths):
        value = table.get(first)
        if value is not None:
            yield from _in_tree(first, value, whose)


def _in_command(what: str, command: Command, macros: tuple[Macro, ...]) -> Iterator[Diagnostic]:
    words = command_words(command.text)
    for at, each in in_words(words):
        value = words[at][each.start : each.end]
        held = [] if value in command.written else _holding(value, macros)
        if not held:
            yield _found(what, command.span, each.variable)
        for macro in held:
            yield _found(f'macro "{macro.name.text}"', macro.value.span, each.variable)


def _holding(value: str, macros: tuple[Macro, ...]) -> list[Macro]:
    return [macro for macro in macros if value in macro.value.text]


def command_words(text: str) -> list[str]:
    """Return the words of a command, quotes taken off as a POSIX shell does."""
    return [word.text for word in split(text, "")]


def _of_filters(whose: str, said: Filters) -> Iterator[Diagnostic]:
    values = [value for _, value in said.set_params_by_id]
    for value in (*values, *((said.set_params,) if said.set_params else ())):
        yield from _in_tree("", value, f"the parameters of {whose}")


def _in_tree(name: str, value: Value, what: str) -> Iterator[Diagnostic]:
    match value.data:
        case Table(entries):
            for key, inner in entries:
                yield from _in_tree(key.text, inner, what)
        case tuple(items):
            for inner in items:
                yield from _in_tree(name, inner, what)
        case str() | int():
            for found in in_value(name, str(value.data))[:1]:
                yield _found(f"{name or 'a text'} in {what}", value.span, found.variable)


def _in(what: str, text: str, span: Span) -> Iterator[Diagnostic]:
    for found in in_text(text)[:1]:
        yield _found(what, span, found.variable)


def _found(what: str, span: Span, variable: str) -> Diagnostic:
    message = f"{what} contains a secret in plain text"
    hint = HINT.format(variable)
    return Diagnostic("secret-in-file", Severity.WARNING, message, Label(span), hint=hint)
