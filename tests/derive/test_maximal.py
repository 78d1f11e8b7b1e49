"""Every largest choice that fits, held against trying out everything."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.capacity.derive.components import components
from llamafleet.capacity.derive.expression import expression
from llamafleet.capacity.derive.maximal import Demand, choices, item_classes, largest, maximal
from llamafleet.fleet.matrix import Matrix, NamedSet
from llamafleet.fleet.matrix_expression import Node, count
from llamafleet.source import Position, Span

NOWHERE = Span("t", Position(1, 1), Position(1, 1))
GIB = 1 << 30
ENOUGH = 1_000_000


def fits(needs: Sequence[Demand], room: Sequence[int | None]) -> bool:
    return all(
        there is None or sum(need[place] for need in needs) <= there
        for place, there in enumerate(room)
    )


def tried(needs: Sequence[Demand], room: Sequence[int | None]) -> set[tuple[int, ...]]:
    """The same by trying every choice."""
    every = range(len(needs))
    fitting = [
        chosen
        for size in range(len(needs) + 1)
        for chosen in combinations(every, size)
        if fits([needs[each] for each in chosen], room)
    ]
    return {
        chosen
        for chosen in fitting
        if not any(
            fits([needs[each] for each in (*chosen, other)], room)
            for other in every
            if other not in chosen
        )
    }


@st.composite
def questions(draw: st.DrawFn) -> tuple[list[Demand], list[int]]:
    """Up to eight things with up to three places, many of them equal, some that never fit."""
    places = draw(st.integers(1, 3))
    some = st.tuples(*(st.one_of(st.just(0), st.integers(0, 9)) for _ in range(places)))
    pool = draw(st.lists(some, min_size=1, max_size=5))
    needs = draw(st.lists(st.sampled_from(pool), max_size=8))
    return needs, draw(st.lists(st.integers(0, 15), min_size=places, max_size=places))


@given(questions())
@settings(max_examples=300, deadline=None)
def test_the_same_as_trying_everything(question: tuple[list[Demand], list[int]]) -> None:
    """None is missing, none is too much, and none is there twice."""
    needs, room = question
    found = list(maximal(needs, room))
    assert len(found) == len(set(found))
    assert set(found) == tried(needs, room)


def test_equal_things_are_counted_and_not_listed() -> None:
    """Ten of forty equal models are one count of 847,660,528 choices."""
    kinds = item_classes([(2,)] * 40)
    found = largest(kinds, [20], 1 << 40)
    assert found == [(10,)]
    assert choices(kinds, [(10,)]) == 847_660_528
    assert largest(kinds, [20], ENOUGH) is None


@pytest.mark.parametrize(("models", "cards"), [(30, 1), (30, 2), (30, 4), (24, 8)])
def test_thirty_models_are_quick(models: int, cards: int) -> None:
    """Thousands of choices take less than a second; a slow machine has three."""
    chance = random.Random(models * cards)
    needs = [
        tuple(size if card == chance.randrange(cards) else 0 for card in range(cards))
        for size in (chance.randint(2, 20) * GIB for _ in range(models))
    ]
    began = time.process_time()
    found = largest(item_classes(needs), [24 * GIB] * cards, ENOUGH)
    assert time.process_time() - began < 3
    assert found is None or found


def expanded(node: Node) -> list[tuple[str, ...]]:
    """The combinations of an expression, each in the order of names."""
    matrix = Matrix((), (NamedSet("s", "s", node, NOWHERE),), (), NOWHERE)
    ((_, found),) = matrix.combinations()
    return [tuple(sorted(each)) for each in found]


@st.composite
def hosts(draw: st.DrawFn) -> tuple[dict[str, Demand], list[int | None], dict[str, int]]:
    """Models that fit alone, on up to three cards and in a memory that may be unknown."""
    places = draw(st.integers(1, 4))
    room = [draw(st.one_of(st.none(), st.integers(3, 15))) for _ in range(places)]
    one = st.tuples(
        *(st.one_of(st.just(0), st.integers(0, 9 if r is None else r)) for r in room)
    )  # fmt: skip
    pool = draw(st.lists(one, min_size=1, max_size=5))
    needs = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=8))
    costs = draw(st.lists(st.integers(1, 5), min_size=len(needs), max_size=len(needs)))
    names = [f"m{number}" for number in range(len(needs))]
    return dict(zip(names, needs, strict=True)), room, dict(zip(names, costs, strict=True))


@given(hosts(), st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_an_expression_means_every_largest_choice_once(
    host: tuple[dict[str, Demand], list[int | None], dict[str, int]], chance: random.Random
) -> None:
    """However it is factored; and the order in which models are written changes nothing."""
    needs, room, costs = host
    found = components(needs, room, ENOUGH)
    assert found is not None
    node = expression(found, costs)
    names = list(needs)
    want = {tuple(names[each] for each in chosen) for chosen in tried(list(needs.values()), room)}
    got = expanded(node)
    assert len(got) == len(set(got)) == count(node, {})
    assert set(got) == want
    shuffled = list(needs.items())
    chance.shuffle(shuffled)
    again = components(dict(shuffled), room, ENOUGH)
    assert again is not None
    assert expression(again, costs) == node


def text(needs: Mapping[str, Demand], room: Sequence[int | None], costs: Mapping[str, int]) -> str:
    found = components(needs, room, ENOUGH)
    assert found is not None
    node = expression(found, costs)
    ((_, written),) = Matrix((), (NamedSet("s", "s", node, NOWHERE),), (), NOWHERE).expressions()
    return written


def test_cards_that_share_no_model_are_a_product() -> None:
    needs = {"a": (9, 0, 0), "b": (8, 0, 0), "c": (0, 9, 0), "d": (0, 9, 0), "e": (0, 0, 0)}
    assert text(needs, [10, 10, None], {}) == "e & (a | b) & (c | d)"


def test_memory_that_always_suffices_does_not_tie_cards_together() -> None:
    needs = {"a": (9, 0, 5), "b": (8, 0, 5), "c": (0, 9, 5), "d": (0, 9, 5)}
    assert text(needs, [10, 10, 10], {}) == "(a | b) & (c | d)"
    needs["d"] = (0, 9, 6)
    assert text(needs, [10, 10, 10], {}) == "c & (a | b) | d"


def test_what_choices_share_is_written_once() -> None:
    needs = {"chat": (4, 0), "voice": (4, 0), "think": (8, 0), "embed": (2, 0)}
    assert text(needs, [10, None], {}) == "embed & (chat & voice | think)"


def test_those_that_keep_most_come_first() -> None:
    """llama-swap takes the first of equals: the dear ones, then by name."""
    needs = {"a": (9, 0), "b": (8, 0), "c": (7, 0)}
    assert text(needs, [10, None], {}) == "a | b | c"
    assert text(needs, [10, None], {"b": 2, "c": 3}) == "c | b | a"


def test_forty_equal_models_are_too_many_and_said_so_at_once() -> None:
    needs = {f"m{number}": (2, 0) for number in range(40)}
    began = time.process_time()
    assert components(needs, [20, None], 100_000) is None
    assert time.process_time() - began < 1
