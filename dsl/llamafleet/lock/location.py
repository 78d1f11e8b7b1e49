"""The path of a fleet's lock."""

from __future__ import annotations

import os

NAME = "fleet.lock"


def lock_path(fleet_path: str) -> str:
    """Return the path of a fleet file's lock."""
    return os.path.join(os.path.dirname(fleet_path), NAME)  # noqa: PTH118, PTH120 (as written)
