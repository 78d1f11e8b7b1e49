"""Drill: an architecture of llama.cpp is one record; until it is written, that is loud."""

from __future__ import annotations

import json
from typing import Any

from .conftest import Tree

MEMORY = "dsl/llamafleet/capacity/memory"
LIST = f"{MEMORY}/architectures.json"
FAMILY = f"{MEMORY}/architectures/others.py"

# A header is renamed: its own keys are kept without the architecture's name.
ASK = """
import json
from dataclasses import replace
from llamafleet.capacity.memory import Device, read_flags
from llamafleet.capacity.memory.estimate import estimate
from tests.memory import recorded

def asked(name):
    facts = replace(recorded.facts("llama"), architecture=name)
    flags = read_flags(["-c", "4096", "-ngl", "99", "-np", "2"])
    found = estimate(facts, flags, [Device("CUDA0", 24 << 30)], ref="b11434")
    return {
        "terms": [(term.device, term.kind, term.size) for term in found.terms],
        "unmodelled": found.unmodelled,
    }

print(json.dumps({name: asked(name) for name in ("llama", "invented")}))
"""

LIKE_LLAMA = """
    Architecture(
        name="invented",
        exact="unrecorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
    ),"""

OF_ITS_OWN = """
    Architecture(
        name="invented",
        exact="unrecorded",
        graph="sequential",
        norm="layer",
        rope="none",
        output_head=OutputHead(rows="normed", scale="always"),
        window=Window(period=4, length=256),
    ),"""

WITHOUT_A_GRAPH = """
    Architecture(name="invented", exact="unrecorded"),"""


def asked(tree: Tree) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the copy estimates for llama, and for the same model of another name."""
    done = tree.run("-c", ASK)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return found["llama"], found["invented"]


def listed(tree: Tree) -> None:
    """Put the name in the build's list, as the list of a build that has it would."""
    known = json.loads(tree.read(LIST))
    known["names"] = sorted([*known["names"], "invented"])
    tree.write(LIST, json.dumps(known))


def recorded(tree: Tree, record: str) -> None:
    """Add a record to a family."""
    tree.replace(FAMILY, "ARCHITECTURES = (", f"ARCHITECTURES = ({record}")


def test_without_a_record_it_is_estimated_by_rule_of_thumb(tree: Tree) -> None:
    llama, unknown = asked(tree)
    assert unknown["unmodelled"] == [
        "architecture invented is not modelled (b11434 does not have it)"
    ]
    assert unknown["terms"] != llama["terms"]
    listed(tree)
    _, still = asked(tree)
    assert still["unmodelled"] == [
        "architecture invented is not modelled (llamafleet has no record of its graph)"
    ]
    assert still["terms"] == unknown["terms"]


def test_an_architecture_like_llama_is_one_record(tree: Tree) -> None:
    listed(tree)
    recorded(tree, LIKE_LLAMA)
    llama, known = asked(tree)
    assert known["unmodelled"] == []
    assert known["terms"] == llama["terms"]
    done = tree.pytest("tests/memory/test_architectures.py")
    assert done.returncode == 0, done.stdout


def test_an_architecture_with_a_graph_of_its_own_is_one_record(tree: Tree) -> None:
    listed(tree)
    recorded(tree, OF_ITS_OWN)
    llama, own = asked(tree)
    assert own["unmodelled"] == []
    sizes = {kind: [sum(size for _, of, size in each["terms"] if of == kind)
             for each in (llama, own)] for kind in ("weights", "kv", "compute")}  # fmt: skip
    # Weights are the file's; a window makes caches smaller; norms, rows and scales cost work.
    assert sizes["weights"][0] == sizes["weights"][1]
    assert sizes["kv"][0] > sizes["kv"][1] > 0
    assert 0 < sizes["compute"][0] < sizes["compute"][1]


def test_a_record_without_a_graph_is_no_record(tree: Tree) -> None:
    listed(tree)
    recorded(tree, WITHOUT_A_GRAPH)
    done = tree.run("-c", ASK)
    assert done.returncode != 0
    assert "missing 4 required" in done.stderr
