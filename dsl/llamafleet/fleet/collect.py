"""From files to blocks by kind and name: unknown kinds, duplicate names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..dataclasses import dataclass, field
from ..diagnostics.model import Diagnostics, Label
from ..language.syntax import Block, Directive, File
from .schema.block import BlockSchema
from .schema.core import DECLARATIONS
from .schema.model_keys import DEFAULTS
from .schema.values import did_you_mean

UNNAMED = "\0"
"""What the key of a block without a name begins with; no name can."""


@dataclass(slots=True)
class Collected:
    """Blocks by kind, and of each kind by name; services also together, in the written order."""

    kinds: dict[str, dict[str, Block]] = field(default_factory=dict)
    services: dict[str, Block] = field(default_factory=dict)
    defaults: Block | None = None


def collect(
    files: Sequence[File], services: Iterable[BlockSchema], diagnostics: Diagnostics
) -> Collected:
    """Sort the entries of all files."""
    declared = {schema.kind: schema for schema in DECLARATIONS}
    served = {schema.kind: schema for schema in services}
    nested = {
        inner.kind: schema.kind
        for schema in (*declared.values(), *served.values())
        for inner in schema.blocks
    }
    found = Collected({kind: {} for kind in declared})
    for file in files:
        for entry in file.entries:
            if isinstance(entry, Directive):
                continue  # reading the files has dealt with it
            if entry.kind.text == DEFAULTS.kind:
                _take_defaults(entry, found, diagnostics)
            elif entry.kind.text in declared:
                _take(entry, found.kinds[entry.kind.text], diagnostics)
            elif entry.kind.text in served:
                _take(entry, found.services, diagnostics)
            else:
                _report_kind(entry, (*declared, *served), nested, diagnostics)
    return found


def _take_defaults(entry: Block, found: Collected, diagnostics: Diagnostics) -> None:
    if entry.label is not None and entry.label.text != "model":
        message = f"defaults are for models, not for {entry.label.text}"
        hint = "write defaults model { ... }"
        diagnostics.error("unknown-block", message, entry.label.span, hint=hint)
    elif found.defaults is not None:
        diagnostics.error(
            "duplicate-block",
            "this fleet has two defaults model blocks",
            entry.header,
            "second here",
            related=(Label(found.defaults.header, "first here"),),
            hint="merge them: the block applies to all models",
        )
    else:
        found.defaults = entry


def _take(entry: Block, known: dict[str, Block], diagnostics: Diagnostics) -> None:
    # One without a name is kept, so that the rest of it is checked, too.
    name = entry.label.text if entry.label else f"{UNNAMED}{len(known)}"
    if name not in known:
        known[name] = entry
        return
    first = known[name]
    was = "" if first.kind.text == entry.kind.text else f", first as {first.kind.text}"
    diagnostics.error(
        "duplicate-name",
        f'{entry.kind.text} "{name}" is declared twice{was}',
        entry.header,
        "second here",
        related=(Label(first.header, "first here"),),
        hint="rename one of them",
    )


def _report_kind(
    entry: Block, kinds: Sequence[str], nested: Mapping[str, str], diagnostics: Diagnostics
) -> None:
    kind = entry.kind.text
    if kind in nested:
        message = f"{kind} is not allowed at top level"
        hint = f"move it into the {nested[kind]} that it belongs to"
        diagnostics.error("misplaced-block", message, entry.header, hint=hint)
        return
    hint = did_you_mean(kind, kinds, f"use one of: {', '.join(kinds)}")
    message = f'there is no block kind "{kind}"'
    diagnostics.error("unknown-block", message, entry.kind.span, hint=hint)
