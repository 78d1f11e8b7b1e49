"""The sets of a matrix among themselves: references, circles, and how much they mean."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ..dataclasses import dataclass
from ..diagnostics.model import Diagnostics, Label
from ..language import syntax
from .matrix import MOST_SETS
from .matrix_expression import MOST_COMBINATIONS, Node, count
from .schema.values import did_you_mean

NO_LIMIT = 244
"""The first version of llama-swap that does not expand every combination."""
OLD_LIMIT = 1000

Sets = list[tuple[syntax.MatrixSet, Node]]


def few_enough(sets: Mapping[str, syntax.MatrixSet], diagnostics: Diagnostics) -> bool:
    """Return True if chains of references are short enough for a recursive function."""
    if len(sets) <= MOST_SETS:
        return True
    message = f"this matrix has {len(sets)} sets, {MOST_SETS} at most"
    hint = "one set can hold several combinations: set pairs = a & b | c & d"
    span = list(sets.values())[MOST_SETS].name.span
    diagnostics.error("matrix-too-large", message, span, hint=hint)
    return False


def without_bad_references(sets: Sets, written: Collection[str], diagnostics: Diagnostics) -> Sets:
    """Return the sets without those that lead to a missing one or back to themselves."""
    by_name = {each.name.text: each for each, _ in sets}
    spans = {each.name.text: tuple(_reference_spans(each.expression)) for each, _ in sets}
    walk = _Walk(by_name, spans, written, diagnostics, set(), set())
    for name in by_name:
        if name not in walk.done:
            _visit(name, (name,), walk)
    return [(each, node) for each, node in sets if each.name.text not in walk.bad]


@dataclass(frozen=True, slots=True)
class _Walk:
    """The sets by name, their references, the names that are `written`, and what was found."""

    by_name: Mapping[str, syntax.MatrixSet]
    spans: Mapping[str, tuple[syntax.SetReference, ...]]
    written: Collection[str]
    diagnostics: Diagnostics
    bad: set[str]
    done: set[str]


def _visit(name: str, path: tuple[str, ...], walk: _Walk) -> None:
    """Follow the references of a set; one that ends badly makes every set of its path bad."""
    for reference in walk.spans[name]:
        if reference.text in path:
            _report_circle(reference, path, walk.by_name, walk.diagnostics)
            walk.bad.update(path)
        elif reference.text not in walk.by_name and reference.text in walk.written:
            walk.bad.update(path)  # that set has its own error already
        elif reference.text not in walk.by_name:
            hint = did_you_mean(
                reference.text, walk.by_name, "write + before the name of a set only"
            )
            message = f'no set is named "{reference.text}"'
            walk.diagnostics.error("unknown-name", message, reference.span, hint=hint)
            walk.bad.update(path)
        elif reference.text not in walk.done:
            _visit(reference.text, (*path, reference.text), walk)
        if reference.text in walk.bad:
            walk.bad.update(path)
    walk.done.add(name)


def _report_circle(
    reference: syntax.SetReference,
    path: tuple[str, ...],
    sets: Mapping[str, syntax.MatrixSet],
    diagnostics: Diagnostics,
) -> None:
    circle = " -> ".join((*path[path.index(reference.text) :], reference.text))
    diagnostics.error(
        "circular-set",
        f"sets refer to each other in a circle: {circle}",
        reference.span,
        related=(Label(sets[reference.text].name.span, "the circle starts here"),),
        hint="remove one of the references",
    )


def _reference_spans(expression: syntax.Expression) -> Sequence[syntax.SetReference]:
    match expression:
        case syntax.SetReference():
            return [expression]
        case syntax.AllOf(terms) | syntax.AnyOf(terms):
            return [each for term in terms for each in _reference_spans(term)]
    return []


def check_size(sets: Sets, version: int, diagnostics: Diagnostics) -> None:
    """Report the largest set and clear all of them if they have too many combinations."""
    limit, way_out = MOST_COMBINATIONS, "or split it: llamafleet"
    if version < NO_LIMIT:
        limit = OLD_LIMIT
        way_out = f"split it, or use llama-swap v{NO_LIMIT} or newer: v{version}"
    counts: dict[str, int] = {}
    waiting = {each.name.text: (each, node) for each, node in sets}
    # References point anywhere, so go round until all are counted; circles are gone by now.
    while waiting:
        for name, (each, node) in list(waiting.items()):
            if all(ref.text in counts for ref in _reference_spans(each.expression)):
                counts[name] = count(node, counts)
                del waiting[name]
    if sum(counts.values()) > limit:
        name = max(counts, key=lambda key: counts[key])
        each = next(each for each, _ in sets if each.name.text == name)
        total = f"more than {limit}" if counts[name] > limit else str(counts[name])
        message = f'set "{name}" has {total} combinations of models'
        hint = f"use fewer models in it, {way_out} allows {limit} in all sets together"
        diagnostics.error("matrix-too-large", message, each.name.span, hint=hint)
        sets.clear()
