"""`--split-mode tensor`: what the real llama-server logs for all devices together.

python -m tests.memory.tensor_splits --server .../llama-server --rpc-server ...
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llamafleet.capacity.memory import Estimate
from tests.memory import real_widths, recorded
from tests.memory.models import TINY
from tests.memory.real_widths import SHALLOW
from tests.memory.recording import Cases, main

PATH = Path(__file__).parent / "recordings_tensor_split.json"

FLAGS = (
    (2, "-c 4096 -np 1 -sm tensor"),
    (3, "-c 4096 -np 2 -sm tensor -ub 256"),
    (2, "-c 2048 -sm tensor -ts 3,1 -ctk bf16 -ctv bf16"),
    (2, "-c 2048 -np 1 -sm tensor -ngl 2"),
    (2, "-c 2048 -np 1 -sm tensor -nkvo"),
)
MODELS = ("llama", "llama-q4_0", "gemma3", "gpt-oss", "qwen3moe", "qwen3next")
WIDE = ("llama-3.1-8b-l6", "gemma-3-27b-l8", "gpt-oss-20b-l4", "qwen3-30b-a3b-l6")
WIDE_FLAGS = (
    (2, "-c 16384 -np 1 -sm tensor --no-repack"),
    (3, "-c 16384 -np 2 -sm tensor -ts 2,1,1 -ub 256 --no-repack"),
)
CASES: Cases = [
    *((name, devices, flags.split()) for name in MODELS for devices, flags in FLAGS),
    *((name, devices, flags.split()) for name in WIDE for devices, flags in WIDE_FLAGS),
]


def estimated(start: dict[str, Any]) -> Estimate:
    """The estimate for a recorded start."""
    wide = start["model"] in WIDE
    return real_widths.estimated(start) if wide else recorded.estimated(start)


if __name__ == "__main__":
    main({**TINY, **SHALLOW}, CASES, PATH)
