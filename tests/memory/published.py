"""Models as they are published: headers without weights, in the types that llama-quantize picks."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from llamafleet.gguf import GgufFacts
from tests.memory.models import (
    Model,
    alpha_beta,
    attention,
    begun,
    blocks,
    deepseek2,
    delta_net,
    dense,
    gemma3,
    gpt_oss,
    heads,
    llama,
    qwen3moe,
)
from tests.memory.recorded import facts_of_made

_BLOCK = re.compile(r"blk\.(\d+)\.")


def retyped(model: Model, kind_of: Callable[[str, str], str]) -> Model:
    """The model with other types for its matrices; vectors stay what they are."""
    model.tensors = [
        (name, kind if kind == "F32" else kind_of(name, kind), dims)
        for name, kind, dims in model.tensors
    ]
    return model


def q4_k_m(model: Model, values: str = "Q4_K") -> Model:
    """Q6_K for the output, and for half of the matrices of V and of down; `values` for other V."""
    layers = model.layers
    tied = not any(name == "output.weight" for name, _, _ in model.tensors)

    def kind_of(name: str, _: str) -> str:
        if name == ("token_embd.weight" if tied else "output.weight"):
            return "Q6_K"
        block = _BLOCK.match(name)
        index = int(block[1]) if block else 0
        eighth = layers // 8
        more = index < eighth or index >= 7 * layers // 8 or (index - eighth) % 3 == 2
        if "attn_k_b" in name:
            # Rows of 128 are no whole blocks of Q4_K.
            return "Q5_0"
        if "attn_v." in name:
            return "Q6_K" if more else values
        if "ffn_down" in name:
            return "Q6_K" if more else "Q4_K"
        return "Q4_K"

    return retyped(model, kind_of)


def mxfp4(model: Model, rest: str = "Q8_0") -> Model:
    """Experts in MXFP4 and all else in another type."""
    return retyped(model, lambda name, _: "MXFP4" if "_exps" in name else rest)


def qwen3(e: int, n: int, h: int, kv: int, ff: int) -> Model:
    """A dense Qwen3: norms for Q and K."""
    model = begun("qwen3", "Q4_K", e, n, 40960, 151936)
    heads(model, h, kv, 128)
    model.say(feed_forward_length=ff)
    for at in blocks(model):
        for name, size in (("attn_norm", e), ("ffn_norm", e), ("attn_q_norm", 128),
                           ("attn_k_norm", 128)):  # fmt: skip
            model.norm(f"{at}.{name}", size)
        attention(model, at, h, kv, 128)
        dense(model, at, ff)
    return model


def qwen35(e: int, n: int, h: int, kv: int, ff: int, values: int, nextn: int = 0) -> Model:
    """A dense hybrid: three delta nets to one gated attention, and blocks that only draft."""
    model = begun("qwen35", "Q4_K", e, n + nextn, 262144, 248320)
    heads(model, h, kv, 256)
    model.say(feed_forward_length=ff, full_attention_interval=4, ssm__conv_kernel=4)
    model.say(ssm__inner_size=128 * values, ssm__state_size=128, ssm__group_count=16)
    model.say(ssm__time_step_rank=values, nextn_predict_layers=nextn)
    for index, at in enumerate(blocks(model)):
        model.norm(f"{at}.attn_norm", e)
        model.norm(f"{at}.post_attention_norm", e)
        if index % 4 == 3 or index >= n:
            attention(model, at, h, kv, 256, gated=2)
            model.norm(f"{at}.attn_q_norm", 256)
            model.norm(f"{at}.attn_k_norm", 256)
        else:
            delta_net(model, at, 16, values, 128)
            alpha_beta(model, at, values)
        dense(model, at, ff)
    return model


def _llama(kind: str) -> Model:
    return llama(kind, 8192, 80, 64, 8, 128, 28672, 131072, 128256)


def _deepseek() -> Model:
    return deepseek2("Q4_K", 7168, 61, 128, 18432, 2048, 256, 8, 3, 1536, 512, 64, 128, 128,
                     163840, 129280)  # fmt: skip


def _gpt_oss(layers: int, count: int) -> Model:
    return gpt_oss("Q8_0", 2880, layers, 64, 8, 64, 2880, count, 4, 128, 131072, 201088)


MODELS: dict[str, Callable[[], Model]] = {
    "Llama 3.3 70B, Q4_K_M": lambda: q4_k_m(_llama("Q4_K"), values="Q5_K"),
    "Llama 3.1 70B, Q4_0": lambda: retyped(
        _llama("Q4_0"), lambda name, kind: "Q6_K" if name == "output.weight" else kind
    ),
    "Qwen3 32B, Q4_K_M": lambda: q4_k_m(qwen3(5120, 64, 64, 8, 25600)),
    "Qwen3 30B-A3B, Q4_K_M": lambda: q4_k_m(
        qwen3moe("Q4_K", 2048, 48, 32, 4, 128, 768, 128, 8, 40960, 151936)
    ),
    "Qwen3.5 9B": lambda: qwen35(4096, 32, 16, 4, 12288, 32),
    "Qwen3.6 27B": lambda: qwen35(5120, 64, 24, 4, 17408, 48, nextn=1),
    "gpt-oss 20B, MXFP4": lambda: mxfp4(_gpt_oss(24, 32)),
    "gpt-oss 120B, MXFP4": lambda: mxfp4(_gpt_oss(36, 128)),
    "gpt-oss 120B, MXFP4 and BF16": lambda: mxfp4(_gpt_oss(36, 128), "BF16"),
    "Gemma 3 12B, Q4_K_M": lambda: q4_k_m(
        gemma3("Q4_K", 3840, 48, 16, 8, 256, 15360, 1024, 131072, 262208)
    ),
    "Gemma 3 27B, Q8_0": lambda: gemma3("Q8_0", 5376, 62, 32, 16, 128, 21504, 1024, 131072, 262208),
    "DeepSeek V3, Q4_K_M": lambda: q4_k_m(_deepseek()),
}


@cache
def facts(name: str) -> GgufFacts:
    """What the header of a published model says."""
    return facts_of_made(MODELS[name]())
