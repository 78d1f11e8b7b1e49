"""llamafleet: one file describes a fleet of machines that serve local LLMs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .api import check, format_text, load, plan_host

__all__ = ["check", "format_text", "load", "plan_host"]


def __getattr__(name: str) -> object:
    # Importing one module must not import them all: `llamafleet check` is to be quick.
    if name in __all__:
        from . import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
