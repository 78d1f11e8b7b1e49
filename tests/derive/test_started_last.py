"""Models that go where memory is free: what was derived fits in whatever order they start."""

from __future__ import annotations

import random

import pytest

from llamafleet.capacity.derive.components import components
from llamafleet.capacity.derive.maximal import Demand
from llamafleet.capacity.derive.placement_problem import PlacementProblem
from llamafleet.capacity.derive.started_last import _exclude
from llamafleet.capacity.footprint import Combination
from llamafleet.capacity.footprint.overfull import Overfull
from llamafleet.compiler import compile_file
from tests.derive.example_lock import SHAPES, text

HEAD = """\
fleet 1
gpu large {
    vendor = nvidia
    arch = sm_86
    vram = 24GiB
}
gpu small {
    vendor = nvidia
    arch = sm_86
    vram = 12GiB
}
host box {
    gpus = [large, small]
}
build main {
    ref = "b11434"
    backend = cuda
}
"""


def fleet(seed: int) -> str:
    """Models without a card of their own, that fill two cards as far as they go."""
    chance = random.Random(seed)
    ggufs = "".join(
        f'gguf {name} {{\n    path = "/srv/models/{file}"\n}}\n'
        for name, (_, file) in SHAPES.items()
    )
    names = [f"m{number}" for number in range(4)]
    models = "".join(
        f"model {name} {{\n    gguf = {chance.choice(['gpt-oss', 'gpt-oss', 'llama'])}\n"
        f"    ctx-size = {chance.choice([32768, 65536, 100000])}\n}}\n"
        for name in names
    )
    return (
        f"{HEAD}{ggufs}{models}llama-swap s {{\n    host = box\n    build = main\n"
        f"    models = [{', '.join(names)}]\n    matrix {{\n        sets = auto\n    }}\n}}\n"
    )


@pytest.mark.parametrize("seed", range(4))
def test_check_has_nothing_to_say_about_what_was_derived(seed: int) -> None:
    files = {"fleet.fleet": fleet(seed), "fleet.lock": text()}
    found = compile_file("fleet.fleet", lambda path: files[path].encode())
    assert {each.code for each in found.diagnostics} <= {"unused-definition"}


def test_a_combination_that_is_too_much_is_taken_out() -> None:
    """And no other: each of the others is still beside the model."""
    needs: dict[str, Demand] = {"a": (4, 2, 0), "b": (3, 3, 0), "wide": (5, 5, 0)}
    asked = PlacementProblem(needs, (12, 10, None), (), (), (), frozenset({0, 1}))
    before = components(asked.demands, asked.room, 100)
    assert before is not None
    assert sum(each.choices for each in before) == 1
    found = Overfull(
        host=None,  # type: ignore[arg-type]
        card=1,
        service=None,  # type: ignore[arg-type]
        combination=Combination("auto", ("a", "b", "wide"), ()),
        beside=(),
        needs=11,
        room=10,
        margin=0,
        last="wide",
    )
    larger = dict(needs)
    _exclude(found, asked, larger)
    assert larger == {**needs, "wide": (6, 5, 0)}
    after = components(larger, asked.room, 100)
    assert after is not None
    assert sum(each.choices for each in after) == 3
