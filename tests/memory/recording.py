"""Records a set of starts of the real llama-server into a file of its own."""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.gguf.writing import Weights, write_gguf
from tests.memory import record
from tests.memory.models import Model

PATIENCE = 300

Cases = Sequence[tuple[str, int, list[str]]]
"""Model, devices besides the CPU, flags."""


def read(path: Path) -> list[dict[str, Any]]:
    """What was logged, one dict a start."""
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Beside:
    """A file that a flag names: an adapter, a projector, a draft model."""

    entries: Mapping[str, object]
    tensors: Sequence[Weights]


def main(
    models: Mapping[str, Callable[[], Model]],
    cases: Cases,
    path: Path,
    more: Sequence[str] = (),
    beside: Mapping[str, Beside] | None = None,
) -> None:
    """Record every case with more flags than those that are kept; what does not start is said.

    In a flag's value a name in `beside` becomes the path of that file.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--rpc-server", required=True)
    asked = parser.parse_args()
    record.PATIENCE = PATIENCE
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name, each in (beside or {}).items():
            write_gguf(Path(folder) / name, each.entries, each.tensors)
        for name, devices, flags in cases:
            file = Path(folder) / f"{name}.gguf"
            if not file.exists():
                made = models[name]()
                write_gguf(file, made.entries, made.tensors)
            argv = [_placed(each, Path(folder), beside or {}) for each in flags]
            start = record.recorded(asked.server, asked.rpc_server, file, devices, (*argv, *more))
            print(json.dumps(start), flush=True)
            if start["buffers"]:
                found.append({**start, "flags": flags})
    lines = ",\n".join(json.dumps(each) for each in found)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _placed(word: str, folder: Path, beside: Mapping[str, Beside]) -> str:
    for name in beside:
        word = re.sub(rf"(^|,){re.escape(name)}", rf"\1{folder / name}", word)
    return word
