"""`llamafleet explain`: keys, kinds and codes."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("nginx.balance", "least_conn"),
        ("ctx-size", "context"),
        ("unreadable-file", "cannot be read"),
        ("parallel", "llamafleet adds --parallel 1 to a model that sets no parallel"),
        ("fit", "llamafleet adds --fit off"),
        ("device", "llamafleet adds --device none to a model with gpus = []"),
    ],
)
def test_what_there_is(run: Run, key: str, words: str) -> None:
    done = run("explain", key)
    assert (done.returncode, done.stderr) == (0, "")
    assert words in done.stdout


def test_what_there_is_not(run: Run) -> None:
    done = run("explain", "syntaxx")
    assert (done.returncode, done.stdout) == (2, "")
    assert 'did you mean "syntax"?' in done.stderr
