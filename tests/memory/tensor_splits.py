"""`--split-mode tensor`: what the real llama-server logs for all devices together.

python -m tests.memory.tensor_splits --server .../llama-server --rpc-server ...
"""

from __future__ import annotations

from pathlib import Path

from tests.memory.models import TINY
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
CASES: Cases = [(name, devices, flags.split()) for name in MODELS for devices, flags in FLAGS]

if __name__ == "__main__":
    main({name: TINY[name] for name in MODELS}, CASES, PATH)
