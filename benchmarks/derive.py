"""Time deriving which models fit together, beside enumerating every choice that fits.

    python -m benchmarks.derive

Models of random sizes, most on one card and some on two, for one, two and four cards of 24 GiB. The
yardstick grows choices model by model and keeps those to which nothing can be added, as long as
there are not too many to look at.

`choices` is how many largest choices there are, `characters` the length of their expression, and
`ratio` its share of what they take written out one by one. `time_ratio` is our time in that of the
yardstick.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from typing import Any

from llamafleet.capacity.derive.components import components
from llamafleet.capacity.derive.expression import expression
from llamafleet.capacity.derive.maximal import Demand
from llamafleet.fleet.matrix import Matrix, NamedSet
from llamafleet.fleet.matrix_expression import Node, count
from llamafleet.source import Position, Span

GIB = 1 << 30
CARD = 24 * GIB
MOST_LOOKED_AT = 200_000
MOST = 100_000
NOWHERE = Span("benchmark", Position(1, 1), Position(1, 1))


def models(number: int, cards: int) -> dict[str, Demand]:
    """Needs on each card, and of a memory that is never short."""
    chance = random.Random(100 * number + cards)
    found: dict[str, Demand] = {}
    for each in range(number):
        wide = 2 if cards > 1 and chance.random() < 0.2 else 1
        used = chance.sample(range(cards), wide)
        size = chance.randint(2 * GIB, 20 * GIB)
        found[f"model-{each:02}"] = (*(size if card in used else 0 for card in range(cards)), GIB)
    return found


def derived(needs: dict[str, Demand], room: list[int]) -> Node | None:
    """The expression, or None where there are too many choices."""
    found = components(needs, room, MOST)
    return None if found is None else expression(found, {})


def looked_at(needs: list[Demand], room: list[int]) -> int | None:
    """Count the largest choices by enumerating each that fits."""
    fitting: list[tuple[int, list[int]]] = [(0, room)]
    for at, need in enumerate(needs):
        for chosen, left in list(fitting):
            then = [there - each for there, each in zip(left, need, strict=True)]
            if min(then) >= 0:
                fitting.append((chosen | 1 << at, then))
        if len(fitting) > MOST_LOOKED_AT:
            return None
    found = 0
    for chosen, left in fitting:
        others = (need for at, need in enumerate(needs) if not chosen >> at & 1)
        found += not any(
            all(each <= there for each, there in zip(need, left, strict=True)) for need in others
        )
    return found


def measure(number: int, cards: int) -> dict[str, Any]:
    """One row of the table."""
    needs, room = models(number, cards), [*([CARD] * cards), 1 << 50]
    began = time.perf_counter()
    node = derived(needs, room)
    ours = time.perf_counter() - began
    row: dict[str, Any] = {"models": number, "cards": cards, "derive_s": round(ours, 4)}
    if node is None:
        return {**row, "choices": f"more than {MOST}"}
    matrix = Matrix((), (NamedSet("auto", "auto", node, NOWHERE),), (), NOWHERE)
    ((_, text),), ((_, choices),) = matrix.expressions(), matrix.combinations()
    flat = " | ".join(" & ".join(each) for each in choices)
    row |= {"choices": count(node, {}), "characters": len(text)}
    row["ratio"] = round(len(text) / len(flat), 3)
    began = time.perf_counter()
    found = looked_at(list(needs.values()), room)
    if found is not None:
        assert found == row["choices"], "both find the same"
        row["time_ratio"] = round(ours / (time.perf_counter() - began), 3)
    return row


def main() -> None:
    """Print one JSON line for each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--models", type=int, nargs="+", default=[10, 20, 30, 40])
    parser.add_argument("--cards", type=int, nargs="+", default=[1, 2, 4])
    arguments = parser.parse_args()
    for cards in arguments.cards:
        for number in arguments.models:
            print(json.dumps(measure(number, cards)), flush=True)


if __name__ == "__main__":
    main()
