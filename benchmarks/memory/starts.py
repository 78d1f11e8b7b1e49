"""The recorded starts of the real llama-server that estimates are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.gguf.writing import write_gguf
from tests.memory import real_widths
from tests.memory.cases import ALL
from tests.memory.recorded import RECORDINGS
from tests.memory.recording import read

MIB = 1024 * 1024

Sizes = Mapping[str, Mapping[str, float]]
"""MiB by device and part: weights, cache (with recurrent states), compute (with outputs)."""

PARTS = {
    "weights": "weights", "kv": "cache", "recurrent": "cache", "compute": "compute",
    "output": "compute",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Start:
    """One start: its model's file, how many devices it had besides the CPU, and what it logged."""

    file: Path
    devices: int
    flags: tuple[str, ...]
    logged: Sizes
    real: bool


def starts(folder: Path) -> tuple[Start, ...]:
    """Every recorded start; the models' headers are written into a folder, their weights holes."""
    small = [_start(each, folder, (), False) for each in RECORDINGS]
    return (
        *small,
        *(_start(each, folder, ("--no-repack",), True) for each in read(real_widths.PATH)),
    )


def _start(found: dict[str, Any], folder: Path, more: tuple[str, ...], real: bool) -> Start:
    name = found["model"]
    path = folder / f"{name}.gguf"
    if not path.exists():
        made = (real_widths.MODELS if real else ALL)[name]()
        write_gguf(path, made.entries, made.tensors)
    logged = {device: by_part(kinds) for device, kinds in found["buffers"].items()}
    return Start(path, found["devices"], (*found["flags"], *more), logged, real)


def by_part(kinds: Mapping[str, float]) -> Mapping[str, float]:
    """Kinds of buffers as the parts that every peer has."""
    found = dict.fromkeys(PARTS.values(), 0.0)
    for kind, size in kinds.items():
        found[PARTS[kind]] += size
    return found
