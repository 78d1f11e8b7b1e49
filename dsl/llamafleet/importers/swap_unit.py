"""Imports a unit that runs llama-swap, with the configuration that it names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..fleet.words import Word
from ..language.reading import Read, read_source
from ..language.syntax import Attribute
from ..secrets.find import in_value
from ..source import Source, Span
from . import nodes
from .import_context import ImportContext
from .llama_swap import Runs
from .secrets import Secret
from .unit import Unit, report_rest, running

TAKEN = frozenset({"config", "listen", "watch-config"})
SWITCHES = frozenset({"watch-config", "version", "validate"})
GUARDING = {
    "config-dir": ": its models and API keys are missing",
    "tls-cert-file": ": the service would use plain HTTP",
    "tls-key-file": ": the service would use plain HTTP",
    "listen": ": it is not an address with a port",
}
WAYS = {
    "config-dir": "merge its files into one, name it with -config, and import again",
    "tls-cert-file": "terminate TLS in a proxy in front of a llama-swap on 127.0.0.1",
    "tls-key-file": "terminate TLS in a proxy in front of a llama-swap on 127.0.0.1",
    "listen": "write it as HOST:PORT, and import again",
}
LISTEN = re.compile(r"(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9._\-]*):[0-9]{1,5}")


def config_of(source: Source, unit: Unit, context: ImportContext, read: Read) -> Source | None:
    """Return the configuration that a unit names, at its path or beside the unit."""
    _report_flags(unit, context)
    word = _given(unit.words).get("config")
    if word is None:
        context.diagnostics.error(
            "not-imported", "this llama-swap has no -config", unit.words[0].span
        )
        return None
    folder = source.path.rpartition("/")[0]
    beside = "/".join(part for part in (folder, word.text.rpartition("/")[2]) if part)
    for path in (word.text, beside):
        found = read_source(path, ImportContext().diagnostics, read=read)
        if found is not None:
            return found
    context.diagnostics.error(
        "not-imported",
        f"the configuration {word.text} cannot be read here",
        word.span,
        hint="copy it next to the unit, or import it on its own",
    )
    return None


def runs(source: Source, unit: Unit, config: Source, context: ImportContext) -> Runs:
    """Return the settings with which the unit runs llama-swap."""
    report_rest(unit, context)
    start = nodes.start_of(config.path)
    entries = [_moved(each, start) for each in running(unit, context, source)]
    given = _given(unit.words)
    watched = given.get("watch-config")
    if watched is not None and watched.text not in ("false", "0", "f", "F", "False", "FALSE"):
        entries.append(nodes.attribute("watch-config", nodes.switch(True, start)))
    variables = tuple(
        Secret(name, f"the environment variable {name} of llama-swap", span, _secret(name, value))
        for name, (value, span) in unit.environment.items()
    )
    word = given.get("listen")
    return Runs(
        word.text if word and LISTEN.fullmatch(word.text) else None, tuple(entries), variables
    )


def _secret(name: str, value: str) -> str:
    """Return the part of a variable that must not be shown."""
    return value if in_value(name, value) else ""


def _report_flags(unit: Unit, context: ImportContext) -> None:
    """Report the flags of llama-swap that no fleet file can express."""
    for name, word in _given(unit.words).items():
        if name in TAKEN and (name != "listen" or LISTEN.fullmatch(word.text)):
            continue
        context.diagnostics.error(
            "not-imported",
            f"-{name} is not imported{GUARDING.get(name, '')}",
            word.span,
            hint=WAYS.get(name, "remove it, and import again"),
        )


def _given(words: Sequence[Word]) -> dict[str, Word]:
    """Return the flags by name, as Go reads them: the last one wins, the first other word ends."""
    found: dict[str, Word] = {}
    left = list(words[1:])
    while left:
        word = left.pop(0)
        name, sign, value = word.text.lstrip("-").partition("=")
        if not word.text.startswith("-") or not name:
            found.setdefault(word.text, word)
        elif sign:
            found[name] = Word(value, word.span)
        elif name in SWITCHES or not left:
            found[name] = Word("true", word.span)
        else:
            found[name] = left.pop(0)
    return found


def _moved(entry: nodes.Entry, span: Span) -> nodes.Entry:
    if not isinstance(entry, Attribute):
        return entry
    return replace(entry, value=replace(entry.value, span=span), span=span)
