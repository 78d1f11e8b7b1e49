"""Fixtures of the tests of targets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.targets.proxying import Make, Upstream, serving


@pytest.fixture
def upstreams() -> Iterator[Make]:
    """Starts a stand-in for each of the replies that it is given."""
    with ExitStack() as stack:
        yield lambda *replies: [stack.enter_context(serving(Upstream(each))) for each in replies]
