"""The rules about matrices against the solver: what they say is so, for matrices at random."""

from __future__ import annotations

from itertools import chain, combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.compiler import Compiled, compile_text
from llamafleet.fleet.matrix import Matrix, evicted
from llamafleet.targets.swap.block import LlamaSwap

MODELS = ("ma", "mb", "mc", "md")
HEAD = """fleet 1
host box {
}
build cpu {
    ref = "b11434"
    backend = cpu
}
gguf small {
    path = "/small.gguf"
}
""" + "".join(f"model {name} {{\n    gguf = small\n}}\n" for name in MODELS)

TERMS = st.lists(st.sampled_from(MODELS), min_size=1, max_size=3, unique=True).map(" & ".join)
SETS = st.lists(st.lists(TERMS, min_size=1, max_size=2).map(" | ".join), min_size=2, max_size=4)
COSTS = st.dictionaries(st.sampled_from(MODELS), st.integers(1, 3), max_size=3)


def checked(sets: dict[str, str], costs: dict[str, int]) -> Compiled:
    """A llama-swap with these sets and costs."""
    lines = [f"set {name} = {text}" for name, text in sets.items()]
    lines += ["evict-cost {", *(f"{name} = {cost}" for name, cost in costs.items()), "}"]
    inner = "\n".join(lines)
    served = ", ".join(MODELS)
    service = f"host = box\nbuild = cpu\nmodels = [{served}]\nmatrix {{\n{inner}\n}}"
    return compile_text(f"{HEAD}llama-swap s {{\n{service}\n}}\n")


def matrix_of(compiled: Compiled) -> Matrix:
    assert compiled.fleet is not None, [each.message for each in compiled.diagnostics]
    service = compiled.fleet.services["s"]
    assert isinstance(service, LlamaSwap)
    assert service.matrix is not None
    return service.matrix


def running() -> list[tuple[str, ...]]:
    """Everything that can be loaded at a time."""
    sizes = range(len(MODELS) + 1)
    return list(chain.from_iterable(combinations(MODELS, size) for size in sizes))


def decisions(matrix: Matrix) -> list[tuple[str, ...]]:
    """What every request evicts, whatever is loaded."""
    return [evicted(matrix, loaded, request) for loaded in running() for request in MODELS]


@given(SETS, COSTS)
@settings(max_examples=120, deadline=None)
def test_a_redundant_set_can_be_taken_away(texts: list[str], costs: dict[str, int]) -> None:
    sets = {f"s{index}": text for index, text in enumerate(texts)}
    compiled = checked(sets, costs)
    said = [each for each in compiled.diagnostics if each.code == "redundant-set"]
    names = {each.message.split()[1] for each in said}
    if names:
        kept = {name: text for name, text in sets.items() if name not in names}
        assert decisions(matrix_of(compiled)) == decisions(matrix_of(checked(kept, costs)))


@given(SETS, COSTS)
@settings(max_examples=120, deadline=None)
def test_sets_without_a_tie_may_stand_in_any_order(texts: list[str], costs: dict[str, int]) -> None:
    """From what can be loaded, that is: ties among models that cannot be are of no interest."""
    sets = {f"s{index}": text for index, text in enumerate(texts)}
    compiled = checked(sets, costs)
    if any(each.code == "set-tie" for each in compiled.diagnostics):
        return
    matrix = matrix_of(compiled)
    turned = matrix_of(checked(dict(reversed(sets.items())), costs))
    for _, combos in matrix.combinations():
        for loaded in combos:
            for request in MODELS:
                assert evicted(matrix, loaded, request) == evicted(turned, loaded, request)
