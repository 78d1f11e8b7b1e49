"""What the language can hold as text, and llama-swap will then leave alone."""

from __future__ import annotations

import re

from ..fleet.schema.value_type import unprintable

MACRO = re.compile(r"\$\{[A-Za-z0-9_-]+\}|\$\{env\.[A-Za-z_][A-Za-z0-9_]*\}")


def is_representable(text: str) -> bool:
    """Whether a text stands on one line and holds nothing that llama-swap would replace."""
    return not unprintable(text) and MACRO.search(text) is None
