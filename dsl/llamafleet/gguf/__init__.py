"""GGUF headers, read from the first bytes of a file wherever it is."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .facts import FileFacts, GgufFacts, facts_of
    from .header import Header, parse_header
    from .local import read_facts
    from .problem import GgufError, Incomplete
    from .reading import Fetch, read_header
    from .tensor import Tensor

__all__ = [
    "Fetch",
    "FileFacts",
    "GgufError",
    "GgufFacts",
    "Header",
    "Incomplete",
    "Tensor",
    "facts_of",
    "parse_header",
    "read_facts",
    "read_header",
]

_MODULES = ("facts", "header", "local", "problem", "reading", "tensor")


def __getattr__(name: str) -> object:
    # A check reads no header, and a type's name alone imports none of this.
    if name in __all__:
        for module in _MODULES:
            found = vars(importlib.import_module(f".{module}", __name__)).get(name)
            if found is not None:
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
