"""The server: documents in, answers out. What the answers are is decided in `features/`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer
from pygls.workspace import Workspace

from ..diagnostics.model import Diagnostic
from ..language.parser import parse
from ..language.source import Source
from . import protocol
from .features.completion import complete
from .features.definition import definition
from .features.formatting import formatted
from .features.hover import hover
from .features.symbols import symbols
from .positions import Place, end_of, position_of
from .project import Project, Texts, diagnose, project_of, roots_of

DELAY = 0.2
"""Seconds without a key press before a fleet is checked again."""

TRIGGERS = ["=", " ", "[", ",", "+", "&", "|", "(", '"']
"""What an editor asks for completions after, besides letters."""

Found = Mapping[str, list[Diagnostic]]


class Session:
    """What is known between two requests of an editor."""

    def __init__(self, server: LanguageServer) -> None:
        self.server = server
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._told: dict[str, Found] = {}

    # Files and their names.

    @property
    def workspace(self) -> Workspace:
        """The documents that the editor has open."""
        return self.server.workspace

    @property
    def encoding(self) -> str:
        """The units in which the editor counts columns."""
        agreed = self.workspace.position_encoding or types.PositionEncodingKind.Utf16
        return agreed.value if isinstance(agreed, types.PositionEncodingKind) else agreed

    @property
    def folders(self) -> list[str]:
        """The folders that are open in the editor."""
        folders = [uris.to_fs_path(each) for each in self.workspace.folders]
        root = self.workspace.root_path
        return [each for each in (*folders, root) if each]

    def texts(self) -> Texts:
        """Every open document as it is now."""
        documents = self.workspace.text_documents
        return Texts({os.path.realpath(_path(uri)): each.source for uri, each in documents.items()})

    def uri(self, path: str) -> str:
        """What the editor calls a file: its own name for one that it has open."""
        real = os.path.realpath(path)
        uri: str
        for uri in self.workspace.text_documents:
            if os.path.realpath(_path(uri)) == real:
                return uri
        return str(uris.from_fs_path(str(Path(path).absolute())) or path)

    def source(self, uri: str) -> Source:
        """A document's text."""
        return Source(_path(uri), self.workspace.get_text_document(uri).source)

    def project(self, uri: str) -> Project:
        """The fleet that a document belongs to."""
        return project_of(_path(uri), self.folders, self.texts())

    # Diagnostics.

    def check_soon(self, uri: str, delay: float) -> None:
        """Check the fleets of a document, once nothing more has been typed for a while."""
        if before := self._waiting.pop(uri, None):
            before.cancel()
        self._waiting[uri] = asyncio.ensure_future(self._check(uri, delay))

    async def _check(self, uri: str, delay: float) -> None:
        await asyncio.sleep(delay)
        texts = self.texts()
        roots = await asyncio.to_thread(roots_of, _path(uri), self.folders, texts)
        self._forget(_path(uri), roots)
        for root in roots:
            found, sources = await asyncio.to_thread(diagnose, root, texts)
            before = self._told.get(root, {})
            self._told[root] = found
            for path in dict.fromkeys((*before, *found)):
                self._publish(path, sources)

    def _forget(self, path: str, roots: tuple[str, ...]) -> None:
        """Drop what was said of a file as a fleet of its own, now that another includes it."""
        if path not in roots:
            for each in self._told.pop(path, {}):
                self._publish(each, {})

    def _publish(self, path: str, sources: Mapping[str, Source]) -> None:
        """Say all that is wrong with a file, in whichever fleets it is."""
        found: dict[Diagnostic, None] = {}
        for told in self._told.values():
            found.update(dict.fromkeys(told.get(path, ())))
        self.server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(
                self.uri(path),
                [protocol.diagnostic(each, sources, self.uri, self.encoding) for each in found],
            )
        )


def _path(uri: str) -> str:
    """The path of a document; one that has never been saved is called by its URI."""
    return uris.to_fs_path(uri) or uri


def make_server(version: str) -> LanguageServer:
    """A server that answers everything it can."""
    server = LanguageServer("llamafleet", version)
    session = Session(server)
    _follow_documents(server, session)
    _answer_places(server, session)
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
        position = position_of(_place(params.position), source, session.encoding)
        found = complete(source.text, position, session.project(uri).files)
        asked = server.client_capabilities.text_document
        item = asked.completion.completion_item if asked and asked.completion else None
        snippets = bool(item and item.snippet_support)
        return protocol.completion(found, source, session.encoding, snippets)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover_at(params: types.HoverParams) -> types.Hover | None:
        uri = params.text_document.uri
        source, project = session.source(uri), session.project(uri)
        position = position_of(_place(params.position), source, session.encoding)
        found = hover(source.text, position, project.files, project.sources)
        return protocol.hover(found, source, session.encoding) if found else None

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def definition_at(params: types.DefinitionParams) -> types.Location | None:
        uri = params.text_document.uri
        source, project = session.source(uri), session.project(uri)
        position = position_of(_place(params.position), source, session.encoding)
        file = project.file
        span = definition(file, position, project.files) if file else None
        if span is None:
            return None
        return protocol.location(span, project.sources, session.uri, session.encoding)


def _answer_files(server: LanguageServer, session: Session) -> None:
    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def format_all(params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        source = session.source(params.text_document.uri)
        text = formatted(source)
        if text is None:
            return None
        end = types.Position(*end_of(source, session.encoding))
        return [types.TextEdit(types.Range(types.Position(0, 0), end), text)]

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def outline(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        source = session.source(params.text_document.uri)
        file, _ = parse(source)
        return [protocol.symbol(each, source, session.encoding) for each in symbols(file)]


def _place(position: types.Position) -> Place:
    return Place(position.line, position.character)
