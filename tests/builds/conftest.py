"""The slow lane runs only where it is asked for: `pytest -m builds`, as make test-builds does."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what compiles for hours, unless the markers name it."""
    if "builds" in (config.option.markexpr or ""):
        return
    slow = [each for each in items if each.get_closest_marker("builds")]
    config.hook.pytest_deselected(items=slow)
    items[:] = [each for each in items if each not in slow]
