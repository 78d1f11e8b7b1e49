"""Models as wide as real ones, whose weights are holes: what the real llama-server logs for them.

    python -m tests.memory.real_widths --server .../llama-server --rpc-server .../ggml-rpc-server

On the CPU they are mapped, so that the largest starts on a small machine, if nothing reads ahead.
Behind RPC they lie in memory: these have few layers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from llamafleet.capacity.memory import Device, Estimate, Flags, read_flags
from llamafleet.capacity.memory.estimate import estimate
from llamafleet.gguf import GgufFacts
from tests.memory.models import (
    REAL,
    Model,
    deepseek2,
    gemma3,
    gpt_oss,
    llama,
    mamba2,
    qwen3moe,
    qwen3next,
)
from tests.memory.recorded import CARD, facts_of_made
from tests.memory.recording import Cases, main

PATH = Path(__file__).parent / "recordings_real.json"

DEEP: dict[str, Callable[[], Model]] = {
    **REAL,
    "mamba2-7b": lambda: mamba2("Q8_0", 4096, 64, 8192, 128, 128, 8, 262144, 32768),
    "qwen3next-80b": lambda: qwen3next("Q4_K", 2048, 48, 16, 2, 256, 512, 512, 10, 128, 16, 32,
                                       262144, 151936),
}  # fmt: skip
SHALLOW: dict[str, Callable[[], Model]] = {
    "llama-3.3-70b-l4": lambda: llama("Q4_K", 8192, 4, 64, 8, 128, 28672, 131072, 128256),
    "llama-3.1-8b-l6": lambda: llama("Q4_K", 4096, 6, 32, 8, 128, 14336, 131072, 128256),
    "gemma-3-27b-l8": lambda: gemma3("Q4_0", 5376, 8, 32, 16, 128, 21504, 1024, 131072, 262208),
    "gpt-oss-20b-l4": lambda: gpt_oss("MXFP4", 2880, 4, 64, 8, 64, 2880, 32, 4, 128, 131072,
                                      201088),
    "qwen3-30b-a3b-l6": lambda: qwen3moe("Q4_K", 2048, 6, 32, 4, 128, 768, 128, 8, 40960, 151936),
    "deepseek-v3-l4": lambda: deepseek2("Q4_K", 7168, 4, 128, 18432, 2048, 32, 8, 3, 1536, 512, 64,
                                        128, 128, 163840, 129280),
    "mamba2-7b-l8": lambda: mamba2("Q8_0", 4096, 8, 8192, 128, 128, 8, 262144, 32768),
    "qwen3next-80b-l8": lambda: qwen3next("Q4_K", 2048, 8, 16, 2, 256, 512, 64, 10, 128, 16, 32,
                                          262144, 151936),
}  # fmt: skip
MODELS = DEEP | SHALLOW

ON_CPU = (
    "-c 8192",
    "-c 32768 -np 4 -ctk q8_0 -ctv q8_0 -ub 1024",
    "-c 16384 -np 2 -ub 256",
    "-c 8192 -np 1 -fa off",
)
ON_DEVICES = (
    (1, "-c 32768 -np 1 -ngl 99"),
    (1, "-c 16384 -np 4 -ctk q8_0 -ctv q8_0 -ub 2048"),
    (1, "-c 8192 -np 1 -ngl 3 -ub 256"),
    (2, "-c 16384 -np 2 -ts 1,1"),
    (2, "-c 65536 -np 1 -ts 3,1 -ub 256"),
    (3, "-c 32768 -np 1 -ts 1,1,1"),
    (3, "-c 32768 -ts 2,1,1 -nkvo"),
)
CASES: Cases = [
    *((name, 0, flags.split()) for name in DEEP for flags in ON_CPU),
    *((name, devices, flags.split()) for name in SHALLOW for devices, flags in ON_DEVICES),
]


@cache
def facts(name: str) -> GgufFacts:
    """The facts of a model by its name."""
    return facts_of_made(MODELS[name]())


def estimated(start: dict[str, Any]) -> Estimate:
    """The estimate for a recorded start, with the switch that all of them had."""
    flags = read_flags([*start["flags"], "--no-repack"])
    assert isinstance(flags, Flags), flags
    cards = [Device(f"RPC{index}", CARD) for index in range(start["devices"])]
    found = estimate(facts(start["model"]), flags, cards)
    assert isinstance(found, Estimate), found
    return found


if __name__ == "__main__":
    main(MODELS, CASES, PATH, ("--no-repack",))
