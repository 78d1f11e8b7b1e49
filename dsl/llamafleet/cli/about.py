"""What the installed package says about itself; slow to read, so only where somebody asks."""

from __future__ import annotations

from importlib.metadata import metadata


def version() -> str:
    """The installed version."""
    return str(metadata("llamafleet")["Version"])


def documentation() -> str:
    """The published address of docs/diagnostics.md; empty while the package names none.

    It is what `pyproject.toml` has under `[project.urls]` as `Diagnostics`.
    """
    urls = metadata("llamafleet").get_all("Project-URL") or []
    named = dict(each.split(", ", 1) for each in urls if ", " in each)
    return str(named.get("Diagnostics", ""))
