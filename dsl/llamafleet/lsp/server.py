"""The server: documents in, answers out. What the answers are is decided in `features/`."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from ..language.parser import parse
from ..source import Source, Span
from . import protocol
from .features.completion import complete
from .features.definition import definition
from .features.fixes import fixes
from .features.formatting import formatted
from .features.hover import hover
from .features.symbols import symbols
from .positions import EditorPosition, compiler_position, end_position
from .session import Session

DELAY = 0.2
"""Seconds without a key press before a fleet is checked again."""

TRIGGERS = ["=", " ", "[", ",", "+", "&", "|", "(", '"']
"""What an editor asks for completions after, besides letters."""


def make_server(version: str) -> LanguageServer:
    """Return a server with all features of the language server."""
    server = LanguageServer("llamafleet", version)
    session = Session(server)
    _follow_documents(server, session)
    _answer_places(server, session)
    _offer_fixes(server, session)
    _answer_files(server, session)
    return server


def _follow_documents(server: LanguageServer, session: Session) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def opened(params: types.DidOpenTextDocumentParams) -> None:
        session.check_soon(params.text_document.uri, 0)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: types.DidChangeTextDocumentParams) -> None:
        session.check_soon(params.text_document.uri, DELAY)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(params: types.DidSaveTextDocumentParams) -> None:
        session.check_soon(params.text_document.uri, 0)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(params: types.DidCloseTextDocumentParams) -> None:
        # What counts from now on is on the disk.
        session.check_soon(params.text_document.uri, 0)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def watched(params: types.DidChangeWatchedFilesParams) -> None:
        for uri in session.workspace.text_documents:
            session.check_soon(uri, DELAY)


def _answer_places(server: LanguageServer, session: Session) -> None:
    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=TRIGGERS)
    )
    def complete_at(params: types.CompletionParams) -> list[types.CompletionItem]:
        uri = params.text_document.uri
        source = session.source(uri)
        position = compiler_position(_editor_position(params.position), source, session.encoding)
        found = complete(source.text, position, session.project(uri).files)
        asked = server.client_capabilities.text_document
        item = asked.completion.completion_item if asked and asked.completion else None
        snippets = bool(item and item.snippet_support)
        return protocol.completion(found, source, session.encoding, snippets)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover_at(params: types.HoverParams) -> types.Hover | None:
        uri = params.text_document.uri
        source, project = session.source(uri), session.project(uri)
        position = compiler_position(_editor_position(params.position), source, session.encoding)
        found = hover(source.text, position, project.files, project.sources)
        return protocol.hover(found, source, session.encoding) if found else None

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def definition_at(params: types.DefinitionParams) -> types.Location | None:
        uri = params.text_document.uri
        source, project = session.source(uri), session.project(uri)
        position = compiler_position(_editor_position(params.position), source, session.encoding)
        file, _ = parse(Source(project.path, source.text))
        span = definition(file, position, project.files)
        if span is None:
            return None
        return protocol.location(span, project.sources, session.uri, session.encoding)


def _offer_fixes(server: LanguageServer, session: Session) -> None:
    kinds = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, kinds)
    def fixes_for(params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        source = session.source(uri)
        called = session.project(uri).path
        start, end = (
            compiler_position(_editor_position(each), source, session.encoding)
            for each in (params.range.start, params.range.end)
        )
        found = fixes(session.found(called), Span(called, start, end), source)
        sources = {called: source}
        return [protocol.fix(each, uri, sources, session.uri, session.encoding) for each in found]


def _answer_files(server: LanguageServer, session: Session) -> None:
    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def format_all(params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        source = session.source(params.text_document.uri)
        text = formatted(source)
        if text is None:
            return None
        end = types.Position(*end_position(source, session.encoding))
        return [types.TextEdit(types.Range(types.Position(0, 0), end), text)]

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def outline(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        source = session.source(params.text_document.uri)
        file, _ = parse(source)
        return [protocol.symbol(each, source, session.encoding) for each in symbols(file)]


def _editor_position(position: types.Position) -> EditorPosition:
    return EditorPosition(position.line, position.character)
