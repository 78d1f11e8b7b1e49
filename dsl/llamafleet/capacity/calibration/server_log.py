"""Buffer sizes by device, read from a llama-server's log.

Only what stays counts: with `--fit on` a server first builds everything without weights, to see
whether it fits, and a draft that nothing uses is put away again. At the end it says how large its
compute buffers have become, to four digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ...lock.measured import Buffers

LINES = (
    "buffer size|llama_model_loader: loaded meta data|model loaded|clip_ctx: CLIP using|"
    "load_hparams: model size:"
)
"""Pattern of the lines that matter, for grep -E on the host: a debug log has many others."""

_SIZE = re.compile(
    r": +(?P<buffer>\S+) +(?:DSV4 \S+ )?(?P<kind>model|output|KV|RS|LoRA|state|compute) "
    r"buffer size = +(?P<mib>\d+(?:\.\d+)?) MiB"
)
_LAST = re.compile(r": +(?P<buffer>\S+) compute buffer size (?:is|of) +(?P<mib>\d+(?:\.\d+)?) MiB")
_KINDS = {
    "model": "weights",
    "output": "output",
    "KV": "kv",
    "RS": "recurrent",
    "state": "recurrent",
    "compute": "compute",
    "LoRA": "",
}
_CONTEXT = ("kv", "recurrent", "output", "compute")
HOST = "CPU"
PROJECTOR = "projector"


@dataclass(slots=True)
class _Load:
    """One model as it was loaded, with the context that was made for it."""

    sizes: dict[tuple[str, str], float] = field(default_factory=dict)

    def add(self, device: str, kind: str, mib: float) -> None:
        self.sizes[device, kind] = self.sizes.get((device, kind), 0.0) + mib

    def without_context(self) -> None:
        """Return the buffers that stay once the context is freed."""
        self.sizes = {key: size for key, size in self.sizes.items() if key[1] not in _CONTEXT}

    @property
    def dry(self) -> bool:
        """Return True if nothing was loaded: only a size was asked for."""
        return not any(size for (_, kind), size in self.sizes.items() if kind == "weights")


def buffers_of(lines: Iterable[str]) -> dict[str, Buffers]:
    """Return buffers by device, in MiB; all of the host's are CPU. Empty if the log has none."""
    loads, last, loaded, projector = [_Load()], dict[str, float](), False, HOST
    far: dict[str, str] = {}
    for line in lines:
        if "loaded meta data" in line:
            loads.append(_Load())
        elif "model loaded" in line:
            loaded = True
        elif using := re.search(r"CLIP using (\S+) backend", line):
            projector = device_of(using[1], far)
        elif weights := re.search(r"load_hparams: model size: +(\d+(?:\.\d+)?) MiB", line):
            loads[-1].add(projector, "weights", float(weights[1]))
        elif found := _SIZE.search(line):
            device, mib = device_of(found["buffer"], far), float(found["mib"])
            if "reserve_compute_meta" in line:  # a projector's: laid out again, not once more
                loads[-1].sizes[device, PROJECTOR] = mib
            else:
                loads[-1].add(device, _KINDS[found["kind"]], mib)
        elif found := _LAST.search(line):
            device = device_of(found["buffer"], far)
            if loaded:
                last[device] = last.get(device, 0.0) + float(found["mib"])
            else:
                _freed(loads)
    return _summed(loads, last)


def device_of(buffer: str, far: dict[str, str]) -> str:
    """Return the device of a buffer type: `CUDA0` for itself, `CPU` for all of the host's.

    Each machine behind RPC counts its devices from 0; ours are counted as they appear.
    """
    if buffer.endswith("]"):
        return far.setdefault(buffer, f"RPC{len(far)}")
    return HOST if buffer.startswith(HOST) or buffer.endswith("_Host") else buffer


def _freed(loads: list[_Load]) -> None:
    """A context that ended before the server was ready: that of the last model with weights."""
    for each in reversed(loads):
        if not each.dry:
            each.without_context()
            return


def _summed(loads: list[_Load], last: dict[str, float]) -> dict[str, Buffers]:
    sums: dict[str, dict[str, float]] = {}
    for load in loads:
        for (device, kind), mib in load.sizes.items():
            if not load.dry and kind != PROJECTOR:
                of = sums.setdefault(device, {})
                of[kind] = of.get(kind, 0.0) + mib
    for device, mib in last.items():
        sums.setdefault(device, {})["compute"] = mib
    for load in loads:
        for (device, kind), mib in load.sizes.items():
            if kind == PROJECTOR and not load.dry:
                of = sums.setdefault(device, {})
                of["compute"] = of.get("compute", 0.0) + mib
    found = {}
    for device, of in sorted(sums.items()):
        rounded = {kind: round(mib, 4) for kind, mib in of.items() if kind}
        found[device] = Buffers(**rounded, total=round(sum(of.values()), 4))
    return found
