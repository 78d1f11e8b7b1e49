"""The lock of examples/auto_sets, made from real dimensions instead of real weights.

`python -m tests.derive.example_lock` writes it.
"""

from __future__ import annotations

from pathlib import Path

from llamafleet.fleet.model import GgufFile
from llamafleet.gguf import GgufFacts
from llamafleet.gguf.compact import to_json
from llamafleet.lock.model import Lock, LockedGguf
from llamafleet.lock.text import write_lock
from tests.memory.models import REAL
from tests.memory.recorded import facts_of_made

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "auto_sets"
SHAPES = {
    "gemma": ("gemma-3-27b", "gemma-3-27b-Q4_0.gguf"),
    "gpt-oss": ("gpt-oss-20b", "gpt-oss-20b-MXFP4.gguf"),
    "llama": ("llama-3.1-8b", "llama-3.1-8b-Q4_K.gguf"),
    "llama-large": ("llama-3.3-70b", "llama-3.3-70b-Q4_K.gguf"),
    "qwen": ("qwen3-30b-a3b", "qwen3-30b-a3b-Q4_K.gguf"),
}


def locked(shape: str, file: str) -> LockedGguf:
    """Weights of these dimensions, as `lock` writes down a file on a host."""
    path = f"/srv/models/{file}"
    facts = facts_of_made(REAL[shape]())
    return LockedGguf({"path": path}, "", (GgufFile(path, end_of(facts), None),), to_json(facts))


def end_of(facts: GgufFacts) -> int:
    """How long the file is."""
    return facts.files[-1].end


def text() -> str:
    """The whole lock."""
    return write_lock(Lock("fleet.fleet", {name: locked(*shape) for name, shape in SHAPES.items()}))


if __name__ == "__main__":
    (EXAMPLE / "fleet.lock").write_text(text(), encoding="utf-8", newline="\n")
