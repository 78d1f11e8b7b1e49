"""A llama-swap configuration as a fleet file."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..diagnostics.model import Diagnostics
from ..language.syntax import Block, Directive, File, Name, Number, Text
from ..llama_swap.model import SwapConfig
from ..source import Source, Span
from . import nodes, passed, passing
from .comments import header_of, of_yaml, place, without_secrets
from .config_secrets import moved_out
from .groups import groups, matrix
from .model_block import fixed_port, model_block
from .model_settings import Lost
from .nodes import is_attribute
from .routes import of_peers, peer_block, profile_block, selector_block
from .secrets import Secret, environment_file
from .service_settings import PASSED, api_keys, blocks, lists, settings
from .shelf import Shelf

SERVICE = "main"
LISTEN = 8080
"""llama-swap's own default: its configuration does not say where it listens."""


@dataclass(frozen=True, slots=True)
class Runs:
    """How llama-swap itself is run, where a unit says so."""

    listen: str | None = None
    entries: tuple[nodes.Entry, ...] = ()
    variables: tuple[Secret, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """A fleet file as a tree, what it could not hold, and the secrets that stay outside.

    `config` is what it was made of: the original without its secrets.
    """

    file: File
    config: SwapConfig
    diagnostics: Diagnostics
    secrets: tuple[Secret, ...]
    lost: tuple[str, ...] = ()


def to_file(config: SwapConfig, host: str = "localhost", source: Source | None = None) -> File:
    """The fleet file, with all that is wrong in the configuration still in it."""
    return _build(config, host, source, drops_dead=False, runs=Runs()).file


def to_fleet(
    config: SwapConfig, host: str, source: Source | None = None, runs: Runs | None = None
) -> Imported:
    """The fleet file that means the same, without what has no effect and no word."""
    found = _build(config, host, source, drops_dead=True, runs=runs or Runs())
    if source is None:
        return found
    comments = without_secrets(of_yaml(source), found.secrets)
    file = place(found.file, comments, header_of(source))
    return replace(found, file=file)


def _build(
    config: SwapConfig, host: str, source: Source | None, drops_dead: bool, runs: Runs
) -> Imported:
    start = nodes.start_of(config.path)
    shelf = Shelf(source, drops_dead=drops_dead)
    shelf.safe.found += runs.variables
    if drops_dead:
        config = moved_out(config, shelf.safe, lambda model: _losing(shelf, model))
    fixed = [port.text for each in config.models if (port := fixed_port(each))]
    shelf.shared.update(fixed)
    models = [model_block(each, config, shelf) for each in config.models]
    service = _service(config, host, start, shelf, runs)
    file = File(
        config.path,
        (
            Directive(Name("fleet", start), Number("1", start), start),
            nodes.block("host", host, [], start),
            *shelf.gguf_blocks(),
            *models,
            service,
        ),
    )
    return Imported(
        file, config, shelf.diagnostics, tuple(shelf.safe.found), tuple(shelf.safe.lost)
    )


def _losing(shelf: Shelf, model: str) -> Lost:
    def lost(what: str, span: Span) -> None:
        shelf.diagnostics.warning("not-imported", f"llama-swap loses {what}", span)

    return shelf.loses(model) if model else lost


def _service(config: SwapConfig, host: str, start: Span, shelf: Shelf, runs: Runs) -> Block:
    lost = _losing(shelf, "")
    for name, value, span in passing.hidden(config):
        shelf.safe.lost += passing.hidden_texts(value)
        lost(f"{name}, which has no effect and looks like a secret", span)
    listen = runs.listen or f":{_listen(shelf)}"
    entries: list[nodes.Entry] = [
        nodes.attribute("host", nodes.named(host, start)),
        nodes.attribute("version", Text(f"v{config.version}", start)),
        nodes.attribute("listen", Text(listen, start)),
        nodes.attribute(
            "models",
            nodes.items((nodes.named(each.id.text, each.id.span) for each in config.models), start),
        ),
        *settings(config, shelf.fixed | {int(port) for port in shelf.shared} | {_port_of(listen)}),
        *api_keys(config, shelf.safe),
        *lists(config),
    ]
    entries += runs.entries
    has_file = any(is_attribute(each, "environment-file") for each in runs.entries)
    if shelf.safe.found and not has_file:
        entries.append(nodes.attribute("environment-file", Text(environment_file(SERVICE), start)))
    entries += blocks(config)
    if config.matrix is not None:
        entries.append(matrix(config.matrix, config, lost))
    entries += groups(config, lost)
    entries += (profile_block(each) for each in config.profiles)
    entries += (selector_block(each, lost) for each in config.selectors)
    peers = of_peers(config, lost)
    if not peers:
        entries += (peer_block(each, shelf.safe, lost) for each in config.peers)
    if config.priority:
        ranks = [
            nodes.attribute(key.text, nodes.integer(rank.value, rank.span))
            for key, rank in config.priority
        ]
        entries.append(nodes.block("priority", None, ranks, config.priority[0][0].span))
    theirs = passed.in_their_words(config.table, PASSED, lost)
    entries += passing.block((*passing.of_service(config, lost), *theirs, *peers), start)
    return nodes.block("llama-swap", SERVICE, entries, start)


def _listen(shelf: Shelf) -> int:
    """The default port, or the next one that no model has."""
    port = LISTEN
    while str(port) in shelf.shared:
        port += 1
    return port


def _port_of(listen: str) -> int:
    return int(listen.rpartition(":")[2])
