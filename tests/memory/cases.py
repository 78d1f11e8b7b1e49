"""Which models are recorded with which flags, on how many devices besides the CPU."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.memory.architectures import ARCHITECTURES
from tests.memory.models import TINY, Model

Case = tuple[str, int, tuple[str, ...]]

EVERYWHERE = (
    (0, "-c 4096"),
    (0, "-c 3000 -np 3 -fa off -ub 128"),
    (0, "-c 2048 -np 3 -kvu -ctk q8_0 -ctv q8_0 -b 256"),
    (0, "-c 0 -np 2 --load-mode none"),
    (1, "-c 2048 -np 1 -ngl 99 -ub 256"),
    (1, "-c 4096 -np 1 -nkvo"),
    (1, "-c 4096 -ngl 2"),
    (2, "-c 4096 -np 2 -ts 1,1"),
    (2, "-c 2048 -np 1 -ts 3,1 -ngl 3 --swa-full"),
    (2, "-c 4096 -np 1 -sm none -mg 1"),
)

ALONE = (
    ("qwen3moe", 1, "-c 2048 -np 1 -ncmoe 2"),
    ("qwen3moe-q4_k", 2, "-c 2048 -np 1 -cmoe -ts 1,1"),
    ("gpt-oss", 1, "-c 2048 -np 1 -ot ffn_.*_exps=CPU"),
    ("llama", 1, r"-c 2048 -np 1 -ot blk\.[12]\.ffn=CPU"),
    ("llama", 0, "-c 2048 -np 2 --embeddings"),
    ("llama", 0, "--kv-unified-per-slot 1000 -np 2"),
    ("llama", 0, "-c 2048 -np 1 -ctk f32 -ctv f32"),
    ("deepseek2", 0, "-c 2048 -np 1 -ctk f32 -ctv f32"),
    ("llama-q4_0", 0, "-c 2048 -np 1 --no-repack"),
    ("llama-q4_0", 1, "-c 2048 -np 1 -ngl 0"),
)

MODELS = (
    "llama", "llama-q4_0", "gemma3", "gpt-oss", "qwen3moe", "qwen3moe-q4_k", "deepseek2", "mamba2",
    "qwen3next",
)  # fmt: skip

ALL: dict[str, Callable[[], Model]] = {**TINY, **ARCHITECTURES}
"""Every model of the recordings by its name."""

WITHOUT_DEVICES = (
    "-c 4096 -np 2",
    "-c 3000 -np 3 -fa off -ub 128 -ctk q8_0",
    "-c 2048 -np 2 -kvu -ctk q8_0 -ctv q8_0 -b 256",
)

WITH_DEVICES = (
    (1, "-c 4096 -np 1 -ngl 3 -nkvo"),
    (2, "-c 4096 -np 2 -ts 1,1"),
    (1, "-c 2048 -np 2 -ub 256"),
    (3, "-c 2048 -np 1 -ts 1,2,1 -ub 256"),
    (2, "-c 2048 -np 2 -ts 2,1 -ngl 3 -fa off"),
)


LATENT = ("deepseek2-lite", "deepseek2", "mistral4")
"""K and V share a cache, and must be of one type."""


def _each_architecture() -> tuple[Case, ...]:
    """Two starts of each, with other flags from one to the next."""
    found: list[Case] = []
    for number, name in enumerate(ARCHITECTURES):
        flags = WITHOUT_DEVICES[number % len(WITHOUT_DEVICES)]
        if name in LATENT:
            flags = flags.replace(" -ctk q8_0", " -ctk q8_0 -ctv q8_0").replace("-fa off ", "")
        found.append((name, 0, tuple(flags.split())))
        devices, flags = WITH_DEVICES[number % len(WITH_DEVICES)]
        found.append((name, devices, tuple(flags.split())))
    return tuple(found)


def _tried() -> tuple[Case, ...]:
    """Combinations that a program made up: a model, how many devices, flags."""
    text = (Path(__file__).parent / "tried.txt").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines()]
    return tuple((name, int(devices), tuple(flags)) for name, devices, *flags in lines)


CASES: tuple[Case, ...] = (
    *((model, devices, tuple(flags.split())) for model in MODELS for devices, flags in EVERYWHERE),
    *((model, devices, tuple(flags.split())) for model, devices, flags in ALONE),
    *_each_architecture(),
    *_tried(),
)
