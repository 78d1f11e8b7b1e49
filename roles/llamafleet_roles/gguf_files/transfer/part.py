"""A file that is arriving: its bytes, and a note of the pieces that are on disk.

Beside `FILE.part` stands `FILE.part.state`: a first line with size, length of a piece and the tag
of the content, then the number of each piece that was written and synchronised, one a line.
Neither a killed process nor a power failure loses what is noted there.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

PIECE = 16 * 2**20
"""The bytes of a piece: 40 GB are 2,385 pieces, whose hashes take 155 kB."""


def pieces_of(size: int) -> int:
    """Return the number of pieces of a file; the last may be shorter."""
    return -(-size // PIECE)


class Part:
    """The file that is arriving, open for writing by several threads; `size` is in bytes."""

    def __init__(self, path: Path, size: int, tag: str) -> None:
        self.path, self.size = path, size
        self._state_path = path.with_name(f"{path.name}.state")
        self._lock = threading.Lock()
        header = f"llamafleet 1 {size} {PIECE} {tag}"
        self._done = self._noted(header)
        fresh = not self._done
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | (os.O_TRUNC if fresh else 0), 0o600)
        mode = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (os.O_TRUNC if fresh else 0)
        self._state = os.open(self._state_path, mode, 0o600)
        if fresh:
            os.write(self._state, f"{header}\n".encode())

    def __enter__(self) -> Part:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        os.close(self._file)
        os.close(self._state)

    def _noted(self, header: str) -> set[int]:
        """Return the pieces that an earlier run noted, if it was for the same content."""
        try:
            first, *lines = self._state_path.read_text().split("\n")
            length = self.path.stat().st_size
        except (OSError, UnicodeDecodeError):
            return set()
        if first != header:
            return set()
        # The last line may be half a number: it counts once its newline is there.
        numbers = {int(line) for line in lines[:-1] if line.isdigit()}
        return {each for each in numbers if self.start(each) < self.end(each) <= length}

    def start(self, piece: int) -> int:
        """Return the offset of a piece."""
        return piece * PIECE

    def end(self, piece: int) -> int:
        """Return the offset behind a piece."""
        return min(self.size, (piece + 1) * PIECE)

    @property
    def received(self) -> int:
        """Return the bytes of the pieces that are noted."""
        with self._lock:
            return sum(self.end(each) - self.start(each) for each in self._done)

    def missing(self) -> Iterator[int]:
        """Yield the pieces that are not there."""
        with self._lock:
            done = set(self._done)
        return (each for each in range(pieces_of(self.size)) if each not in done)

    def keep(self, piece: int, data: bytes) -> None:
        """Write a piece, and note it once it is on disk; raise OSError if the disk is full."""
        view, offset = memoryview(data), self.start(piece)
        while view:
            written = os.pwrite(self._file, view, offset)
            view, offset = view[written:], offset + written
        os.fdatasync(self._file)
        with self._lock:
            os.write(self._state, f"{piece}\n".encode())
            os.fdatasync(self._state)
            self._done.add(piece)

    def read(self, piece: int) -> bytes:
        """Return the bytes of a piece."""
        return os.pread(self._file, self.end(piece) - self.start(piece), self.start(piece))

    def forget(self) -> None:
        """Start anew: nothing that arrived is to be believed."""
        with self._lock:
            self._done.clear()
            os.ftruncate(self._file, 0)
            header = self._state_path.read_text().split("\n", 1)[0]
            os.ftruncate(self._state, 0)
            os.write(self._state, f"{header}\n".encode())

    def finish(self) -> None:
        """Remove the note; the file itself has been moved away."""
        self._state_path.unlink(missing_ok=True)
