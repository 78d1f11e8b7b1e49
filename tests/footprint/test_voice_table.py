"""The worked example of the documentation: a recipe's sums by hand, and the true ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from llamafleet.capacity.footprint import Footprint, Footprints
from llamafleet.capacity.footprint.overfull import overfull
from llamafleet.compiler import compile_file
from tests.footprint.voice_models import qwen3_4b, qwen36_27b

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "voice_matrix.md"
GIB = 1 << 30
GB = 10**9


@dataclass(frozen=True, slots=True)
class Row:
    """What the recipe says, in its GB: weights, KV cache, total, and each card."""

    what: str
    models: tuple[str, ...]
    weights: float | None
    kv: float | None
    total: float
    cards: tuple[float, float]


RECIPE = (
    Row("chat-small alone", ("chat-small",), 2.5, 0.5, 3, (3, 0)),
    Row("think-small alone", ("think-small",), 17.6, 0.5, 18, (9, 9)),
    Row("both small models", ("chat-small", "think-small"), None, None, 21, (12, 9)),
    Row("think-big alone", ("think-big",), 17.6, 6, 24, (12, 12)),
)


def footprints() -> Footprints:
    fleet = compile_file(str(ROOT / "examples" / "voice_matrix" / "fleet.fleet")).fleet
    assert fleet is not None
    facts = {"qwen3-4b": qwen3_4b(), "qwen3-27b": qwen36_27b()}
    return Footprints(replace(fleet, facts=facts))


def test_dimensions_are_those_of_the_files() -> None:
    # The recipe's sizes, and the parameters that the models' cards name: 4.0B, and 27B.
    small, large = qwen3_4b(), qwen36_27b()
    assert round(small.tensor_bytes / GB, 1) == 2.5
    assert round(small.parameters / GB, 1) == 4.0
    assert round(large.tensor_bytes / GB, 1) == 17.6
    assert round(large.parameters / GB, 1) == 26.9


def test_caches_by_hand() -> None:
    found = footprints()
    (chat,) = found.of("voice", "chat-small", "dotty")
    assert size((chat,), "kv") == 36 * 2 * 8 * 128 * 2 * 4096
    (big,) = found.of("voice", "think-big", "dotty")
    row = 4 * 256 // 32 * 18  # q4_0: 18 bytes for 32 values
    assert size((big,), "kv") == 16 * 2 * row * 98304


def test_everything_fits() -> None:
    found = footprints()
    assert not list(overfull(found, found.fleet.hosts["dotty"]))


def test_the_table_is_true(update_goldens: bool) -> None:
    text = PAGE.read_text(encoding="utf-8")
    between = re.compile(r"(?<=<!-- table -->\n).*?(?=<!-- end -->)", re.DOTALL)
    table = "".join(f"{line}\n" for line in lines(footprints()))
    if update_goldens:
        PAGE.write_text(between.sub(lambda _: table, text), encoding="utf-8")
        return
    found = between.search(text)
    assert found is not None
    assert found[0] == table


def lines(found: Footprints) -> Iterator[str]:
    yield "| | | weights | KV cache, states | compute | driver | total | GPU 0 | GPU 1 |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|"
    for row in RECIPE:
        processes = [each for name in row.models for each in found.of("voice", name, "dotty")]
        said = (row.weights, row.kv, None, None, row.total, *row.cards)
        yield f"| {row.what} | by hand | {cells(None if x is None else x * GB for x in said)} |"
        kinds = (("weights",), ("kv", "recurrent"), ("compute",), ("driver",))
        sizes = [size(processes, *each) for each in kinds]
        cards = [sum(each.bytes_on(card) for each in processes) for card in (0, 1)]
        yield f"| | computed | {cells((*sizes, sum(cards), *cards))} |"


def cells(sizes: Iterable[float | None]) -> str:
    return " | ".join("" if each is None else f"{each / GIB:.1f}" for each in sizes)


def size(processes: Iterable[Footprint], *kinds: str) -> int:
    return sum(
        part.size
        for each in processes
        for _, parts in each.cards
        for part in parts
        if part.kind in kinds
    )
