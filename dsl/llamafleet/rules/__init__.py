"""Checks over the whole fleet, one file each, listed in RULES."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..diagnostics.model import Diagnostic
from ..fleet.model import Fleet
from .alias_conflict import alias_conflict
from .gpu_index import gpu_index
from .survey import Survey
from .unused_definition import unused_definition

Rule = Callable[[Survey], Iterator[Diagnostic]]

RULES: tuple[Rule, ...] = (
    alias_conflict,
    gpu_index,
    unused_definition,
)
"""Every rule; they see a fleet without errors."""


def findings(fleet: Fleet) -> Iterator[Diagnostic]:
    """What all rules say about a fleet."""
    survey = Survey(fleet)
    for rule in RULES:
        yield from rule(survey)
