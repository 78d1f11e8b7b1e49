"""Imports a llama-server command line, as typed or kept in a script."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..fleet.words import split
from ..source import Position, Source, Span
from .import_context import ImportContext
from .locate import located
from .server_command import SERVER
from .service import Process

ASSIGNMENT = re.compile(r"(?s)([A-Za-z_][A-Za-z0-9_]*)=(.*)")
BEFORE = frozenset({"exec", "nohup", "time", "nice", "env"})
ENDS = re.compile(r"\||\|\||&&|;|&|[0-9]?>>?.*|<.*|&>.*")
VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")
LITERAL = "\ue000"
"""Stands for a dollar sign that a shell leaves alone."""


def read_command(source: Source, context: ImportContext) -> Process | None:
    """Return the first llama-server that a text starts; report and return None if there is none."""
    environment: dict[str, tuple[str, Span]] = {}
    for text, span in logical_lines(source):
        words = [word.text for word in split(_protected(text), source.path)]
        while words and (words[0] == "export" or words[0] in BEFORE):
            words.pop(0)
        own: dict[str, tuple[str, Span]] = {}
        while words and (found := ASSIGNMENT.fullmatch(words[0])):
            own[found[1]] = (_expanded(found[2], environment, span, context), span)
            words.pop(0)
        if not words:
            environment |= own
            continue
        known = environment | own
        end = next((at for at, word in enumerate(words) if ENDS.fullmatch(word)), len(words))
        argv = [_expanded(word, known, span, context) for word in words[:end]]
        if argv and SERVER.fullmatch(argv[0]):
            if end < len(words):
                rest = " ".join(words[end:]).replace(LITERAL, "$")
                context.diagnostics.warning(
                    "not-imported", f"{rest} after the command is not imported", span
                )
            return Process(source.path, located(argv, span, source), _exported(known, own))
    context.diagnostics.error(
        "not-imported",
        "there is no llama-server command here",
        source.whole(),
        hint="start the command with the program, for example /opt/llama.cpp/llama-server -m ...",
    )
    return None


def _exported(
    known: dict[str, tuple[str, Span]], own: dict[str, tuple[str, Span]]
) -> dict[str, tuple[str, Span]]:
    """Return the environment of the server; other variables only served the command line."""
    return {
        name: value
        for name, value in known.items()
        if name in own or name.startswith(("LLAMA_", "GGML_", "CUDA_", "HIP_", "ROCR_", "HF_"))
    }


def logical_lines(source: Source) -> Iterator[tuple[str, Span]]:
    """Yield lines without comments; a backslash at the end joins the next line."""
    text, start = "", 0
    for number, line in enumerate(source.lines, 1):
        if not text and line.strip()[:1] == "#":
            continue
        start = start if text else number
        text += line
        if line.endswith("\\"):
            text = text[:-1] + " "
            continue
        if text.strip():
            end = Position(number, len(line) + 1)
            yield text, Span(source.path, Position(start, 1), end)
        text = ""
    if text.strip():
        last = len(source.lines)
        yield text, Span(source.path, Position(start, 1), Position(last, 1))


def _protected(text: str) -> str:
    """A line without its comment, and with those dollar signs only that a shell replaces."""
    found, quote, at = [], "", 0
    while at < len(text):
        each = text[at]
        if each == "\\" and quote != "'" and text[at + 1 : at + 2] == "$":
            found.append(LITERAL)
            at += 2
            continue
        if each == "#" and not quote and (not at or text[at - 1] in " \t"):
            break
        if quote and each == quote:
            quote = ""
        elif not quote and each in "\"'":
            quote = each
        found.append(LITERAL if each == "$" and quote == "'" else each)
        at += 1
    return "".join(found)


def _expanded(
    word: str, known: dict[str, tuple[str, Span]], span: Span, context: ImportContext
) -> str:
    def put(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name in known:
            return known[name][0]
        _report(f"${name}", span, context)
        return found[0]

    text = VARIABLE.sub(put, word)
    if "$(" in text or "`" in text:
        _report(text, span, context)
    if text.startswith("~"):
        _report(text, span, context)
    return text.replace(LITERAL, "$")


def _report(what: str, span: Span, context: ImportContext) -> None:
    context.diagnostics.error(
        "not-imported",
        f"{what} is only known to the shell",
        span,
        hint="replace it with its value, and import again",
    )
