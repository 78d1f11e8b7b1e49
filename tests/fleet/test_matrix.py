"""The matrix: combinations, the order in which they are tried, and what a request evicts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.diagnostics import Diagnostics
from llamafleet.fleet.matrix import Matrix, NamedSet, evicted
from llamafleet.fleet.matrix_block import lower_matrix
from llamafleet.fleet.matrix_expression import Either, Node, One, Ref, Together
from llamafleet.fleet.schema.values import Named
from llamafleet.fleet.scope import Scope
from llamafleet.language.parser import parse
from llamafleet.language.syntax import Block
from llamafleet.source import Position, Source, Span

NOWHERE = Span("t", Position(1, 1), Position(1, 1))
MODELS = ("a", "b", "c", "d")


def matrix(text: str, models: tuple[str, ...] = MODELS, version: int = 250) -> Matrix:
    """The matrix of a block with these lines."""
    found, diagnostics = lowered(text, models, version)
    assert not [each.message for each in diagnostics if each.code != "model-in-no-set"]
    assert found is not None
    return found


def lowered(
    text: str, models: tuple[str, ...] = MODELS, version: int = 250
) -> tuple[Matrix | None, Diagnostics]:
    """What comes of a block with these lines."""
    file, found = parse(Source("t", f"fleet 1\nmatrix {{\n{text}\n}}\n"))
    assert not list(found)
    block = file.entries[1]
    assert isinstance(block, Block)
    diagnostics = Diagnostics()
    scope = Scope(diagnostics, {}, {}, {}, {}, {})
    named = [Named(model, NOWHERE) for model in models]
    return lower_matrix(block, named, version, scope), diagnostics


@pytest.mark.parametrize(
    ("expression", "combinations"),
    [
        ("a", [("a",)]),
        ("a & b", [("a", "b")]),
        ("a | b & c", [("a",), ("b", "c")]),
        ("(a | b) & c", [("a", "c"), ("b", "c")]),
        ("(a | b) & (c | d)", [("a", "c"), ("a", "d"), ("b", "c"), ("b", "d")]),
        ("a & a", [("a",)]),
        ("a | a", [("a",), ("a",)]),
        ("x & y", [("a", "b")]),
        ("x & b", [("a", "b")]),
    ],
)
def test_combinations(expression: str, combinations: list[tuple[str, ...]]) -> None:
    """`&` binds tighter, the left operand moves slowest, a model counts once."""
    found = matrix(f"x = a\ny = b\nset s = {expression}")
    assert found.combinations() == (("p001.s", tuple(combinations)),)


def test_references() -> None:
    """`+pool & +pool` is "any two of the pool"; a set follows those that it refers to."""
    found = matrix("set two = +pool & +pool\nset pool = a | b\nset last = c & d")
    assert found.expressions() == (
        ("p001.two", "+p002.pool & +p002.pool"),
        ("p002.pool", "a | b"),
        ("p003.last", "c & d"),
    )
    assert found.combinations() == (
        ("p002.pool", (("a",), ("b",))),
        ("p001.two", (("a",), ("a", "b"), ("b", "a"), ("b",))),
        ("p003.last", (("c", "d"),)),
    )


def test_handles_follow_the_version() -> None:
    """Old releases need a handle for each model; new ones take ids, but for handles given."""
    text = "x = a\nset s = x & (b | c)"
    assert matrix(text).handles == (("x", "a"),)
    assert matrix(text).expressions() == (("p001.s", "x & (b | c)"),)
    old = matrix(text, version=242)
    assert old.handles == (("x", "a"), ("m1", "b"), ("m2", "c"))
    assert old.expressions() == (("p001.s", "x & (m1 | m2)"),)


def test_made_up_handles_avoid_others() -> None:
    """A model called m1 is not hidden by the handle of another."""
    found = matrix("m2 = d\nset s = m1 & b & d", ("m1", "b", "d"), version=225)
    assert found.handles == (("m2", "d"), ("m3", "m1"), ("m4", "b"))


def test_costs_are_by_model() -> None:
    """However a cost is written, it belongs to a model."""
    found = matrix("x = a\nset s = x | b\nevict-cost {\n    x = 5\n    b = 2\n}")
    assert found.costs == (("a", 5), ("b", 2))


@pytest.mark.parametrize(
    ("text", "running", "request_", "expected"),
    [
        ("set voice = a & b\nset coding = c", ["a"], "b", ()),
        ("set voice = a & b\nset coding = c", ["a", "b"], "c", ("a", "b")),
        ("set voice = a & b\nset coding = c", ["c"], "a", ("c",)),
        ("set voice = a & b", ["a"], "d", ("a",)),
        ("set voice = a & b", ["a", "c"], "a", ()),
        ("set one = a & c\nset two = b & c", ["a", "b"], "c", ("b",)),
        ("set one = b & c\nset two = a & c", ["a", "b"], "c", ("a",)),
        ("set one = a & c\nset two = b & c\nevict-cost {\n    b = 2\n}", ["a", "b"], "c", ("a",)),
        ("set one = a & +two\nset two = b & c", ["a", "b"], "c", ()),
        ("set pool = a | b | c | d\nset two = +pool & +pool", ["a", "b"], "c", ("b",)),
        ("set pool = a | b | c | d\nset two = +pool & +pool", ["a"], "c", ()),
    ],
)
def test_evicted(text: str, running: list[str], request_: str, expected: tuple[str, ...]) -> None:
    """The cheapest combination wins, of equals the first."""
    assert evicted(matrix(text), running, request_) == expected


DECISIONS = (Path(__file__).parent / "solver_decisions.jsonl").read_text().splitlines()


@pytest.mark.parametrize("line", DECISIONS)
def test_decisions_are_llama_swap_s(line: str) -> None:
    """Random matrices with what the solver of llama-swap v250 decided, ties included."""
    case = json.loads(line)
    text = [f"set {name} = {expression}" for name, expression in case["sets"].items()]
    costs = [f"    {model} = {cost}" for model, cost in case["costs"].items()]
    found = matrix("\n".join([*text, "evict-cost {", *costs, "}"]), tuple("abcdef"))
    assert evicted(found, case["running"], case["request"]) == tuple(case["evict"])


def test_brackets_that_change_nothing_are_dropped() -> None:
    """What is solved here has the shape of what is rendered."""
    (only,) = matrix("set s = a & (b & c) | (d | a)").sets
    assert isinstance(only.node, Either)
    assert [type(term) for term in only.node.terms] == [Together, One, One]


def test_a_pile_of_references_is_refused_quickly() -> None:
    """Forty lines that mean 2^(2^40) combinations end in a message, not in a full memory."""
    lines = ["set s0 = a | b"]
    lines += [f"set s{i} = +s{i - 1} & +s{i - 1}" for i in range(1, 40)]
    found, diagnostics = lowered("\n".join(lines), ("a", "b"))
    assert found is None
    assert [each.code for each in diagnostics] == ["matrix-too-large"]


def test_a_long_chain_of_single_combinations_is_solved() -> None:
    """A chain that stays at one combination is legal, and takes no longer than it is long."""
    lines = ["set s0 = a"] + [f"set s{i} = +s{i - 1} & +s{i - 1}" for i in range(1, 300)]
    found = matrix("\n".join(lines), ("a", "b"))
    assert evicted(found, ["b"], "a") == ("b",)
    assert found.combinations()[-1] == ("p300.s299", (("a",),))


def test_too_many_sets() -> None:
    """More sets than can be followed is a message."""
    lines = [f"set s{i} = a" for i in range(500)]
    _, diagnostics = lowered("\n".join(lines), ("a",))
    assert [each.code for each in diagnostics] == ["matrix-too-large"]


leaves = st.sampled_from(MODELS).map(lambda name: One(name, name))
nodes: st.SearchStrategy[Node] = st.recursive(
    leaves | st.just(Ref("base")),
    lambda inner: st.lists(inner, min_size=2, max_size=3).flatmap(
        lambda terms: st.sampled_from([Together(tuple(terms)), Either(tuple(terms))])
    ),
    max_leaves=6,
)


@st.composite
def matrices(draw: st.DrawFn) -> Matrix:
    """Up to four sets, one of which others may refer to."""
    base = Either((One("a", "a"), One("b", "b")))
    others = draw(st.lists(nodes, min_size=1, max_size=3))
    named = [NamedSet("base", "p001.base", base, NOWHERE)]
    for index, node in enumerate(others, 2):
        named.append(NamedSet(f"s{index}", f"p{index:03d}.s{index}", node, NOWHERE))
    costs = draw(st.dictionaries(st.sampled_from(MODELS), st.integers(1, 5)))
    return Matrix((), tuple(named), tuple(costs.items()), NOWHERE)


def cost(models: set[str], costs: Mapping[str, int]) -> int:
    """What evicting them costs."""
    return sum(costs.get(model, 1) for model in models)


@given(matrices(), st.sets(st.sampled_from(MODELS)), st.sampled_from(MODELS))
@settings(max_examples=300, deadline=None)
def test_eviction_is_the_cheapest(found: Matrix, running: set[str], request_: str) -> None:
    """Against the definition: no combination with the request keeps more, and some keeps this."""
    out = set(evicted(found, running, request_))
    assert out <= running
    if request_ in running:
        assert not out
        return
    fits = [set(each) for _, listed in found.combinations() for each in listed if request_ in each]
    if not fits:
        assert out == running
        return
    costs = dict(found.costs)
    assert cost(out, costs) == min(cost(running - each, costs) for each in fits)
    assert any(running - each == out for each in fits)


@given(matrices())
@settings(max_examples=100, deadline=None)
def test_rendered_expressions_mean_the_same(found: Matrix) -> None:
    """What llama-swap is told, read back, has the same combinations in the same order."""
    lines = [f"set {name.replace('.', '-')} = {text}" for name, text in found.expressions()]
    again = matrix("\n".join(lines).replace("p001.base", "p001-base"))
    assert [listed for _, listed in again.combinations()] == [
        listed for _, listed in found.combinations()
    ]
