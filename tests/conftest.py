"""Options of the whole test suite."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# CI tries the same examples each time, so that a change is judged by what it changes; a person's
# runs go on looking for new ones. A slow machine is no failure.
settings.register_profile("person", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "person")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-goldens` writes what was rendered instead of comparing it."""
    parser.addoption(
        "--update-goldens",
        action="store_true",
        default=False,
        help="write expected output anew; read the diff before committing it",
    )


@pytest.fixture
def update_goldens(request: pytest.FixtureRequest) -> bool:
    """Whether expected output is to be written anew."""
    return bool(request.config.getoption("--update-goldens"))
