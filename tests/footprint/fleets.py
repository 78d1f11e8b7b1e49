"""Fleets whose weights are known: facts of real dimensions instead of a lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from llamafleet.compiler import compile_text
from llamafleet.fleet.model import Fleet
from llamafleet.gguf import GgufFacts
from tests.memory.models import REAL
from tests.memory.recorded import facts_of_made

HEAD = """\
fleet 1
gpu card {
    vendor = nvidia
    arch = sm_86
    vram = 24GiB
}
gpu small {
    vendor = nvidia
    arch = sm_86
    vram = 12GiB
}
build cuda {
    ref = "b11434"
    backend = cuda
}
"""


@cache
def facts(shape: str) -> GgufFacts:
    """The header of a model of real dimensions."""
    return facts_of_made(REAL[shape]())


def fleet_of(text: str, shapes: Mapping[str, str]) -> Fleet:
    """The fleet of a text below HEAD; each of `shapes` becomes a gguf block with those facts.

    They are there only once it has been checked: it may be a fleet that does not fit.
    """
    ggufs = "".join(f'gguf {name} {{\n    path = "/m/{name}.gguf"\n}}\n' for name in shapes)
    compiled = compile_text(HEAD + ggufs + text)
    assert compiled.fleet is not None, compiled.diagnostics
    return replace(compiled.fleet, facts={name: facts(shape) for name, shape in shapes.items()})
