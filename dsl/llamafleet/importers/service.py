"""One server that runs by itself, out of a command line or a unit, as a `llama-server` block."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from ..language.source import Span
from ..language.syntax import Directive, File, Name, Number, Text
from . import nodes
from .lift import Lifted, lift
from .model_block import flag_entries, has_weights
from .names import Names, of_weights
from .sayable import sayable
from .secrets import ENVIRONMENT_FILE, FLAG_VARIABLES, in_words, is_secret
from .shelf import Shelf
from .words import Word

LISTEN_HOST = re.compile(r"[A-Za-z0-9._:\-]+")
ALIAS = re.compile(r"(?s).+")
LOCAL, PORT = "127.0.0.1", "8080"


@dataclass(frozen=True, slots=True)
class Process:
    """A process that somebody starts: its argv, environment, and what runs it how."""

    path: str
    words: tuple[Word, ...]
    environment: Mapping[str, tuple[str, Span]] = field(default_factory=dict)
    running: tuple[nodes.Entry, ...] = ()
    name: str | None = None


def without_keys(process: Process, shelf: Shelf) -> Process:
    """The process with its keys in the environment, where llama-server looks for them, too."""
    words: list[Word] = []
    for word in process.words:
        before = words[-1].text if words else ""
        variable = FLAG_VARIABLES.get(before)
        if variable is not None and is_secret("token", word.text):
            shelf.safe.keep(variable, f"what {before} was given", word.span, word.text)
            words.pop()
        else:
            words.append(word)
    if any(in_words([word.text for word in words])):
        shelf.diagnostics.error(
            "not-imported",
            "this command holds a key, which a fleet file never does",
            process.words[0].span,
            hint="give it in the environment or in a file, and import it again",
        )
        words = words[:1]
    return replace(process, words=tuple(words))


def to_file(process: Process, host: str, shelf: Shelf) -> File:
    """The fleet file of one server."""
    start = nodes.start_of(process.path)
    lifted = lift(process.words)
    lifted = lifted if lifted is not None and has_weights(lifted) else None
    flags = _flags(process.words)
    if lifted is not None and lifted.port and lifted.port.text != flags.get("port"):
        shelf.diagnostics.error(
            "not-imported", f'"{lifted.port.text}" is no port to listen on', lifted.port.span
        )
    address, port = flags.get("host", LOCAL), flags.get("port", PORT)
    entries: list[nodes.Entry] = []
    if lifted is not None:
        entries += flag_entries(_without_address(lifted), shelf)
    else:
        entries.append(_command(process, port))
    entries += _env(process, shelf)
    name = Names().take(_model_name(process, lifted, flags))
    service = Names().take(process.name or name)
    listen = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    running = list(process.running)
    if shelf.safe.found and not any(
        nodes.is_attribute(each, "environment-file") for each in running
    ):
        running.append(nodes.attribute("environment-file", Text(ENVIRONMENT_FILE, start)))
    return File(
        process.path,
        (
            Directive(Name("fleet", start), Number("1", start), start),
            nodes.block("host", host, [], start),
            *shelf.gguf_blocks(),
            nodes.block("model", name, entries, process.words[0].span),
            nodes.block(
                "llama-server",
                service,
                [
                    nodes.attribute("host", nodes.named(host, start)),
                    nodes.attribute("model", nodes.named(name, start)),
                    nodes.attribute("listen", Text(listen, start)),
                    *_running(process, shelf),
                ],
                start,
            ),
        ),
    )


def _running(process: Process, shelf: Shelf) -> list[nodes.Entry]:
    running = list(process.running)
    has_file = any(nodes.is_attribute(each, "environment-file") for each in running)
    if shelf.safe.found and not has_file:
        text = Text(ENVIRONMENT_FILE, nodes.start_of(process.path))
        running.append(nodes.attribute("environment-file", text))
    return running


def _flags(words: Sequence[Word]) -> dict[str, str]:
    """Values of the flags that say where a server listens and what it is called."""
    found: dict[str, str] = {}
    for flag, value in pairwise(words):
        key = {"-a": "alias"}.get(flag.text, flag.text.removeprefix("--"))
        if key in ("host", "port", "alias") and (
            key == "alias" or LISTEN_HOST.fullmatch(value.text)
        ):
            found[key] = value.text
    return found


def _without_address(lifted: Lifted) -> Lifted:
    """Without `--host`, which the service says."""
    extra = tuple(
        each
        for each in lifted.extra
        if not (each.form and each.key == "host" and LISTEN_HOST.fullmatch(each.values[0]))
    )
    return replace(lifted, extra=extra)


def _command(process: Process, port: str) -> nodes.Entry:
    words = [word.text for word in process.words]
    for index, flag in enumerate(words[:-1]):
        if flag == "--port" and words[index + 1] == port:
            words[index + 1] = "${PORT}"
    return nodes.attribute("command", nodes.texts(words, process.words[0].span))


def _env(process: Process, shelf: Shelf) -> list[nodes.Entry]:
    values: list[Text] = []
    for name, (value, span) in process.environment.items():
        if is_secret(name, value) and shelf.safe.fits(name, value):
            shelf.safe.keep(name, f"the environment variable {name}", span, value)
        elif sayable(value):
            values.append(Text(f"{name}={value}", span))
        else:
            shelf.diagnostics.warning(
                "not-imported", f"the value of {name} cannot stand in a fleet file", span
            )
    return [nodes.attribute("env", nodes.items(values, values[0].span))] if values else []


def _model_name(process: Process, lifted: Lifted | None, flags: Mapping[str, str]) -> str:
    alias = flags.get("alias", "").split(",")[0]
    if alias:
        return alias
    if lifted is not None and lifted.model is not None:
        return of_weights(lifted.model.text)
    return process.name or process.words[0].text.rsplit("/", 1)[-1]
