"""The recorded starts of the real llama-server, and what llamafleet makes of them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from llamafleet.capacity.memory import Device, Estimate, Flags, read_flags
from llamafleet.capacity.memory.estimate import estimate
from llamafleet.gguf import GgufFacts, Header, facts_of, parse_header
from tests.gguf.writing import header_bytes
from tests.memory.cases import ALL
from tests.memory.models import Model

CARD = 24 << 30
RECORDINGS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "recordings.json").read_text(encoding="utf-8")
)


def facts_of_made(made: Model) -> GgufFacts:
    """What the header of a generated model says, read as any other header."""
    header = parse_header(header_bytes(made.entries, made.tensors)[0])
    assert isinstance(header, Header)
    found = facts_of([header])
    assert isinstance(found, GgufFacts)
    return found


@cache
def facts(name: str) -> GgufFacts:
    """The facts of a tiny model by its name."""
    return facts_of_made(ALL[name]())


def estimated(record: dict[str, Any]) -> Estimate:
    """The estimate for a recorded start, on as many cards as it had."""
    flags = read_flags(record["flags"])
    assert isinstance(flags, Flags), flags
    cards = [Device(f"RPC{index}", CARD) for index in range(record["devices"])]
    found = estimate(facts(record["model"]), flags, cards)
    assert isinstance(found, Estimate), found
    return found
