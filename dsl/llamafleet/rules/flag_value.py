"""flag-value: a flag without its value, or with one that the build that runs does not take."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic
from ..schema.argv import value_problem
from ..schema.flag_tables import FlagTable, bundled, nearest, spelled_for
from .report import error
from .survey import Serving, Survey


def flag_value(survey: Survey) -> Iterator[Diagnostic]:
    """Arguments, which nobody has looked at yet, and keys where the build is not the newest."""
    newest = bundled()[0].ref
    for serving in survey.serving:
        if serving.ref is None:
            continue
        found = nearest(serving.ref)
        if found.exact and found.table.ref != newest:
            yield from _keys(serving, found.table)
        for given in serving.raw:
            if given.problem:
                message = f"{given.name} {given.problem}"
                hint = f"llama-server {found.table.ref} stops when it meets this"
                if "would read" in given.problem:
                    hint = "write the number out: llama-server stops reading at the first letter"
                yield error("flag-value", message, serving.words_origin, hint)


def _keys(serving: Serving, table: FlagTable) -> Iterator[Diagnostic]:
    for flag in serving.model.flags:
        own = table.by_name.get(spelled_for(table.ref, flag.argv[0]))
        if own is None or len(flag.argv) < 2:
            continue
        if own.type in ("switch", "flag"):
            problem = "takes no value"
        else:
            problem = value_problem(own, flag.argv[1:])
        if problem:
            message = f"{flag.argv[0]} of llama-server {table.ref} {problem}"
            yield error("flag-value", message, flag.origin)
