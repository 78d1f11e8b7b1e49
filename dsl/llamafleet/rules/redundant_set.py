"""redundant-set: a set of a matrix that is contained in others, so that it has no effect."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label
from ..fleet.matrix import Matrix, NamedSet
from ..fleet.matrix_expression import count, references
from .context import RuleContext
from .report import warning
from .rule import WARNING, Code, rule

MOST = 1000
"""Larger matrices are left alone: every combination is held against others."""

Placed = tuple[int, str, frozenset[str]]
"""A combination: where it stands in the order in which they are tried, its set, its models."""


@rule(
    Code(
        "redundant-set",
        WARNING,
        "A set of a matrix is contained in other sets, so it has no effect.",
        in_yaml=True,
    ),
)
def redundant_set(context: RuleContext) -> Iterator[Diagnostic]:
    """Check for sets that could be removed without any request evicting anything else.

    A combination never matters where one that holds all of it is tried before. One that is tried
    after it makes no difference either, unless a third between them could tie with both.
    """
    for service in context.swaps:
        if service.matrix is not None and small(service.matrix, MOST):
            yield from _in_matrix(service.matrix)


def small(matrix: Matrix, most: int) -> bool:
    """Return True if a matrix has at most `most` combinations."""
    counts: dict[str, int] = {}
    for each in matrix.in_solving_order():
        counts[each.name] = count(each.node, counts)
    return sum(counts.values()) <= most


def _in_matrix(matrix: Matrix) -> Iterator[Diagnostic]:
    needed = {name for each in matrix.sets for name in references(each.node)}
    by_name = {each.rendered: each for each in matrix.sets}
    pairs = ((name, models) for name, each in matrix.combinations() for models in each)
    tried = [(index, name, frozenset(models)) for index, (name, models) in enumerate(pairs)]
    of_model: dict[str, list[Placed]] = {}
    for placed in tried:
        for model in placed[2]:
            of_model.setdefault(model, []).append(placed)
    gone: set[str] = set()
    for each in reversed(matrix.sets):
        if each.name in needed:
            continue
        own = [placed for placed in tried if placed[1] == each.rendered]
        over = [_larger(placed, of_model, gone) for placed in own]
        holding = [found for found in over if found is not None]
        if own and len(holding) == len(own):
            gone.add(each.rendered)
            others = dict.fromkeys(found[1] for found in holding)
            yield _redundant(each, [by_name[name] for name in others])


def _larger(placed: Placed, of_model: dict[str, list[Placed]], gone: set[str]) -> Placed | None:
    """Return a combination of another set that makes this one redundant; else None."""
    index, own, models = placed
    rarest = min((of_model[model] for model in models), key=len)
    candidates = [each for each in rarest if each[1] != own and each[1] not in gone]
    for other in candidates:
        if models <= other[2]:
            if other[0] < index:
                return other
            between = {
                each
                for model in models
                for each in of_model[model]
                if index < each[0] < other[0] and each[1] != own
            }
            if all(each[2] <= other[2] for each in between):
                return other
    return None


def _redundant(each: NamedSet, others: list[NamedSet]) -> Diagnostic:
    same = len(others) == 1
    names = " and ".join(f'"{other.name}"' for other in others[:3])
    noun, verb = ("set", "does") if same else ("sets", "do")
    message = f'set "{each.name}" allows nothing that {noun} {names} {verb} not allow'
    related = tuple(Label(other.origin, "contains all of it") for other in others[:1] if same)
    hint = "remove it: a set also allows every subset of its models"
    return warning("redundant-set", message, each.origin, hint, *related)
