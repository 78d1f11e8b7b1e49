"""Matrices in the form that releases since v202 take, and what v242 was seen to stop.

`python -m tests.simulate.older PROGRAM` records again, with a llama-swap v242.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from pathlib import Path

from tests.conformance.case import Case, observe
from tests.conformance.evictions import alternatives, matrix_case

RECORDING = Path(__file__).with_name("evictions-v242.json")
IDS = ("a", "b/1", "c:2", "d", "e f", "g")
VARS = {f"v{at}": each for at, each in enumerate(IDS)}
NAMES = ("s2", "s10", "Zed", "all", "p01", "p1")


def written(name: str, sets: dict[str, str], costs: dict[str, int], requests: list[str]) -> Case:
    """A case whose models all stand behind vars."""
    models = "".join(
        f'  {json.dumps(each)}: {{cmd: "sleep 600", proxy: "http://127.0.0.1:9", '
        "checkEndpoint: none}\n"
        for each in IDS
    )
    matrix = matrix_case(name, "", sets, "", costs, VARS).config.partition("models:\n")[2]
    return Case(name, f"models:\n{models}{matrix}", tuple(("load", each) for each in requests))


def case(seed: int) -> Case:
    """Sets in an order that is not that of their names."""
    draw = random.Random(seed)
    names = draw.sample(NAMES, draw.randint(2, 4))
    sets = {
        name: alternatives(draw, list(VARS), [f"+{each}" for each in names[:at]])
        for at, name in enumerate(names)
    }
    shuffled = dict(draw.sample(sorted(sets.items()), len(sets)))
    costs = {each: draw.choice([1, 2, 5]) for each in VARS if draw.random() < 0.3}
    return written(f"seed {seed}", shuffled, costs, [draw.choice(IDS) for _ in range(10)])


def tie(first: str, second: str) -> Case:
    """Two models run, and a third may run beside either: the first set decides."""
    sets = {"both": "v1 & v2", first: "v0 & v1", second: "v0 & v2"}
    return written(f"tie {first} {second}", sets, {}, ["b/1", "c:2", "a"])


CASES = (
    *(case(seed) for seed in range(10)),
    *(tie(*names) for names in (("s10", "s2"), ("s2", "s10"), ("z", "Z"), ("p01", "p1"))),
)


def record(binary: Path) -> None:
    """Write what a program does in each case."""
    found = {}
    for each in CASES:
        with tempfile.TemporaryDirectory() as directory:
            seen = observe(each, binary, Path(directory))
        found[each.name] = {"config": each.config.splitlines(), "seen": seen["seen"]}
    RECORDING.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record(Path(sys.argv[1]))
