"""Services are asked what they can do; outside of targets/ nothing asks which class they are of."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from llamafleet.targets import TARGETS

ROOT = Path(__file__).parent.parent
COMPILER = ROOT / "dsl" / "llamafleet"

CLASSES = frozenset(
    cls
    for path in (COMPILER / "targets").rglob("*.py")
    for cls in (node.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                if isinstance(node, ast.ClassDef))
    if cls in ("LlamaSwap", "LlamaServer", "Nginx")
)  # fmt: skip

# What llama-swap alone has, by module: these name its class, and get its services from
# `llama_swaps`. A module that can do without it must ask `fleet/service.py` instead.
OWN_TO_LLAMA_SWAP = {
    "capacity/derive/fleet.py": "derives the sets of a matrix",
    "capacity/derive/load_cost.py": "derives the costs of a matrix",
    "capacity/derive/placement_problem.py": "derives the sets of a matrix",
    "capacity/derive/started_last.py": "derives the sets of a matrix",
    "rules/preload.py": "models that llama-swap loads at start",
    "rules/refused_config.py": "reads what is compiled as llama-swap does",
    "rules/reserved_name.py": "ids that llama-swap keeps for itself and its peers",
    "rules/context.py": "gives the rules of this list their llama-swaps",
    "rules/unset_variable.py": "variables that llama-swap's file refers to",
}


def modules() -> Iterator[Path]:
    for folder in ("dsl", "roles", "deploys"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if COMPILER / "targets" not in path.parents and not path.is_symlink():
                yield path


def class_tests(tree: ast.AST) -> Iterator[str]:
    """Names of service classes in `isinstance` and in `case` patterns."""
    for node in ast.walk(tree):
        inside: list[ast.AST] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            inside = list(node.args[1:]) if node.func.id == "isinstance" else []
        elif isinstance(node, ast.MatchClass):
            inside = [node.cls]
        for each in (name for part in inside for name in ast.walk(part)):
            name = each.id if isinstance(each, ast.Name) else getattr(each, "attr", None)
            if name in CLASSES:
                yield name


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and "targets" in (node.module or ""):
            yield from (alias.name for alias in node.names if alias.name in CLASSES)


def test_the_classes_are_those_of_the_targets() -> None:
    assert len(CLASSES) == len(TARGETS)


def test_no_module_outside_of_targets_asks_for_the_class_of_a_service() -> None:
    found = {
        str(path.relative_to(ROOT)): names
        for path in modules()
        if (names := sorted(class_tests(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert not found


def test_only_what_is_llama_swaps_own_names_its_class() -> None:
    found = {
        str(path.relative_to(COMPILER)): names
        for path in modules()
        if COMPILER in path.parents
        and (names := sorted(imported(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert found == {key: ["LlamaSwap"] for key in OWN_TO_LLAMA_SWAP}


@pytest.mark.parametrize(
    "text",
    ["isinstance(x, Nginx | int)", "isinstance(x, (int, t.LlamaSwap))",
     "match x:\n    case LlamaServer():\n        pass"],
)  # fmt: skip
def test_a_test_of_a_class_is_found(text: str) -> None:
    assert list(class_tests(ast.parse(text)))
