"""Find the llama-swap for tests and demo: the real one if there is one, else the double.

In this order: `LLAMAFLEET_LLAMA_SWAP`, `llama-swap` on the PATH, the pinned release archive, the
double. A variable that names no program is an error and not a reason to go on quietly.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.lab.llama_swap_double import build_double
from tests.lab.llama_swap_release import download_release

VARIABLE = "LLAMAFLEET_LLAMA_SWAP"


@dataclass(frozen=True, slots=True)
class LlamaSwapBinary:
    """An executable file; `kind` is `real` or `double`, `found` says where it came from.

    `version` is its own line. Who compiles llama-swap without naming a version gets one that says
    `0 (abcd1234)`: a real one, of which nobody knows the release.
    """

    path: Path
    kind: str
    version: str
    found: str

    @property
    def release(self) -> int | None:
        """250 for `v250 (60226b63)`; None where the program does not say which release it is."""
        found = re.match(r"v?([1-9][0-9]*)\b", self.version)
        return int(found[1]) if found else None

    def __str__(self) -> str:
        what = "the real llama-swap" if self.kind == "real" else "the DOUBLE of llama-swap"
        if self.release is None:
            what += " of unknown release"
        return f"{what}, {self.version} ({self.found}: {self.path})"


def find_llama_swap(build_dir: Path) -> LlamaSwapBinary:
    """The first that can be had; what must be made or fetched is put into `build_dir`."""
    if given := os.environ.get(VARIABLE):
        return _looked_at(Path(given), VARIABLE)
    if on_path := shutil.which("llama-swap"):
        return _looked_at(Path(on_path), "on the PATH")
    if released := download_release(build_dir):
        return _looked_at(released, "release archive")
    return _looked_at(build_double(build_dir / "llama-swap-double"), "no real one found")


def _looked_at(path: Path, found: str) -> LlamaSwapBinary:
    """Ask the program what it is: the double says so in its version line."""
    try:
        answer = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise RuntimeError(f"{path} ({found}) is no llama-swap that runs: {error}") from error
    version = answer.stdout.strip().removeprefix("version: ").partition(",")[0]
    kind = "double" if "(double)" in version else "real"
    return LlamaSwapBinary(path.resolve(), kind, version, found)
