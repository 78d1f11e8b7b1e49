"""unknown-flag, removed-flag: flags that the llama.cpp of a build does not have."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from ..diagnostics.model import Diagnostic
from ..diagnostics.suggest import suggest
from ..fleet.schema.argv import spelled
from ..fleet.schema.flag_tables import Nearest, bundled, number
from ..fleet.schema.renamed_flags import GONE
from ..source import Span
from .context import RuleContext, ServedModel
from .report import error, warning
from .rule import ERROR, Code, rule


@rule(
    Code(
        "removed-flag",
        ERROR,
        "The llama-server of a build does not have a flag that another build has.",
        in_yaml=True,
    ),
    Code("unknown-flag", ERROR, "llama-server has no such flag.", in_yaml=True),
)
def unknown_flag(context: RuleContext) -> Iterator[Diagnostic]:
    """Check each flag of each model against the flag table of its build."""
    for served in context.served_models:
        ref, found = served.ref, served.known
        if ref is not None and found is not None:
            known = found.table.by_name
            for name, span in _written(served, ref):
                flag = known.get(name)
                if flag is None or flag.removed or _gone_by(ref, name, found):
                    yield from _judged(name, ref, found, span)


def _written(served: ServedModel, ref: str) -> Iterator[tuple[str, Span]]:
    for flag in served.model.flags:
        yield served.tables.spelled_for(ref, flag.argv[0]), flag.origin
    for given in served.raw:
        yield spelled(given.name), served.words_origin


def _judged(name: str, ref: str, found: Nearest, span: Span) -> Iterator[Diagnostic]:
    """Yield the finding for a flag that the table does not have."""
    gone = GONE.get(name)
    server = f"llama-server {ref}"
    if found.exact or _gone_by(ref, name, found) or _removed_before(name, ref, found):
        elsewhere = _elsewhere(name)
        if gone is not None or elsewhere:
            hint = gone.instead if gone and not _newer(elsewhere, ref) else _moved(elsewhere, ref)
            yield error("removed-flag", f"{server} {_lacks(name, elsewhere, ref)}", span, hint)
        else:
            yield error("unknown-flag", f"{server} has no flag {name}", span, _meant(name, found))
    elif not _elsewhere(name):
        # Its own table could have it: that is not certain, so it is only a warning.
        message = f"neither {found.table.ref} nor any other known build has a flag {name}"
        code = "removed-flag" if gone else "unknown-flag"
        hint = gone.instead if gone else _meant(name, found)
        yield warning(code, message, span, hint)


def _gone_by(ref: str, name: str, found: Nearest) -> bool:
    """Return True if a build without a flag table is known to have lost the flag."""
    gone, own = GONE.get(name), number(ref)
    if gone is None or gone.since is None or own is None or own < gone.since:
        return False
    return not found.exact


def _removed_before(name: str, ref: str, found: Nearest) -> bool:
    """Return True if an older table has the flag only to refuse it."""
    flag = found.table.by_name.get(name)
    older = (number(found.table.ref) or 0) <= (number(ref) or 0)
    return flag is not None and flag.removed and older


@cache
def _elsewhere(name: str) -> tuple[str, ...]:
    """Return the builds whose tables have the flag."""
    tables = (table for table in bundled() if name in table.by_name)
    return tuple(table.ref for table in tables if not table.by_name[name].removed)


def _newer(refs: tuple[str, ...], ref: str) -> bool:
    own = number(ref)
    return own is not None and any((number(other) or 0) > own for other in refs)


def _lacks(name: str, refs: tuple[str, ...], ref: str) -> str:
    if _newer(refs, ref):
        return f"does not have {name} yet"
    return f"no longer has {name}" if refs or number(ref) else f"does not have {name}"


def _moved(refs: tuple[str, ...], ref: str) -> str:
    word = "a newer build has it" if _newer(refs, ref) else "an older build has it"
    return f"{word}: {refs[0]}"


def _meant(name: str, found: Nearest) -> str:
    known = [each for each, flag in found.table.by_name.items() if not flag.removed]
    meant = suggest(name, known)
    return f"did you mean {meant}?" if meant else "see docs/reference.md for all flags"
