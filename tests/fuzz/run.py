"""Runs many inputs through one reader, each with a limit of time, and sorts what goes wrong."""

from __future__ import annotations

import gc
import signal
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from types import FrameType

from tests.fuzz.readers import Reader

SLOW = 2.0
"""Seconds of computing after which an input counts as a failure."""
LIMIT = 20.0
"""Seconds of computing after which it is given up."""


class TooSlowError(Exception):
    """An input took longer than `LIMIT`."""


@dataclass(slots=True)
class Outcome:
    """The outcome of a run: counts by the result of `read`, and failures by their kind."""

    reader: str
    seed: int
    inputs: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    failures: dict[str, list[int]] = field(default_factory=dict)
    traces: dict[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        """Return the number of inputs that failed."""
        return sum(map(len, self.failures.values()))


def random_of(reader: str, seed: int, number: int) -> Random:
    """The randomness of one input: any input can be made again by itself."""
    return Random(f"{reader}:{seed}:{number}")


def run(reader: Reader, seed: int, first: int, inputs: int, until: float = 0.0) -> Outcome:
    """Try inputs `first` to `first + inputs`, or those that there is time for up to `until`."""
    gc.set_threshold(100_000)  # as the command line has it
    outcome = Outcome(reader.name, seed)
    begin = time.perf_counter()
    for number in range(first, first + inputs):
        if until and time.perf_counter() > until:
            break
        _one(reader, seed, number, outcome)
        outcome.inputs += 1
    outcome.seconds = time.perf_counter() - begin
    return outcome


def _one(reader: Reader, seed: int, number: int, outcome: Outcome) -> None:
    made = reader.make(random_of(reader.name, seed, number))
    start = time.process_time()
    try:
        with _limited():
            outcome.counts[reader.read(made)] += 1
    except Exception as error:
        kind, trace = _kind(error), "".join(traceback.format_exception(error))
    else:
        took = time.process_time() - start
        outcome.slowest = max(outcome.slowest, took)
        if took <= SLOW:
            return
        kind, trace = "slow", f"{took:.1f} s"
    outcome.failures.setdefault(kind, []).append(number)
    outcome.traces.setdefault(kind, trace)


def _kind(error: Exception) -> str:
    """The exception and the last line of llamafleet's that it passed, which tells kinds apart."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if "/llamafleet/" in each.filename]
    last = (own or frames)[-1]
    return f"{type(error).__name__} {last.filename.partition('/dsl/')[2] or 'tests'}:{last.lineno}"


@contextmanager
def _limited() -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
