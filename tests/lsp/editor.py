"""An editor: starts `llamafleet lsp` and speaks the protocol with it over stdin and stdout."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, cast

PATIENCE = 20.0

Message = dict[str, Any]


class Editor:
    """One session, from `initialize` to `exit`."""

    def __init__(self, folder: Path, *, encodings: tuple[str, ...] = ("utf-16",)) -> None:
        self._folder = folder
        self._encodings = encodings
        self._number = 0
        self._inbox: queue.Queue[Message | None] = queue.Queue()
        self._notes: list[Message] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "llamafleet", "lsp", "--stdio"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> Editor:
        general = {"positionEncodings": list(self._encodings)}
        item = {"completionItem": {"snippetSupport": True}}
        self.answer = self.ask(
            "initialize",
            {
                "processId": None,
                "rootUri": self._folder.as_uri(),
                "workspaceFolders": [{"uri": self._folder.as_uri(), "name": "fleet"}],
                "capabilities": {"general": general, "textDocument": {"completion": item}},
            },
        )
        self.tell("initialized", {})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.ask("shutdown", None)
            self.tell("exit", None)
            self.process.wait(PATIENCE)
        else:
            self.process.kill()
            self.process.wait(PATIENCE)

    # Messages.

    def ask(self, method: str, parameters: object) -> Any:
        """A request; its result."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": parameters})
        while True:
            message = self._next()
            if message.get("id") == self._number and "method" not in message:
                assert "error" not in message, message["error"]
                return message["result"]
            self._notes.append(message)

    def tell(self, method: str, parameters: object) -> None:
        """A notification."""
        self._send({"method": method, "params": parameters})

    def diagnostics(self, path: Path) -> list[Message]:
        """The next diagnostics that are published for a file."""
        while True:
            message = self._notes.pop(0) if self._notes else self._next()
            if message.get("method") == "textDocument/publishDiagnostics":
                told = message["params"]
                if told["uri"] == path.as_uri():
                    return cast("list[Message]", told["diagnostics"])

    def _next(self) -> Message:
        message = self._inbox.get(timeout=PATIENCE)
        if message is None:
            assert self.process.stderr is not None
            raise AssertionError(f"the server ended: {self.process.stderr.read().decode()}")
        return message

    def _send(self, message: Message) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _listen(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while header := stream.readline():
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            elif header == b"\r\n":
                self._inbox.put(json.loads(stream.read(length)))
        self._inbox.put(None)

    # What a user does.

    def open(self, path: Path, text: str | None = None) -> None:
        """Open a file; `text` is what stands in the editor, where that is not on the disk."""
        shown = path.read_text(encoding="utf-8") if text is None else text
        document = {"uri": path.as_uri(), "languageId": "fleet", "version": 1, "text": shown}
        self.tell("textDocument/didOpen", {"textDocument": document})

    def close(self, path: Path) -> None:
        """Close a file without saving it."""
        self.tell("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})

    def type(self, path: Path, text: str, line: int, character: int, version: int = 2) -> None:
        """Insert text at a place."""
        place = {"line": line, "character": character}
        change = {"range": {"start": place, "end": place}, "text": text}
        document = {"uri": path.as_uri(), "version": version}
        self.tell("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})

    def at(self, method: str, path: Path, line: int, character: int) -> Any:
        """Ask about a place."""
        document = {"uri": path.as_uri()}
        place = {"line": line, "character": character}
        return self.ask(f"textDocument/{method}", {"textDocument": document, "position": place})

    def fixes(self, path: Path, finding: Message) -> list[Message]:
        """Ask how a finding can be put right."""
        document = {"uri": path.as_uri()}
        parameters = {"textDocument": document, "range": finding["range"]}
        context = {"context": {"diagnostics": [finding]}}
        answer = self.ask("textDocument/codeAction", {**parameters, **context})
        return cast("list[Message]", answer)

    def about(self, method: str, path: Path) -> Any:
        """Ask about a whole document."""
        options = {"tabSize": 4, "insertSpaces": True}
        document = {"uri": path.as_uri()}
        return self.ask(f"textDocument/{method}", {"textDocument": document, "options": options})
