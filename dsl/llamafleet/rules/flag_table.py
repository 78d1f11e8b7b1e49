"""flag-table: a build whose flags are checked against those of another."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic
from ..fleet.schema.flag_tables import FlagTable, number
from ..source import Position, Span
from .context import RuleContext
from .report import warning
from .rule import WARNING, Code, rule

HINT = "roll the build out, then commit fleet.lock: it then has the flags of this build"


@rule(
    Code(
        "flag-table",
        WARNING,
        "The flags of a build are unknown, so they are checked against another build.",
        in_yaml=True,
    ),
)
def flag_table(context: RuleContext) -> Iterator[Diagnostic]:
    """Check that there is a flag table for each build and release that serves models."""
    for served in context.served_models:
        known = served.known
        if served.ref is None or known is None or known.exact:
            continue
        build, path = served.build, context.fleet.path
        start = Position(1, 1)  # of the file: a program's release stands on the command line
        span = build.spans.get("ref", build.origin) if build else Span(path, start, start)
        yield warning("flag-table", _told(served.ref, known.table), span, HINT)


def _told(ref: str, table: FlagTable) -> str:
    own, other = number(ref), number(table.ref) or 0
    if own is None:
        return f'"{ref}" is not a numbered build: its flags are checked against b{other}'
    which = "the nearest older build" if other <= own else "the oldest build known"
    return f"the flags of {ref} are unknown: they are checked against b{other}, {which}"
