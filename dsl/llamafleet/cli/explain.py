"""`llamafleet explain`: what a key, a block kind, a flag or a diagnostic's code means."""

from __future__ import annotations

from ..explain import UnknownWordError
from ..explain import explain as explain_word
from .terminal import say


def explain(key: str, model: str | None, fleet: str, style: str) -> int:
    """Print what is known of `key`; 2 if nothing is."""
    if model is not None:
        if key != "memory":
            say(f"explain {key} takes no further argument; only explain memory takes a model")
            return 2
        from .explain_memory import explain_memory

        return explain_memory(model, fleet, style)
    try:
        text = _as_json(key) if style == "json" else explain_word(key)
    except UnknownWordError as unknown:
        say(str(unknown))
        return 2
    print(text.rstrip("\n"))
    return 0


def _as_json(key: str) -> str:
    from ..explain_json import as_json

    return as_json(key)
