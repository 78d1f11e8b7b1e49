"""flag-value: a flag without its value, or with one that its build does not accept."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic
from ..fleet.schema.argv import Problem, value_problem
from ..fleet.schema.flag_tables import FlagTable, bundled
from ..source import Span
from .context import RuleContext, ServedModel
from .report import error, warning
from .rule import ERROR, Code, rule


@rule(
    Code(
        "flag-value",
        ERROR,
        "A flag has no value, or one that llama-server refuses or misreads.",
        in_yaml=True,
    ),
)
def flag_value(context: RuleContext) -> Iterator[Diagnostic]:
    """Check arguments, and keys where the build is not the newest: those are not checked before."""
    newest = bundled()[0].ref
    for served in context.served_models:
        found = served.known
        if found is None:
            continue
        if found.exact and found.table.ref != newest:
            yield from _keys(served, found.table)
        for given in served.raw:
            if given.problem is not None:
                yield _said(given.name, given.problem, served.words_origin, found.table.ref)


def _said(name: str, problem: Problem, span: Span, ref: str) -> Diagnostic:
    message = f"{name} {problem.text}"
    if problem.refused:
        return error("flag-value", message, span, f"llama-server {ref} does not start with this")
    return warning("flag-value", message, span, f"llama-server {ref} accepts it silently")


def _keys(served: ServedModel, table: FlagTable) -> Iterator[Diagnostic]:
    for flag in served.model.flags:
        own = table.by_name.get(served.tables.spelled_for(table.ref, flag.argv[0]))
        if own is None or len(flag.argv) < 2:
            continue
        if own.type in ("switch", "flag"):
            yield _said(flag.argv[0], Problem("takes no value", True), flag.origin, table.ref)
        elif problem := value_problem(own, flag.argv[1:]):
            yield _said(flag.argv[0], problem, flag.origin, table.ref)
