"""A unit that runs llama-swap: its configuration is what is imported, run as the unit says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..language.reading import Read, read_source
from ..language.source import Source, Span
from ..language.syntax import Attribute
from . import nodes
from .llama_swap import Runs
from .shelf import Shelf
from .unit import Unit, report_rest, running
from .words import Word

LISTEN = re.compile(r"(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9._\-]*):[0-9]{1,5}")


def config_of(source: Source, unit: Unit, shelf: Shelf, read: Read) -> Source | None:
    """The configuration that a unit names: where it says, or else beside the unit."""
    word = _value(unit.words, "config")
    if word is None:
        shelf.diagnostics.error(
            "not-imported", "this llama-swap is given no configuration", unit.words[0].span
        )
        return None
    folder = source.path.rpartition("/")[0]
    beside = "/".join(part for part in (folder, word.text.rpartition("/")[2]) if part)
    for path in (word.text, beside):
        found = read_source(path, Shelf().diagnostics, read=read)
        if found is not None:
            return found
    shelf.diagnostics.error(
        "not-imported",
        f"the configuration {word.text} is not on this machine",
        word.span,
        hint="fetch it, and put it beside the unit, or import it alone",
    )
    return None


def runs(source: Source, unit: Unit, config: Source, shelf: Shelf) -> Runs:
    """How the unit runs llama-swap; places point to nothing in the configuration."""
    report_rest(unit, shelf)
    start = nodes.start_of(config.path)
    entries = [_moved(each, start) for each in running(unit, shelf, source)]
    if any(word.text.lstrip("-") == "watch-config" for word in unit.words):
        entries.append(nodes.attribute("watch-config", nodes.switch(True, start)))
    for name, (_, span) in unit.environment.items():
        shelf.diagnostics.warning(
            "not-imported",
            f"the environment variable {name} of llama-swap is not taken over",
            span,
            hint="put it into the file that environment-file names",
        )
    word = _value(unit.words, "listen")
    listen = word.text if word is not None and LISTEN.fullmatch(word.text) else None
    return Runs(listen, tuple(entries))


def _value(words: Sequence[Word], flag: str) -> Word | None:
    for index, word in enumerate(words):
        name, sign, value = word.text.partition("=")
        if name in (f"-{flag}", f"--{flag}"):
            if sign:
                return Word(value, word.span)
            return words[index + 1] if index + 1 < len(words) else None
    return None


def _moved(entry: nodes.Entry, span: Span) -> nodes.Entry:
    if not isinstance(entry, Attribute):
        return entry
    return replace(entry, value=replace(entry.value, span=span), span=span)
