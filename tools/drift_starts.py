"""Repeat recorded starts with another build's llama-server, and compare them with estimates.

The models are the small ones of tests/memory, started on the CPU: the first recorded start of each.
Where llama-fit-params lies beside the server, it is asked for the same, as a second opinion.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from llamafleet.capacity.memory.terms import HOST, MIB, Kind
from tests.gguf.writing import write_gguf
from tests.memory import record
from tests.memory.cases import ALL
from tests.memory.recorded import RECORDINGS, estimated

KINDS: tuple[Kind, ...] = ("weights", "kv", "recurrent", "output", "compute")
ROUNDED = 0.015
"""MiB: the log rounds each buffer to 0.01, and some kinds have two."""

COMPUTE = 0.02
"""The share by which compute buffers may differ, as in tests/memory."""

WHOLE = 1.0
"""MiB: llama-fit-params prints whole ones."""

PATIENCE = 60
"""Seconds for one answer of llama-fit-params."""


def starts(most: int | None = None) -> list[dict[str, Any]]:
    """Return the first start on the CPU of each small model, no more than `most`."""
    first: dict[str, dict[str, Any]] = {}
    for start in RECORDINGS:
        if start["devices"] == 0:
            first.setdefault(start["model"], start)
    return list(first.values())[:most]


def start_differences(server: str, repeated: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a line for each number of these starts that is not as estimated."""
    second = Path(server).with_name("llama-fit-params")
    with tempfile.TemporaryDirectory() as folder:
        for start in repeated:
            file = Path(folder) / f"{start['model']}.gguf"
            made = ALL[start["model"]]()
            write_gguf(file, made.entries, made.tensors)
            yield from _of_server(server, file, start)
            if second.is_file():
                yield from _of_fit_params(second, file, start)
            file.unlink()


def _of_server(server: str, file: Path, start: Mapping[str, Any]) -> Iterator[str]:
    found: Any = record.recorded(server, None, file, 0, start["flags"])
    what = f"{start['model']} {' '.join(start['flags'])}"
    logged = found["buffers"].get(HOST)
    if not logged:
        yield f"- start that fails: {what}"
        return
    estimate = estimated(dict(start))
    contexts = {"n_ctx": estimate.n_ctx, "n_ctx_per_slot": estimate.n_ctx_per_slot}
    for key, tokens in contexts.items():
        if found[key] != tokens:
            yield f"- start: {what}: {key} is {found[key]}, estimated {tokens}"
    for kind in KINDS:
        own, expected = logged.get(kind, 0.0), estimate.size(HOST, kind) / MIB
        margin = ROUNDED + (COMPUTE * own if kind == "compute" else 0.0)
        if abs(own - expected) > margin:
            yield f"- start: {what}: {kind} is {own:.2f} MiB, estimated {expected:.2f}"


def _of_fit_params(program: Path, file: Path, start: Mapping[str, Any]) -> Iterator[str]:
    """Compare caches and compute buffers; a start that it cannot tell of is passed over.

    It is asked about one slot: of more it expects logits for a whole batch, which no server makes,
    and where no flag says how many it takes one and the server four.
    """
    start = {**start, "flags": [*start["flags"], "-np", "1"]}
    argv = [str(program), "-m", str(file), *start["flags"], "--fit-print", "on"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE, check=False)
    rows = [line.split() for line in done.stdout.splitlines()]
    row = next((each for each in rows if len(each) == 4 and each[0] == "Host"), None)
    if done.returncode or row is None or not all(each.isdigit() for each in row[1:]):
        return
    estimate = estimated(dict(start))
    caches = estimate.size(HOST, "kv", "recurrent") / MIB
    compute = estimate.size(HOST, "compute") / MIB
    for what, said, expected in (
        ("caches are", int(row[2]), caches),
        ("compute is", int(row[3]), compute),
    ):
        if abs(said - expected) > WHOLE + COMPUTE * said:
            name = f"{start['model']} {' '.join(start['flags'])}"
            yield f"- llama-fit-params: {name}: {what} {said} MiB, estimated {expected:.2f}"
