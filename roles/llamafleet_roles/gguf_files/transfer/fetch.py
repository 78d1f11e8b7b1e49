"""Fetches the missing pieces of a file from its sources, several at a time."""

from __future__ import annotations

import errno
import hashlib
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from .job import TransferError, gigabytes, say
from .part import Part, pieces_of
from .ranges import SourceError
from .sources import WINDOW, Source

MOST_FAILURES = 6
"""So many failures of a source in a row, without a piece between them, and it is given up."""

MOST_WRONG = 8
"""So many wrong pieces of a source, and it is given up: its disk or its memory is bad."""

LONGEST_PAUSE = 30
"""Seconds between two tries, at most; the first pause is one second."""


@dataclass
class Fetching:
    """The state that the threads of one source share; `reason` is why it was given up."""

    source: Source
    part: Part
    hashes: tuple[str, ...] | None
    open: deque[int]
    lock: threading.Lock = field(default_factory=threading.Lock)
    failures: int = 0
    wrong: int = 0
    reason: str = ""
    full: OSError | None = None

    def take(self) -> tuple[int, int] | None:
        """Return the next run of missing pieces, first and last; None if there is none left."""
        with self.lock:
            if not self.open or self.reason or self.full:
                return None
            share = max(1, len(self.open) // self.source.connections)
            first = last = self.open.popleft()
            while self.open and self.open[0] == last + 1 and last - first + 1 < min(WINDOW, share):
                last = self.open.popleft()
            return first, last

    def give_back(self, pieces: Iterable[int]) -> None:
        """Let pieces be asked for again."""
        with self.lock:
            self.open.extendleft(reversed(list(pieces)))

    def accept(self, piece: int, data: bytes) -> None:
        """Keep a piece if it is right; a wrong one is left to the next source."""
        if self.hashes and hashlib.sha256(data).hexdigest() != self.hashes[piece]:
            say(f"{self.source.name} sent a wrong piece, {piece} of {pieces_of(self.part.size)}")
            with self.lock:
                self.wrong += 1
                if self.wrong >= MOST_WRONG:
                    self.reason = self.reason or f"sent {self.wrong} wrong pieces"
            return
        self.part.keep(piece, data)
        self.failures = 0

    def failed(self, error: SourceError) -> float:
        """Count a failure; return the seconds to wait before the next try."""
        with self.lock:
            self.failures += 1
            if error.final or self.failures >= MOST_FAILURES:
                self.reason = self.reason or str(error)
            return max(error.wait, min(LONGEST_PAUSE, 2.0 ** (self.failures - 1)))


def fetch_from(source: Source, part: Part) -> str:
    """Fetch what is missing from one source; return why it was given up, or "".

    Raises TransferError if the disk is full: what has arrived stays.
    """
    state = Fetching(source, part, source.pieces, deque(part.missing()))
    threads = [threading.Thread(target=_work, args=(state,), daemon=True)
               for _ in range(min(source.connections, len(state.open)))]  # fmt: skip
    for each in threads:
        each.start()
    _show(part, threads, source.name)
    if state.full is not None:
        if state.full.errno in (errno.ENOSPC, errno.EDQUOT):
            left = gigabytes(part.size - part.received)
            raise TransferError(
                f"{part.path.parent} is full: {left} more are needed. What has arrived stays, so "
                "free some space and run this again"
            )
        raise TransferError(f"cannot write {part.path}: {state.full.strerror}")
    return state.reason


def _work(state: Fetching) -> None:
    while run := state.take():
        piece, last = run
        try:
            for data in state.source.window(piece, last, state.part.size):
                state.accept(piece, data)
                piece += 1
        except SourceError as error:
            state.give_back(range(piece, last + 1))
            pause = state.failed(error)
            if not state.reason:
                say(f"{state.source.name} {error}: trying again in {pause:.0f} s")
                time.sleep(pause)
        except OSError as error:
            state.full = error
            return


def _show(part: Part, threads: list[threading.Thread], name: str) -> None:
    """Print how much has arrived, every few seconds, until the threads end."""
    before, since = part.received, time.monotonic()
    while any(each.is_alive() for each in threads):
        deadline = time.monotonic() + 3
        for each in threads:
            each.join(max(0.0, deadline - time.monotonic()))
        now, at = part.received, time.monotonic()
        if at - since >= 3:
            rate = (now - before) / (at - since) / 1e6
            done = now * 100 // max(1, part.size)
            say(f"{now / 1e9:.2f} of {gigabytes(part.size)}, {done}%, {rate:.0f} MB/s from {name}")
            before, since = now, at
