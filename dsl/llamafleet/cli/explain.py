"""`llamafleet explain`: what a key, a block kind or a diagnostic's code means."""

from __future__ import annotations

from ..diagnostics.codes import CODES
from ..diagnostics.suggest import suggest
from ..explain import explain as explain_key
from .terminal import say


def explain(key: str) -> int:
    """Print what is known of `key`; 2 if nothing is."""
    if text := explain_key(key):
        print(text.rstrip("\n"))
        return 0
    if key in CODES:
        severity, meaning = CODES[key]
        print(f"{key} ({severity.value})\n\n{meaning}")
        return 0
    meant = suggest(key, CODES)
    say(f'nothing is called "{key}"' + (f', did you mean "{meant}"?' if meant else ""))
    return 2
