"""flag-table: a build whose flags are checked by the table of another."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic
from ..schema.flag_tables import nearest, number
from .report import warning
from .survey import Survey


def flag_table(survey: Survey) -> Iterator[Diagnostic]:
    """Builds that serve models, and that there is no table of."""
    builds = {each.build.name: each for each in survey.serving if each.build and each.ref}
    for serving in builds.values():
        build, ref = serving.build, serving.ref
        if build is None or ref is None:
            continue
        found = nearest(ref)
        if found.exact:
            continue
        own, other = number(ref), number(found.table.ref) or 0
        if own is None:
            message = f"{ref} is no numbered build; its flags are checked by those of b{other}"
        else:
            which = "the nearest older build" if other <= own else "the oldest build known"
            message = f"there is no table of the flags of {ref}; {which}, b{other}, stands in"
        hint = "a rollout fetches the table of what it has built; a new flag is not known before"
        yield warning("flag-table", message, build.spans.get("ref", build.origin), hint)
