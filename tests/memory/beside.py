"""Files beside a model: adapters and drafts, and what the real llama-server logs with them.

python -m tests.memory.beside --server .../llama-server --rpc-server .../ggml-rpc-server
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.memory import record
from tests.memory.models import TINY, Model, llama
from tests.memory.recording import Beside, Cases, main

PATH = Path(__file__).parent / "recordings_beside.json"


def adapter(model: Model, parts: tuple[str, ...], rank: int, kind: str = "F32") -> Beside:
    """A LoRA adapter for those tensors of a model whose names have one of the parts."""
    entries: dict[str, object] = {
        "general.architecture": model.architecture,
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": 16.0,
    }
    tensors = []
    for name, _, dims in model.tensors:
        if len(dims) > 1 and any(part in name for part in parts):
            rest = dims[2:]
            tensors.append((f"{name}.lora_a", kind, (dims[0], rank, *rest)))
            tensors.append((f"{name}.lora_b", kind, (rank, dims[1], *rest)))
    return Beside(entries, tensors)


def whole(model: Model) -> Beside:
    """A model as another's draft."""
    return Beside(model.entries, model.tensors)


def small(kind: str = "Q8_0") -> Model:
    """A draft with the vocabulary of the tiny llama."""
    return llama(kind, 128, 2, 4, 2, 32, 320)


FILES: dict[str, Beside] = {
    "attention.gguf": adapter(TINY["llama"](), ("attn_",), 8),
    "feed-forward.gguf": adapter(TINY["llama"](), ("ffn_",), 16, "F16"),
    "repacked.gguf": adapter(TINY["llama-q4_0"](), ("attn_q", "ffn_down", "output.w"), 32),
    "experts.gguf": adapter(TINY["qwen3moe"](), ("_exps", "attn_v"), 4),
    "draft.gguf": whole(small()),
    "draft-q4_0.gguf": whole(small("Q4_0")),
}

CASES: Cases = [
    (name, devices, flags.split())
    for name, devices, flags in (
        ("llama", 0, "-c 2048 -np 1 --lora attention.gguf"),
        ("llama", 0, "-c 4096 -np 2 --lora attention.gguf,feed-forward.gguf"),
        ("llama", 1, "-c 2048 -np 1 --lora attention.gguf"),
        ("llama", 1, "-c 2048 -np 1 -ngl 3 --lora-scaled feed-forward.gguf:0.5"),
        ("llama", 2, "-c 2048 -np 1 -ts 1,1 --lora attention.gguf --lora feed-forward.gguf"),
        ("llama-q4_0", 0, "-c 2048 -np 1 --lora repacked.gguf"),
        ("llama-q4_0", 1, "-c 2048 -np 1 -ngl 2 --lora repacked.gguf"),
        ("qwen3moe", 0, "-c 2048 -np 1 --lora experts.gguf"),
        ("qwen3moe", 1, "-c 2048 -np 1 -ncmoe 1 --lora experts.gguf"),
        ("llama", 0, "-c 2048 -np 1 -md draft.gguf"),
        ("llama", 0, "-c 3000 -np 3 -md draft-q4_0.gguf --spec-draft-n-max 8"),
        ("llama", 0, "-c 2048 -md draft.gguf -ctkd q8_0 -ctvd q8_0 --spec-draft-type-k q8_0"),
        ("llama", 1, "-c 2048 -np 1 -md draft.gguf"),
        ("llama", 1, "-c 2048 -np 1 -md draft-q4_0.gguf -ngld 0"),
        ("llama", 1, "-c 2048 -np 1 -md draft.gguf -ngld 2 -ngl 3"),
        ("llama", 2, "-c 4096 -np 1 -ts 1,1 -md draft.gguf -devd RPC1"),
        ("llama", 2, "-c 4096 -np 2 -ts 3,1 -md draft.gguf"),
        ("llama", 0, "-c 2048 -np 2 -md draft.gguf --spec-type draft-simple -bs"),
        ("llama", 2, "-c 2048 -np 4 -ts 3,1 -md draft.gguf --spec-type draft-simple"),
        ("llama", 0, "-c 2048 -np 1 --pooling mean"),
        ("llama", 0, "-c 2048 -np 1 --rerank -ub 1024"),
        ("llama", 0, "-c 2048 -np 2 --spec-default -bs"),
        ("llama", 0, "-c 2048 -np 1 --spec-type ngram-simple --spec-draft-n-max 16"),
        ("qwen3next", 0, "-c 2048 -np 2 --spec-type ngram-mod"),
    )
]

if __name__ == "__main__":
    kinds = r"model|output|KV|RS|compute|LoRA"
    record.LINE = re.compile(rf": +(\S+) +({kinds}) buffer size = +([\d.]+) MiB")
    record.KINDS["LoRA"] = "weights"
    main(TINY, CASES, PATH, beside=FILES)
