"""The type of a rule: a check of a fleet, and the codes that it reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..dataclasses import dataclass
from ..diagnostics.codes import ERROR, WARNING, Code
from ..diagnostics.model import Diagnostic
from .context import RuleContext

Check = Callable[[RuleContext], Iterator[Diagnostic]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A check, with its codes, which other formats and commands read."""

    check: Check
    codes: tuple[Code, ...]


def rule(*codes: Code) -> Callable[[Check], Rule]:
    """Return a decorator that makes a rule of a check that reports these codes."""
    return lambda check: Rule(check, codes)


__all__ = ["ERROR", "WARNING", "Code", "Rule", "rule"]
