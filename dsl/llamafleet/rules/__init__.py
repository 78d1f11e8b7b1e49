"""Checks over the whole fleet, one file each, listed in RULES."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..diagnostics.model import Diagnostic
from ..fleet.model import Fleet
from .alias_conflict import alias_conflict
from .context_per_slot import context_per_slot
from .flag_table import flag_table
from .flag_value import flag_value
from .gpu_index import gpu_index
from .ignored_flag import ignored_flag
from .quantised_cache import quantised_cache
from .repeated_flag import repeated_flag
from .split_mode import split_mode
from .survey import Survey
from .tensor_split import tensor_split
from .unknown_flag import unknown_flag
from .unused_definition import unused_definition

Rule = Callable[[Survey], Iterator[Diagnostic]]

RULES: tuple[Rule, ...] = (
    alias_conflict,
    context_per_slot,
    flag_table,
    flag_value,
    gpu_index,
    ignored_flag,
    quantised_cache,
    repeated_flag,
    split_mode,
    tensor_split,
    unknown_flag,
    unused_definition,
)
"""Every rule; they see a fleet without errors."""


def findings(fleet: Fleet) -> Iterator[Diagnostic]:
    """What all rules say about a fleet; once, where several models inherit the same mistake."""
    survey = Survey(fleet)
    yield from dict.fromkeys(each for rule in RULES for each in rule(survey))
