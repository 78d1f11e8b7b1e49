"""Files beside a model: adapters and drafts, and what the real llama-server logs with them.

python -m tests.memory.beside --server .../llama-server --rpc-server .../ggml-rpc-server
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from llamafleet.gguf import GgufFacts
from tests.gguf.writing import Weights
from tests.memory import record
from tests.memory.models import (
    TINY,
    Model,
    alpha_beta,
    attention,
    begun,
    blocks,
    delta_net,
    dense,
    heads,
    llama,
)
from tests.memory.recorded import facts_of_made
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


def siglip(e: int, ff: int, size: int, n: int = 2, h: int = 4) -> Beside:
    """Gemma 3's projector for the tiny gemma3: a vision transformer for pictures of one size."""
    patch, out = 14, 256
    vision: dict[str, object] = {
        "image_size": size, "patch_size": patch, "embedding_length": e, "feed_forward_length": ff,
        "block_count": n, "attention.head_count": h, "projection_dim": out,
        "attention.layer_norm_epsilon": 1e-6, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
    }  # fmt: skip
    entries: dict[str, object] = {
        "general.architecture": "clip",
        "clip.has_vision_encoder": True,
        "clip.projector_type": "gemma3",
        "clip.use_gelu": True,
    }
    entries |= {f"clip.vision.{key}": value for key, value in vision.items()}
    tensors: list[Weights] = [
        ("v.patch_embd.weight", "F16", (patch, patch, 3, e)),
        ("v.position_embd.weight", "F32", (e, (size // patch) ** 2)),
        ("mm.input_projection.weight", "F16", (out, e)),
    ]
    vectors = [("v.patch_embd.bias", e), ("v.post_ln.weight", e), ("v.post_ln.bias", e),
               ("mm.soft_emb_norm.weight", e)]  # fmt: skip
    for at in (f"v.blk.{index}" for index in range(n)):
        for name, dims in (("attn_q", (e, e)), ("attn_k", (e, e)), ("attn_v", (e, e)),
                           ("attn_out", (e, e)), ("ffn_up", (e, ff)),
                           ("ffn_down", (ff, e))):  # fmt: skip
            tensors.append((f"{at}.{name}.weight", "F16", dims))
            vectors.append((f"{at}.{name}.bias", dims[1]))
        vectors += [(f"{at}.{name}.{kind}", e) for name in ("ln1", "ln2")
                    for kind in ("weight", "bias")]  # fmt: skip
    return Beside(entries, [*tensors, *((name, "F32", (wide,)) for name, wide in vectors)])


def small(kind: str = "Q8_0") -> Model:
    """A draft with the vocabulary of the tiny llama."""
    return llama(kind, 128, 2, 4, 2, 32, 320)


def drafting() -> Model:
    """A hybrid whose last block only drafts: three delta nets, one attention, one to draft."""
    e, count, kv, size, state, keys, values = 192, 4, 2, 64, 32, 2, 4
    model = begun("qwen35", "Q8_0", e, 5, 4096, 1600)
    heads(model, count, kv, size)
    model.say(rope__dimension_sections=[11, 11, 10, 0], feed_forward_length=512)
    model.say(full_attention_interval=4, ssm__conv_kernel=4, ssm__inner_size=state * values)
    model.say(ssm__state_size=state, ssm__group_count=keys, ssm__time_step_rank=values)
    model.say(nextn_predict_layers=1)
    for index, at in enumerate(blocks(model)):
        model.norm(f"{at}.attn_norm", e)
        model.norm(f"{at}.post_attention_norm", e)
        if index >= 3:
            attention(model, at, count, kv, size, gated=2)
            model.norm(f"{at}.attn_q_norm", size)
            model.norm(f"{at}.attn_k_norm", size)
        else:
            delta_net(model, at, keys, values, state)
            alpha_beta(model, at, values)
        dense(model, at, 512)
    model.matrix("blk.4.nextn.eh_proj", 2 * e, e)
    for name in ("enorm", "hnorm", "shared_head_norm"):
        model.norm(f"blk.4.nextn.{name}", e)
    return model


MODELS: dict[str, Callable[[], Model]] = {**TINY, "qwen35-mtp": drafting}

FILES: dict[str, Beside] = {
    "attention.gguf": adapter(TINY["llama"](), ("attn_",), 8),
    "feed-forward.gguf": adapter(TINY["llama"](), ("ffn_",), 16, "F16"),
    "repacked.gguf": adapter(TINY["llama-q4_0"](), ("attn_q", "ffn_down", "output.w"), 32),
    "experts.gguf": adapter(TINY["qwen3moe"](), ("_exps", "attn_v"), 4),
    "siglip.gguf": siglip(128, 512, 448),
    "siglip-real.gguf": siglip(1152, 4304, 896, n=2, h=16),
    "siglip-narrow.gguf": siglip(64, 100, 448),
    "siglip-flat.gguf": siglip(384, 256, 448),
    "draft.gguf": whole(small()),
    "draft-q4_0.gguf": whole(small("Q4_0")),
}


@cache
def facts(name: str) -> GgufFacts:
    """The facts of a model by its name."""
    return facts_of_made(MODELS[name]())


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
        ("gemma3", 0, "-c 2048 -np 1 --warmup --mmproj siglip.gguf"),
        ("gemma3", 0, "-c 2048 -np 1 --warmup --mmproj siglip-real.gguf"),
        ("gemma3", 0, "-c 2048 -np 1 --warmup --mmproj siglip-narrow.gguf"),
        ("gemma3", 0, "-c 2048 -np 1 --warmup --mmproj siglip-flat.gguf"),
        ("gemma3", 1, "-c 2048 -np 1 --warmup --mmproj siglip.gguf"),
        ("gemma3", 1, "-c 2048 -np 1 --warmup --mmproj siglip.gguf --no-mmproj-offload"),
        ("gemma3", 2, "-c 2048 -np 1 -sm none -mg 1 --warmup --mmproj siglip.gguf"),
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
        ("qwen35-mtp", 0, "-c 2048 -np 1"),
        ("qwen35-mtp", 0, "-c 2048 -np 1 --spec-type draft-mtp"),
        ("qwen35-mtp", 0, "-c 4096 -np 2 --spec-type draft-mtp --spec-draft-n-max 5 -ctkd q8_0"),
        ("qwen35-mtp", 1, "-c 2048 -np 1 --spec-type draft-mtp"),
        ("qwen35-mtp", 2, "-c 2048 -np 2 -ts 1,1 --spec-type draft-mtp"),
        ("llama", 0, "-c 2048 -np 1 --spec-type ngram-simple --spec-draft-n-max 16"),
        ("qwen3next", 0, "-c 2048 -np 2 --spec-type ngram-mod"),
    )
]

if __name__ == "__main__":
    kinds = r"model|output|KV|RS|compute|LoRA"
    record.LINE = re.compile(rf": +(\S+) +({kinds}) buffer size = +([\d.]+) MiB")
    record.KINDS["LoRA"] = "weights"
    main(MODELS, CASES, PATH, beside=FILES)
