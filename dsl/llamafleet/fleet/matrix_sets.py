"""The sets of a matrix among themselves: references, circles, and how much they mean."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

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
    bad: set[str] = set()
    done: set[str] = set()
    spans = {each.name.text: tuple(_reference_spans(each.expression)) for each, _ in sets}

    def visit(name: str, path: tuple[str, ...]) -> None:
        for reference in spans[name]:
            if reference.text in path:
                _report_circle(reference, path, by_name, diagnostics)
                bad.update(path)
            elif reference.text not in by_name and reference.text in written:
                bad.update(path)  # that set has its own error already
            elif reference.text not in by_name:
                hint = did_you_mean(
                    reference.text, by_name, "write + before the name of a set only"
                )
                message = f'no set is named "{reference.text}"'
                diagnostics.error("unknown-name", message, reference.span, hint=hint)
                bad.update(path)
            elif reference.text not in done:
                visit(reference.text, (*path, reference.text))
            if reference.text in bad:
                bad.update(path)
        done.add(name)

    for name in by_name:
        if name not in done:
            visit(name, (name,))
    return [(each, node) for each, node in sets if each.name.text not in bad]


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
