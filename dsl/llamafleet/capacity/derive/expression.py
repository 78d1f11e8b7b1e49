"""From choices to an expression that a person can read: what they share is written once.

Choices of independent parts are a product, `(a | b) & (c | d)`; a model that needs several cards,
without which there were such parts, is set aside: `huge | (a | b) & (c | d)`. Otherwise choices
that begin with the same models share them, the most frequent first, and models that go with the
same others stand beside each other: `embed & (chat & voice | think)`. Every choice is there exactly
once.

llama-swap lets the first of equally cheap combinations win. First stand those in which most is
kept, by the costs of the models, and then by their names: never by their order in a file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import prod
from typing import TypeAlias

from ...dataclasses import dataclass
from ...fleet.matrix_expression import Either, Node, One, Together
from .components import Component
from .maximal import Counts

Literal: TypeAlias = tuple[int, int]
"""So many models of a class: the number of the class, and the count."""

Cube: TypeAlias = tuple[Literal, ...]
Weighed: TypeAlias = tuple[int, Node]
"""An expression, and what of its combinations costs most."""


def expression(components: Sequence[Component], costs: Mapping[str, int]) -> Node:
    """Return the combinations of all parts; the texts of leaves are names of models."""
    nodes = [_Writer(each, costs).component() for each in components]
    return together(*(node for _, node in sorted(nodes, key=lambda each: _order(each[1]))))


def together(*nodes: Node) -> Node:
    """Return `&` of nodes, nested `&` flattened as it is read back; single models first."""
    flat = [x for node in nodes for x in (node.terms if isinstance(node, Together) else (node,))]
    sure = sorted((each for each in flat if isinstance(each, One)), key=lambda each: each.model)
    terms = (*sure, *(each for each in flat if not isinstance(each, One)))
    return terms[0] if len(terms) == 1 else Together(terms)


def either(*nodes: Node) -> Node:
    """Return `|` of nodes, nested `|` flattened."""
    flat = [x for node in nodes for x in (node.terms if isinstance(node, Either) else (node,))]
    return flat[0] if len(flat) == 1 else Either(tuple(flat))


def alone(names: Sequence[str]) -> Node:
    """Return an expression of one model at a time."""
    return either(*(One(name, name) for name in sorted(names)))


def _order(node: Node) -> tuple[bool, str]:
    """Models that are always there first, then by the first name."""
    fixed = isinstance(node, One) or (
        isinstance(node, Together) and all(isinstance(each, One) for each in node.terms)
    )
    return not fixed, _first(node)


def _first(node: Node) -> str:
    while isinstance(node, Together | Either):
        node = node.terms[0]
    assert isinstance(node, One)
    return node.model


@dataclass(slots=True)
class _Writer:
    """Writes the choices of one component."""

    of: Component
    costs: Mapping[str, int]

    def component(self) -> Weighed:
        cubes = [_cube(counts) for counts in self.of.found]
        often = Counter(literal for cube in cubes for literal in cube)
        rank = {
            literal: number
            for number, literal in enumerate(sorted(often, key=lambda each: (-often[each], each)))
        }
        ordered = sorted(tuple(sorted(cube, key=lambda each: rank[each])) for cube in cubes)
        ordered.sort(key=lambda cube: tuple(rank[each] for each in cube))
        return self._either(tuple(ordered))

    def _either(self, cubes: tuple[Cube, ...]) -> Weighed:
        """Return the expression of cubes that have no common front any more."""
        if len(cubes) > 1:
            used = {item_class for cube in cubes for item_class, _ in cube}
            parts = connected({item_class: self._places(item_class) for item_class in used})
            split = self._product(cubes, parts) if len(parts) > 1 else self._apart(cubes, used)
            if split is not None:
                return split
        heads: dict[Literal, list[Cube]] = {}
        for cube in cubes:
            heads.setdefault(cube[0], []).append(cube[1:])
        by_rest: dict[tuple[Cube, ...], list[Literal]] = {}
        for literal, rest in heads.items():
            by_rest.setdefault(tuple(rest), []).append(literal)
        found = [self._group(literals, rest) for rest, literals in by_rest.items()]
        return _costliest_first(found)

    def _product(self, cubes: tuple[Cube, ...], parts: Sequence[frozenset[int]]) -> Weighed | None:
        """Cubes as a product of what they have of each part, if they are one."""
        projected = [
            tuple(
                dict.fromkeys(
                    tuple(literal for literal in cube if literal[0] in part) for cube in cubes
                )
            )
            for part in parts
        ]
        if prod(map(len, projected)) != len(cubes):
            return None
        found = [self._either(each) for each in projected]
        found.sort(key=lambda each: _order(each[1]))
        return sum(weight for weight, _ in found), together(*(node for _, node in found))

    def _apart(self, cubes: tuple[Cube, ...], used: set[int]) -> Weighed | None:
        """Cubes with and without the model that holds together what were parts without it."""
        widest = max(self._places(item_class).bit_count() for item_class in used)
        wide = [
            item_class
            for item_class in sorted(used)
            if self._places(item_class).bit_count() == widest
        ]
        others = {
            item_class: self._places(item_class) for item_class in used if item_class not in wide
        }
        if len(connected(others)) < 2:
            return None
        by_count: dict[int, list[Cube]] = {}
        for cube in cubes:
            by_count.setdefault(dict(cube).get(wide[0], 0), []).append(cube)
        found = []
        for count, own in by_count.items():
            rest = tuple(tuple(each for each in cube if each[0] != wide[0]) for cube in own)
            found.append(self._group([(wide[0], count)], rest) if count else self._either(rest))
        return _costliest_first(found)

    def _places(self, item_class: int) -> int:
        """Return the places where a class demands something, a bit a place."""
        demand = self.of.classes[item_class].demand
        return sum(1 << place for place, size in enumerate(demand) if size)

    def _group(self, literals: list[Literal], rest: tuple[Cube, ...]) -> Weighed:
        weight, head = _costliest_first([self._literal(each) for each in literals])
        if rest == ((),):
            return weight, head
        more, tail = self._either(rest)
        return weight + more, together(head, tail)

    def _literal(self, literal: Literal) -> Weighed:
        item_class, count = literal
        names = [self.of.names[item] for item in self.of.classes[item_class].items]
        names.sort(key=lambda name: (-self._cost(name), name))
        return sum(map(self._cost, names[:count])), _some(names, count)

    def _cost(self, name: str) -> int:
        return self.costs.get(name, 1)


def connected(places: Mapping[int, int]) -> list[frozenset[int]]:
    """Return the classes that meet in places, directly or through others."""
    parts: list[tuple[int, frozenset[int]]] = []
    for item_class in sorted(places):
        meeting, classes = places[item_class], frozenset({item_class})
        apart = []
        for mask, part in parts:
            if mask & meeting:
                meeting, classes = meeting | mask, classes | part
            else:
                apart.append((mask, part))
        parts = [*apart, (meeting, classes)]
    return [part for _, part in parts]


def _cube(counts: Counts) -> Cube:
    return tuple((item_class, count) for item_class, count in enumerate(counts) if count)


def _costliest_first(found: Sequence[Weighed]) -> Weighed:
    order = sorted(found, key=lambda each: (-each[0], _first(each[1])))
    return order[0][0], either(*(node for _, node in order))


def _some(names: Sequence[str], count: int) -> Node:
    """Every choice of so many of equal models, by the first of each choice."""
    if count == len(names):
        return together(*(One(name, name) for name in names))
    if count == 1:
        return either(*(One(name, name) for name in names))
    return either(
        *(
            together(One(name, name), _some(names[at + 1 :], count - 1))
            for at, name in enumerate(names[: len(names) - count + 1])
        )
    )
