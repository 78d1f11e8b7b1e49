"""Suggestions for a model on a host: the longest context that fits beside others.

`beside` says what is left for it, `search` tries flags, `options` looks for the
longest, `paste` writes an option as lines of a model.
"""

from .beside import Beside, UnknownNameError, beside
from .options import Option, Short, suggestions
from .search import Search

__all__ = [
    "Beside",
    "Option",
    "Search",
    "Short",
    "UnknownNameError",
    "beside",
    "suggestions",
]
