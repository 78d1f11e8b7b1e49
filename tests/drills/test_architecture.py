"""Drill: an architecture whose graph is llama's is a name in a list; until then it is loud.

An architecture that differs takes what CONTRIBUTING.md says, and is not drilled.
"""

from __future__ import annotations

import json

from .conftest import Tree

LIST = "dsl/llamafleet/capacity/memory/architectures.json"

# A header is renamed: its own keys are kept without the architecture's name.
ASK = """
import json
from dataclasses import replace
from llamafleet.capacity.memory import Device, read_flags
from llamafleet.capacity.memory.estimate import estimate
from tests.memory import recorded

def asked(name):
    facts = replace(recorded.facts("llama"), architecture=name)
    flags = read_flags(["-c", "4096", "-ngl", "99"])
    found = estimate(facts, flags, [Device("CUDA0", 24 << 30)], ref="b11434")
    return {
        "terms": [(term.device, term.kind, term.size) for term in found.terms],
        "unmodelled": found.unmodelled,
    }

print(json.dumps({name: asked(name) for name in ("llama", "invented")}))
"""


def asked(tree: Tree) -> tuple[dict[str, object], dict[str, object]]:
    """Return what the copy estimates for llama, and for the same model of another name."""
    done = tree.run("-c", ASK)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return found["llama"], found["invented"]


def test_an_architecture_like_llama_is_one_name(tree: Tree) -> None:
    llama, unknown = asked(tree)
    assert unknown["unmodelled"] == [
        "architecture invented is not modelled (b11434 does not have it)"
    ]
    assert unknown["terms"] != llama["terms"]
    known = json.loads(tree.read(LIST))
    known["names"] = sorted([*known["names"], "invented"])
    tree.write(LIST, json.dumps(known))
    llama, known = asked(tree)
    assert known["unmodelled"] == []
    assert known["terms"] == llama["terms"]
