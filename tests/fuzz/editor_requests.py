"""Requests of an editor at any position of any text, answered by the language server."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

from lsprotocol import types
from pygls.workspace import Workspace

from llamafleet.lsp.project import Texts, diagnose
from llamafleet.lsp.server import make_server
from llamafleet.lsp.session import path_of
from tests.fuzz import corpus
from tests.fuzz.mutate import mutated

URI = "file:///nowhere/at/all/fleet.fleet"
ENCODINGS = ("utf-8", "utf-16", "utf-32")


@cache
def _server() -> Any:
    return make_server("0")


def make(random: Random) -> tuple[str, str, tuple[int, int]]:
    """A text in the middle of being typed, how columns count, and where the cursor is."""
    texts = corpus.fleet_texts()
    text = min(random.choices(texts, k=3), key=len)
    if random.randrange(4):
        text = mutated(text, random, corpus.fleet_words(), texts)
    text = text.encode("utf-8", "replace").decode()
    if random.randrange(3) == 0:
        text = text[: random.randint(0, len(text))]
    lines = text.split("\n")
    line = random.randrange(len(lines) + (random.randrange(9) == 0))
    width = len(lines[line]) if line < len(lines) else 0
    column = random.choice((random.randint(0, width), width, 0, width + 7, 2**31 - 1))
    return text, random.choice(ENCODINGS), (line, column)


def read(made: tuple[str, str, tuple[int, int]]) -> str:
    """Ask everything that an editor asks at a place; every answer can be sent."""
    text, encoding, (line, column) = made
    server = _server()
    server.protocol._workspace = Workspace(None, position_encoding=encoding)
    server.protocol.client_capabilities = types.ClientCapabilities()
    server.workspace.put_text_document(types.TextDocumentItem(URI, "fleet", 1, text))
    document, place = types.TextDocumentIdentifier(URI), types.Position(line, column)
    ask = server.protocol.fm.features
    items = ask[types.TEXT_DOCUMENT_COMPLETION](types.CompletionParams(document, place))
    answers = [
        items[:3],
        ask[types.TEXT_DOCUMENT_HOVER](types.HoverParams(document, place)),
        ask[types.TEXT_DOCUMENT_DEFINITION](types.DefinitionParams(document, place)),
        ask[types.TEXT_DOCUMENT_DOCUMENT_SYMBOL](types.DocumentSymbolParams(document)),
        ask[types.TEXT_DOCUMENT_FORMATTING](
            types.DocumentFormattingParams(document, types.FormattingOptions(4, True))
        ),
    ]
    found, _ = diagnose(path_of(URI), Texts({path_of(URI): text}))
    for each in answers:
        server.protocol._converter.unstructure(each)
    return f"{min(sum(map(len, found.values())), 3)} diagnostics or more"
