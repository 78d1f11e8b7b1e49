"""pytest fixtures for tests that need hosts; a conftest.py imports those that it wants."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from . import machine
from .lab import Lab


def require_lab() -> None:
    """Skip the test, saying why, where hosts cannot boot; in CI that is a failure."""
    if not (problems := machine.missing()):
        return
    reason = "this machine cannot boot lab hosts: " + "; ".join(problems)
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Two hosts, alpha and beta, for the whole run: leave them as you found them."""
    require_lab()
    with Lab(("alpha", "beta")) as lab:
        yield lab
