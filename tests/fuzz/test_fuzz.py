"""A few seconds of each reader: the same inputs each time, so that a change is what fails.

`make fuzz` tries a hundred thousand of each; README.md says what came of it.
"""

from __future__ import annotations

import time

import pytest

from tests.fuzz.readers import READERS, Reader
from tests.fuzz.run import random_of, run
from tests.fuzz.values import every_key, samples

SEED = 1
INPUTS = 250
SECONDS = 30.0
"""A slow machine does what it can in that time."""


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_slice_of_inputs(reader: Reader) -> None:
    outcome = run(reader, SEED, 0, INPUTS, until=time.perf_counter() + SECONDS)
    assert outcome.inputs
    assert not outcome.failures, (outcome.failures, outcome.traces)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_an_input_can_be_made_again(reader: Reader) -> None:
    first, second = (reader.make(random_of(reader.name, SEED, 7)) for _ in range(2))
    assert repr(first) == repr(second)


def test_a_failure_is_noticed_and_sorted() -> None:
    def fails(made: int) -> str:
        if made % 2:
            raise ValueError(made)
        return "even"

    reader = Reader("some", lambda random: random.randrange(100), fails)
    outcome = run(reader, SEED, 0, 50)
    assert outcome.inputs == 50
    assert outcome.counts["even"] + outcome.failed == 50
    (kind,) = outcome.failures
    assert kind.startswith("ValueError")


def test_slow_inputs_are_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.run.LIMIT", 0.2)
    monkeypatch.setattr("tests.fuzz.run.SLOW", 0.05)

    def spins(made: float) -> str:
        end = time.process_time() + made
        while time.process_time() < end:
            pass
        return "done"

    assert list(run(Reader("s", lambda _: 0.1, spins), SEED, 0, 1).failures) == ["slow"]
    stopped = run(Reader("s", lambda _: 60.0, spins), SEED, 0, 1)
    assert stopped.seconds < 30
    assert "TooSlowError" in next(iter(stopped.failures))


def test_every_pattern_of_the_tables_has_samples() -> None:
    """What is generated reaches every key: a new pattern needs texts that it takes."""
    from llamafleet.fleet.schema.values import ListOf, Pattern

    patterns = set()
    for schema, name in every_key():
        of = schema.table[name].type
        of = of.item if isinstance(of, ListOf) else of
        if isinstance(of, Pattern):
            patterns.add(of)
    assert patterns
    for pattern in patterns:
        assert len(samples(pattern)) >= 1, pattern
