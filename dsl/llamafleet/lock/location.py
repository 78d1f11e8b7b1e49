"""Where the lock of a fleet is."""

from __future__ import annotations

import os

NAME = "fleet.lock"


def lock_path(fleet_path: str) -> str:
    """Where the lock of a fleet file is."""
    return os.path.join(os.path.dirname(fleet_path), NAME)  # noqa: PTH118, PTH120 (as written)
