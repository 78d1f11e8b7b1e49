"""Imports one server, from a command line or a unit, as a `llama-server` block."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from ..fleet.words import Word, split
from ..language.syntax import Directive, File, Name, Number, Text
from ..secrets.find import shell_texts
from ..source import Span
from . import nodes
from .import_context import ImportContext
from .model_block import flag_entries, has_weights
from .moving import SHELL, Mover
from .names import Names, of_weights
from .representable import is_representable
from .secrets import environment_file
from .server_command import ServerCommand, parse_server_command

LISTEN_HOST = re.compile(r"[A-Za-z0-9._:\-]+")
LOCAL, PORT = "127.0.0.1", "8080"


@dataclass(frozen=True, slots=True)
class Process:
    """A process to import: its argv, environment, and the settings of its service."""

    path: str
    words: tuple[Word, ...]
    environment: Mapping[str, tuple[str, Span]] = field(default_factory=dict)
    running: tuple[nodes.Entry, ...] = ()
    name: str | None = None


def without_secrets(process: Process, context: ImportContext) -> Process:
    """Return the process with its secrets in the environment, from where it gets them."""
    places = {name: span for name, (_, span) in process.environment.items()}
    mover = Mover(context.safe, "", process.words[0].span, places=places)
    pairs = [(name, value) for name, (value, _) in process.environment.items()]
    found = mover.moved([word.text for word in process.words], pairs)
    if found is None:
        return process
    kept = {name for name, _ in found.environment}
    environment = {name: each for name, each in process.environment.items() if name in kept}
    return replace(
        process, words=tuple(placed(found.words, process.words)), environment=environment
    )


def placed(words: Sequence[str], before: Sequence[Word]) -> Iterator[Word]:
    """Return words with the spans that they had; new ones get the span of the program."""
    left = list(before)
    for text in words:
        at = next((at for at, word in enumerate(left) if word.text == text), None)
        yield Word(text, before[0].span) if at is None else left[at]
        if at is not None:
            del left[: at + 1]


def to_file(process: Process, host: str, context: ImportContext) -> File:
    """Return the fleet file of one server."""
    start = nodes.start_of(process.path)
    parsed = parse_server_command(process.words)
    parsed = parsed if parsed is not None and has_weights(parsed) else None
    said = _said(process.words)
    flags = _flags(said)
    if parsed is not None and parsed.port and parsed.port.text != flags.get("port"):
        context.diagnostics.error(
            "not-imported", f'"{parsed.port.text}" is not a valid port', parsed.port.span
        )
    address, port = flags.get("host", LOCAL), flags.get("port", PORT)
    entries: list[nodes.Entry] = []
    if parsed is not None:
        entries += flag_entries(_without_address(parsed), context)
    else:
        entries.append(_command(process, port))
    entries += _env(process, context)
    name = Names().take(_model_name(process, parsed, flags, said))
    service = Names().take(process.name or name)
    listen = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return File(
        process.path,
        (
            Directive(Name("fleet", start), Number("1", start), start),
            nodes.block("host", host, [], start),
            *context.gguf_blocks(),
            nodes.block("model", name, entries, process.words[0].span),
            nodes.block(
                "llama-server",
                service,
                [
                    nodes.attribute("host", nodes.named(host, start)),
                    nodes.attribute("model", nodes.named(name, start)),
                    nodes.attribute("listen", Text(listen, start)),
                    *_running(process, service, context),
                ],
                start,
            ),
        ),
    )


def _running(process: Process, service: str, context: ImportContext) -> list[nodes.Entry]:
    running = list(process.running)
    has_file = any(nodes.is_attribute(each, "environment-file") for each in running)
    if context.safe.found and not has_file:
        text = Text(environment_file(service), nodes.start_of(process.path))
        running.append(nodes.attribute("environment-file", text))
    return running


def _flags(words: Sequence[Word]) -> dict[str, str]:
    """Return the values of the flags for address and name."""
    found: dict[str, str] = {}
    for flag, value in pairwise(words):
        key = {"-a": "alias"}.get(flag.text, flag.text.removeprefix("--"))
        if key in ("host", "port", "alias") and (
            key == "alias" or LISTEN_HOST.fullmatch(value.text)
        ):
            found[key] = value.text
    return found


def _without_address(parsed: ServerCommand) -> ServerCommand:
    """Return the arguments without `--host`, which the service sets."""
    extra = tuple(
        each
        for each in parsed.extra
        if not (each.form and each.key == "host" and LISTEN_HOST.fullmatch(each.values[0]))
    )
    return replace(parsed, extra=extra)


def _command(process: Process, port: str) -> nodes.Entry:
    words = [word.text for word in process.words]
    for index, flag in enumerate(words[:-1]):
        if flag == "--port" and words[index + 1] == port:
            words[index + 1] = "${PORT}"
    if words[:2] == [SHELL, "-c"]:
        words[2:] = (re.sub(rf"(--port[ =]){port}(?!\S)", r"\1${PORT}", each) for each in words[2:])
    return nodes.attribute("command", nodes.texts(words, process.words[0].span))


def _env(process: Process, context: ImportContext) -> list[nodes.Entry]:
    values: list[Text] = []
    for name, (value, span) in process.environment.items():
        if is_representable(value):
            values.append(Text(f"{name}={value}", span))
        else:
            context.diagnostics.warning(
                "not-imported", f"the value of {name} cannot be written in a fleet file", span
            )
    return [nodes.attribute("env", nodes.items(values, values[0].span))] if values else []


def _said(words: Sequence[Word]) -> list[Word]:
    """Return the words of a command; of a shell's script, those in it."""
    shells = shell_texts([word.text for word in words])
    if not shells:
        return list(words)
    text = words[min(shells)].text if min(shells) < len(words) else ""
    inner = [Word(each.text, words[0].span) for each in split(text, "")]
    while inner and (inner[0].text == "exec" or "=" in inner[0].text):
        inner.pop(0)
    return inner or list(words)


def _model_name(
    process: Process, parsed: ServerCommand | None, flags: Mapping[str, str], said: Sequence[Word]
) -> str:
    alias = flags.get("alias", "").split(",")[0]
    if alias:
        return alias
    if parsed is not None and parsed.model is not None:
        return of_weights(parsed.model.text)
    return process.name or said[0].text.rsplit("/", 1)[-1]
