"""Fixtures of the tests of targets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.lab.llama_swap import LlamaSwapBinary, find_llama_swap
from tests.targets.proxying import Make, Upstream, serving


@pytest.fixture
def upstreams() -> Iterator[Make]:
    """Starts a stand-in for each of the replies that it is given."""
    with ExitStack() as stack:
        yield lambda *replies: [stack.enter_context(serving(Upstream(each))) for each in replies]


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> LlamaSwapBinary:
    """The real llama-swap."""
    found = find_llama_swap(tmp_path_factory.mktemp("binary"))
    if found.kind != "real":
        pytest.skip("no real llama-swap is here: what it answers was NOT checked")
    return found
