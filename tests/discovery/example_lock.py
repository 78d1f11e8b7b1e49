"""The lock of examples/nas, as `deploys/facts.py` would write it for files of these shapes.

python -m tests.discovery.example_lock
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from llamafleet.discovery.catalogue import catalogue
from llamafleet.discovery.files import Asked, SeenFile
from llamafleet.fleet.model import GgufFile
from llamafleet.fleet.observed import ObservedFile
from llamafleet.gguf.compact import to_json
from llamafleet.gguf.facts import GgufFacts
from llamafleet.lock.model import Lock, LockedGguf
from llamafleet.lock.text import write_lock
from tests.picture.fleets import facts

LOCK = Path(__file__).parents[2] / "examples" / "nas" / "fleet.lock"

SHAPES = {
    "/models/Qwen3-32B-Q5_K_M.gguf": "qwen3-32b",
    "/models/Qwen3-0.6B-Q4_K_M.gguf": "qwen3-0.6b",
    "/models/small/Qwen3-1.7B-Q4_K_M.gguf": "qwen3-1.7b",
}
WRITTEN = "/models/huge-model-Q8_0.gguf"
CHANGED = 1_764_000_000


def header(path: str) -> GgufFacts:
    """What a file's header says, with the context that its publisher trained."""
    found = facts(SHAPES[path])
    return replace(found, metadata={**found.metadata, "general.type": "model"})


def text() -> str:
    """Return the whole lock."""
    sizes = {path: header(path).files[-1].end for path in SHAPES} | {WRITTEN: 75_000_000_000}
    seen = tuple(SeenFile(ObservedFile(path, size, CHANGED), path) for path, size in sizes.items())
    asked = Asked("/models", ("*.gguf",), ("mmproj-*", "ollama/*"), frozenset({WRITTEN}))
    made = catalogue(asked, seen, None, header, lambda _: True)
    assert not made.left_out, made.left_out
    files = (GgufFile(WRITTEN, sizes[WRITTEN], None),)
    huge = LockedGguf({"path": WRITTEN}, "", files, to_json(facts("qwen2.5-72b")))
    return write_lock(
        Lock("fleet.fleet", {"huge-model": huge}, discovered={"models": {"/models": made.folder}})
    )


if __name__ == "__main__":
    LOCK.write_text(text(), encoding="utf-8")
