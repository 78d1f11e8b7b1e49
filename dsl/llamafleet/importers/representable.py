"""Texts that the language can hold and llama-swap leaves alone."""

from __future__ import annotations

import re

from ..fleet.schema.value_type import unprintable

MACRO = re.compile(r"\$\{[A-Za-z0-9_-]+\}|\$\{env\.[A-Za-z_][A-Za-z0-9_]*\}")


def is_representable(text: str) -> bool:
    """Return True if a text is one line and contains nothing that llama-swap would replace."""
    return not unprintable(text) and MACRO.search(text) is None
