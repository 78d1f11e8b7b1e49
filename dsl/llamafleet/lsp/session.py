"""The state of a server between requests: documents, fleets, published diagnostics."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer
from pygls.workspace import Workspace

from ..diagnostics.model import Diagnostic
from ..source import Source
from . import protocol
from .project import Project, Texts, diagnose, project_of, roots_of

QUICK = 0.1
"""Seconds in which a fleet is read that is small enough to be read for every question."""

Found = Mapping[str, list[Diagnostic]]


class _Read(NamedTuple):
    """A fleet, and how long it took to read."""

    project: Project
    seconds: float


class Session:
    """The state of a server between two requests of an editor."""

    def __init__(self, server: LanguageServer) -> None:
        self.server = server
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._told: dict[str, Found] = {}
        self._projects: dict[str, _Read] = {}

    # Files and their names.

    @property
    def workspace(self) -> Workspace:
        """Return the documents that are open in the editor."""
        return self.server.workspace

    @property
    def encoding(self) -> str:
        """Return the units in which the editor counts columns."""
        agreed = self.workspace.position_encoding or types.PositionEncodingKind.Utf16
        return agreed.value if isinstance(agreed, types.PositionEncodingKind) else agreed

    @property
    def folders(self) -> list[str]:
        """Return the folders that are open in the editor."""
        folders = [uris.to_fs_path(each) for each in self.workspace.folders]
        root = self.workspace.root_path
        return [each for each in (*folders, root) if each]

    def texts(self) -> Texts:
        """Return every open document with its present text."""
        documents = self.workspace.text_documents
        return Texts(
            {os.path.realpath(path_of(uri)): each.source for uri, each in documents.items()}
        )

    def uri(self, path: str) -> str:
        """Return the editor's URI for a file."""
        real = os.path.realpath(path)
        uri: str
        for uri in self.workspace.text_documents:
            if os.path.realpath(path_of(uri)) == real:
                return uri
        return str(uris.from_fs_path(str(Path(path).absolute())) or path)

    def source(self, uri: str) -> Source:
        """Return a document's text."""
        return Source(path_of(uri), self.workspace.get_text_document(uri).source)

    def project(self, uri: str) -> Project:
        """Return the fleet of a document; a large one as of its last check."""
        known = self._projects.get(uri)
        if known is None or known.seconds < QUICK:
            known = self._projects[uri] = _read(uri, self.folders, self.texts())
        return known.project

    # Diagnostics.

    def check_soon(self, uri: str, delay: float) -> None:
        """Check the fleets of a document, once nothing more has been typed for a while."""
        if before := self._waiting.pop(uri, None):
            before.cancel()
        self._waiting[uri] = asyncio.ensure_future(self._check(uri, delay))

    async def _check(self, uri: str, delay: float) -> None:
        await asyncio.sleep(delay)
        path, texts = path_of(uri), self.texts()
        roots = await asyncio.to_thread(roots_of, path, self.folders, texts)
        if uri not in self.workspace.text_documents:
            self._projects.pop(uri, None)
            if roots == (path,):
                roots = ()  # closed, and part of nothing that is looked at
        self._forget(path, roots)
        for root in roots:
            found, sources = await asyncio.to_thread(diagnose, root, texts)
            before = self._told.get(root, {})
            self._told[root] = found
            for path in dict.fromkeys((*before, *found)):
                self._publish(path, sources)
        if uri in self.workspace.text_documents:
            self._projects[uri] = await asyncio.to_thread(_read, uri, self.folders, texts)

    def _forget(self, path: str, roots: tuple[str, ...]) -> None:
        """Drop what was said of a file as a fleet of its own, now that another includes it."""
        if path not in roots:
            for each in self._told.pop(path, {}):
                self._publish(each, {})

    def found(self, path: str) -> list[Diagnostic]:
        """Return all published diagnostics of a file, from every fleet that includes it."""
        found: dict[Diagnostic, None] = {}
        for told in self._told.values():
            found.update(dict.fromkeys(told.get(path, ())))
        return list(found)

    def _publish(self, path: str, sources: Mapping[str, Source]) -> None:
        found = self.found(path)
        self.server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(
                self.uri(path),
                [protocol.diagnostic(each, sources, self.uri, self.encoding) for each in found],
            )
        )


def path_of(uri: str) -> str:
    """Return the path of a document; its URI if it has never been saved."""
    return str(uris.to_fs_path(uri) or uri)


def _read(uri: str, folders: Sequence[str], texts: Texts) -> _Read:
    start = time.perf_counter()
    project = project_of(path_of(uri), folders, texts)
    return _Read(project, time.perf_counter() - start)
