"""llamafleet's solver and the verifier's predict what the real llama-swap was seen to evict."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from llamafleet.fleet.matrix import Matrix, NamedSet, evicted
from llamafleet.fleet.matrix_expression import Either, Node, One, Ref, Together
from llamafleet.source import Source
from llamafleet.targets.plan_types import MatrixPlan
from llamafleet_verify.prediction import after_request
from tests.conformance.record import recorded
from tests.lab.double import expression
from tests.lab.double.matrix import natural

NOWHERE = Source("recording", "").whole()
CASES: Mapping[str, Any] = recorded("evictions")["cases"]


def matrix_of(config: Sequence[str]) -> Matrix | None:
    """The matrix of a recorded config, which `evictions.py` writes as JSON on one line."""
    for line in config:
        found = line.find('{"vars"')
        start = found if found >= 0 else line.find('{"evict_costs"')
        start = start if start >= 0 else line.find('{"sets"')
        if start >= 0:
            return _matrix(json.JSONDecoder().raw_decode(line[start:])[0])
    return None


def _matrix(raw: Mapping[str, Any]) -> Matrix:
    handles = raw.get("vars", {})
    return Matrix(
        handles=tuple(handles.items()),
        sets=tuple(
            NamedSet(name, name, _node(expression.Parser(text).whole(), handles), NOWHERE)
            for name, text in sorted(raw["sets"].items(), key=lambda each: natural(each[0]))
        ),
        costs=tuple(
            (handles.get(key, key), cost) for key, cost in raw.get("evict_costs", {}).items()
        ),
        origin=NOWHERE,
    )


def _node(node: expression.Node, handles: Mapping[str, str]) -> Node:
    parts = tuple(_node(each, handles) for each in node.parts)
    match node.kind:
        case "model":
            return One(handles.get(node.name, node.name), node.name)
        case "ref":
            return Ref(node.name)
        case "and":
            return Together(parts)
    return Either(parts)


MATRICES = {
    name: matrix
    for name, case in CASES.items()
    if (matrix := matrix_of(case["config"])) is not None
}


@pytest.mark.parametrize("name", list(MATRICES))
def test_compiler_predicts_the_recording(name: str) -> None:
    running: tuple[str, ...] = ()
    for _, model, after in CASES[name]["seen"]:
        gone = evicted(MATRICES[name], running, model)
        assert sorted({*running, model} - {*gone}) == after, f"{running} + {model}"
        running = tuple(after)


@pytest.mark.parametrize("name", list(MATRICES))
def test_verifier_predicts_the_recording(name: str) -> None:
    matrix = MATRICES[name]
    plan = MatrixPlan(matrix.combinations(), matrix.costs)
    running: frozenset[str] = frozenset()
    for _, model, after in CASES[name]["seen"]:
        assert after_request(plan, running, model) == set(after), f"{sorted(running)} + {model}"
        running = frozenset(after)


def test_most_recordings_have_a_matrix() -> None:
    assert len(MATRICES) >= 45
