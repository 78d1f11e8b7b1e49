"""Which models may be in memory at a time."""

from __future__ import annotations

from itertools import product

import pytest

from llamafleet.capacity.footprint import Footprints
from tests.footprint.fleets import fleet_of

MIB = 1 << 20


def combinations(*lines: str, sizes: tuple[int, ...] = (1, 2, 3, 4)) -> dict[str, set[str]]:
    models = "".join(
        f'model {name} {{\n    command = ["x", "${{PORT}}"]\n    vram = {size}MiB\n}}\n'
        for name, size in zip("abcdefghijklmnop", sizes, strict=False)
    )
    names = ", ".join("abcdefghijklmnop"[: len(sizes)])
    body = "\n".join(lines)
    swap = f"llama-swap s {{\n    host = box\n    models = [{names}]\n{body}\n}}\n"
    fleet = fleet_of("host box {\n    gpus = [card]\n}\n" + models + swap, {})
    found: dict[str, set[str]] = {}
    for each in Footprints(fleet).together("s", "box"):
        found.setdefault(each.name, set()).add("".join(each.models))
        assert each.bytes_on(0) == sum(
            sizes["abcdefghijklmnop".index(model)] * MIB for model in each.models
        )
    return found


def test_without_a_matrix_one_at_a_time() -> None:
    assert combinations() == {name: {name} for name in "abcd"}


def test_sets_with_references_and_models_in_none() -> None:
    found = combinations("matrix {", "set p = a & (b | c)", "set q = +p & a", "}")
    assert found == {"p": {"ab", "ac"}, "q": {"ab", "ac"}, "d": {"d"}}


@pytest.mark.parametrize(
    ("group", "together"),
    [
        ("swap = on\n exclusive = on", {"ac", "bc", "ad", "bd"}),
        ("swap = off\n exclusive = on", {"abc", "abd"}),
    ],
)
def test_groups(group: str, together: set[str]) -> None:
    # c and d are exclusive, a and b are in a group that stays: one of the others beside it.
    found = combinations(f"group g {{\n models = [a, b]\n persistent = on\n {group}\n}}")
    assert {"".join(sorted(each)) for each in found["groups"]} == together


def test_exclusive_groups_never_stand_beside_each_other() -> None:
    found = combinations(
        "group g {\n models = [a, b]\n swap = off\n}", "group h {\n models = [c]\n}"
    )
    assert found["groups"] == {"ab", "c", "d"}


def test_of_very_many_the_worst_of_each_card() -> None:
    sizes = tuple(range(1, 17))
    pairs = list(zip("abcdefghijklmnop"[::2], "abcdefghijklmnop"[1::2], strict=True))
    text = " & ".join(f"({first} | {second} | {first} & {second})" for first, second in pairs)
    found = combinations("matrix {", f"set all = {text}", "}", sizes=sizes)
    assert 3**8 == len(list(product(range(3), repeat=8))) > 2000
    assert {"".join(sorted(each)) for each in found["all"]} == {"abcdefghijklmnop"}
