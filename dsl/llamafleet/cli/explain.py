"""`llamafleet explain`: what a key, a block kind, a flag or a diagnostic's code means."""

from __future__ import annotations

from ..explain import UnknownWordError
from ..explain import explain as explain_word
from .terminal import say


def explain(key: str) -> int:
    """Print what is known of `key`; 2 if nothing is."""
    try:
        text = explain_word(key)
    except UnknownWordError as unknown:
        say(str(unknown))
        return 2
    print(text.rstrip("\n"))
    return 0
