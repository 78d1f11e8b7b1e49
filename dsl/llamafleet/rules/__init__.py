"""Checks over the whole fleet, one file each, listed in RULES."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..diagnostics.model import Diagnostic
from ..fleet.model import Fleet
from .alias_conflict import alias_conflict
from .gpu_index import gpu_index
from .unused_definition import unused_definition

Rule = Callable[[Fleet], Iterator[Diagnostic]]

RULES: tuple[Rule, ...] = (alias_conflict, gpu_index, unused_definition)
"""Every rule; they see a fleet without errors."""
