"""Imports a llama-swap configuration as a fleet file."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..diagnostics.model import Diagnostics
from ..language.syntax import Block, Directive, File, Name, Number, Text
from ..llama_swap.model import SwapConfig
from ..source import Source, Span
from . import nodes, pass_through, upstream_keys
from .comments import header_of, of_yaml, place, without_secrets
from .config_secrets import moved_out
from .groups import groups, matrix
from .import_context import ImportContext
from .model_block import fixed_port, model_block
from .model_settings import ReportLoss
from .nodes import is_attribute
from .routes import of_peers, peer_block, profile_block, selector_block
from .secrets import Secret, environment_file
from .service_settings import PASSED, api_keys, blocks, lists, settings

SERVICE = "main"
LISTEN = 8080
"""llama-swap's own default: its configuration does not say where it listens."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Settings of the process that runs llama-swap, from a unit."""

    listen: str | None = None
    entries: tuple[nodes.Entry, ...] = ()
    variables: tuple[Secret, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """A fleet file as a tree, the diagnostics, and the secrets that stay outside.

    `config` is what it was made of: the original without its secrets.
    """

    file: File
    config: SwapConfig
    diagnostics: Diagnostics
    secrets: tuple[Secret, ...]
    lost: tuple[str, ...] = ()


def to_file(config: SwapConfig, host: str = "localhost", source: Source | None = None) -> File:
    """Return the fleet file, with every problem of the configuration still in it."""
    return _build(config, host, source, drops_dead=False, runs=Runs()).file


def to_fleet(
    config: SwapConfig, host: str, source: Source | None = None, runs: Runs | None = None
) -> Imported:
    """Return the fleet file that means the same, without settings that have no effect."""
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
    context = ImportContext(source, drops_dead=drops_dead)
    context.safe.found += runs.variables
    if drops_dead:
        config = moved_out(config, context.safe, lambda model: _losing(context, model))
    fixed = [port.text for each in config.models if (port := fixed_port(each))]
    context.shared.update(fixed)
    models = [model_block(each, config, context) for each in config.models]
    service = _service(config, host, start, context, runs)
    file = File(
        config.path,
        (
            Directive(Name("fleet", start), Number("1", start), start),
            nodes.block("host", host, [], start),
            *context.gguf_blocks(),
            *models,
            service,
        ),
    )
    return Imported(
        file,
        config,
        context.diagnostics,
        tuple(context.safe.found),
        tuple(context.safe.lost),
    )


def _losing(context: ImportContext, model: str) -> ReportLoss:
    def report_loss(what: str, span: Span) -> None:
        context.diagnostics.warning("not-imported", f"not imported: {what}", span)

    return context.loses(model) if model else report_loss


def _service(
    config: SwapConfig, host: str, start: Span, context: ImportContext, runs: Runs
) -> Block:
    report_loss = _losing(context, "")
    for name, value, span in pass_through.hidden(config):
        context.safe.lost += pass_through.hidden_texts(value)
        report_loss(f"{name}, which has no effect and looks like a secret", span)
    listen = runs.listen or f":{_listen(context)}"
    entries: list[nodes.Entry] = [
        nodes.attribute("host", nodes.named(host, start)),
        nodes.attribute("version", Text(f"v{config.version}", start)),
        nodes.attribute("listen", Text(listen, start)),
        nodes.attribute(
            "models",
            nodes.items((nodes.named(each.id.text, each.id.span) for each in config.models), start),
        ),
        *settings(
            config, context.fixed | {int(port) for port in context.shared} | {_port_of(listen)}
        ),
        *api_keys(config, context.safe),
        *lists(config),
    ]
    entries += runs.entries
    has_file = any(is_attribute(each, "environment-file") for each in runs.entries)
    if context.safe.found and not has_file:
        entries.append(nodes.attribute("environment-file", Text(environment_file(SERVICE), start)))
    entries += blocks(config)
    if config.matrix is not None:
        entries.append(matrix(config.matrix, config, report_loss))
    entries += groups(config, report_loss)
    entries += (profile_block(each, report_loss) for each in config.profiles)
    entries += (selector_block(each, report_loss) for each in config.selectors)
    peers = of_peers(config, report_loss)
    if not peers:
        entries += (peer_block(each, context.safe, report_loss) for each in config.peers)
    if config.priority:
        ranks = [
            nodes.attribute(key.text, nodes.integer(rank.value, rank.span))
            for key, rank in config.priority
        ]
        entries.append(nodes.block("priority", None, ranks, config.priority[0][0].span))
    theirs = upstream_keys.in_their_words(config.table, PASSED, report_loss)
    entries += pass_through.block(
        (*pass_through.of_service(config, report_loss), *theirs, *peers), start
    )
    return nodes.block("llama-swap", SERVICE, entries, start)


def _listen(context: ImportContext) -> int:
    """Return the default port, or the next one that no model has."""
    port = LISTEN
    while str(port) in context.shared:
        port += 1
    return port


def _port_of(listen: str) -> int:
    return int(listen.rpartition(":")[2])
