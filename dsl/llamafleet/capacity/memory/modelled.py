"""The build of llama.cpp that the memory model follows, and reasons for a rule of thumb.

Formulas and graphs are those of one build. Sizes of weights and caches have been the same for long
before it: tests hold them to what others logged in 2025. What a later build does, nobody knows yet.
"""

from __future__ import annotations

import json
from functools import cache

from ...fleet.schema import flag_tables
from ...language.reading import read_bytes

MODELLED = "b11434"
"""The build whose sources the model follows; its architectures are in architectures.json."""

OLDEST = "b9093"
"""The oldest build to which the model is applied: before it llama-server's flags differ, too."""

_LIST = __file__.replace("modelled.py", "architectures.json")


@cache
def architectures() -> frozenset[str]:
    """Return the names of the architectures that the modelled build loads."""
    return frozenset(json.loads(read_bytes(_LIST))["names"])


def unmodelled_architecture(name: str) -> str:
    """Return why an architecture is guessed at, "" where it is modelled."""
    from .architectures import record_of  # what has no header needs none

    if record_of(name):
        return ""
    why = (
        "llamafleet has no record of its graph"
        if name in architectures()
        else f"{MODELLED} does not have it"
    )
    return f"architecture {name} is not modelled ({why})"


def unmodelled_build(ref: str | None) -> str:
    """Return why a build is guessed at, "" where it is modelled.

    `ref` is a release's number such as b11434, another git ref, or None where it is not upstream's.
    """
    if ref is None:
        return f"the program is not known to be upstream's build: {MODELLED} is modelled"
    number = flag_tables.number(ref)
    if number is None:
        return f"build {ref} has no number: {MODELLED} is modelled"
    if number > (flag_tables.number(MODELLED) or 0):
        return f"build {ref} is newer than {MODELLED}, which is modelled"
    if number < (flag_tables.number(OLDEST) or 0):
        return f"build {ref} is much older than {MODELLED}, which is modelled"
    return ""
