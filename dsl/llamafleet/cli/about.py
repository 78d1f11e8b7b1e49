"""The version and documentation of the installed package; slow to read, so imported late."""

from __future__ import annotations

from importlib.metadata import metadata


def version() -> str:
    """Return the installed version."""
    return str(metadata("llamafleet")["Version"])


def known() -> str:
    """Return the text of `--version`: the version, and the builds and releases it knows."""
    from ..capacity.memory.modelled import MODELLED
    from ..fleet.schema.flag_tables import bundled
    from ..llama_swap.versions import NEWEST, OLDEST

    builds = ", ".join(table.ref for table in reversed(bundled()))
    return (
        f"llamafleet {version()}\n"
        f"llama.cpp: flags of {builds}; memory of {MODELLED}\n"
        f"llama-swap: v{OLDEST} to v{NEWEST}"
    )


def documentation() -> str:
    """Return the address of docs/diagnostics.md, or "" while the package names none.

    It is what `pyproject.toml` has under `[project.urls]` as `Diagnostics`.
    """
    urls = metadata("llamafleet").get_all("Project-URL") or []
    named = dict(each.split(", ", 1) for each in urls if ", " in each)
    return str(named.get("Diagnostics", ""))
