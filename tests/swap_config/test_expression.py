"""Expressions of sets, and the order in which sets are looked at."""

from __future__ import annotations

import pytest

from llamafleet.fleet.matrix_expression import Either, One, Ref, Together
from llamafleet.llama_swap import natural
from llamafleet.llama_swap.expression import ExpressionError, parsed


def test_precedence() -> None:
    node, _ = parsed("a | b & (c | +more)")
    a, b, c = (One(name, name) for name in "abc")
    assert node == Either((a, Together((b, Either((c, Ref("more")))))))


@pytest.mark.parametrize(
    ("text", "at"), [("", 0), ("a &", 3), ("(a", 0), ("a b", 2), ("a, b", 1), ("+ a", 0), ("a)", 1)]
)
def test_errors_have_places(text: str, at: int) -> None:
    with pytest.raises(ExpressionError) as error:
        parsed(text)
    assert error.value.at == at


def test_deep_parentheses_are_an_error() -> None:
    with pytest.raises(ExpressionError):
        parsed("(" * 5000)


@pytest.mark.parametrize(
    "names",
    [
        ["s2", "s10"],
        ["p1.z", "p01.a"],
        ["C", "b"],
        ["a", "a1"],
        ["a.b", "ab"],
        ["1", "a"],
        ["a1b", "a1.5"],
        ["p002.b", "p009.c", "p010.a"],
    ],
)
def test_natural_order(names: list[str]) -> None:
    assert sorted(reversed(names), key=natural.key) == names
