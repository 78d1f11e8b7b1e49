"""Headers of models for the memory tests: small ones that load, and real dimensions."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.gguf.writing import LIST, Raw, Weights

NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
INT32 = 5


@dataclass(slots=True)
class Model:
    """A header that grows."""

    architecture: str
    kind: str
    embedding: int
    layers: int
    vocabulary: int
    entries: dict[str, object] = field(default_factory=dict)
    tensors: list[Weights] = field(default_factory=list)

    def say(self, **keys: object) -> None:
        """Keys of the architecture; `__` stands for a dot."""
        for key, value in keys.items():
            self.entries[f"{self.architecture}.{key.replace('__', '.')}"] = value

    def matrix(self, name: str, *dims: int, kind: str = "") -> None:
        """A weight of the model's type."""
        self.tensors.append((f"{name}.weight", kind or self.kind, dims))

    def vector(self, name: str, *dims: int) -> None:
        """A weight that is never quantized; the name is whole."""
        self.tensors.append((name, "F32", dims))

    def norm(self, name: str, size: int) -> None:
        """The weight of a norm."""
        self.vector(f"{name}.weight", size)


def begun(
    architecture: str, kind: str, embedding: int, layers: int, context: int, vocabulary: int,
    tied: bool = False,
) -> Model:  # fmt: skip
    """What all models have: a vocabulary, embeddings, an output."""
    model = Model(architecture, kind, embedding, layers, vocabulary)
    model.entries["general.architecture"] = architecture
    model.say(context_length=context, embedding_length=embedding, block_count=layers)
    model.say(attention__layer_norm_rms_epsilon=1e-6, vocab_size=vocabulary)
    bytes_ = [f"<0x{number:02X}>" for number in range(256)]
    words = ["<unk>", "<s>", "</s>", *bytes_, *(f"w{each}" for each in range(vocabulary - 259))]
    kinds = [UNKNOWN, CONTROL, CONTROL, *[BYTE] * 256, *[NORMAL] * (vocabulary - 259)]
    model.entries |= {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": words,
        "tokenizer.ggml.scores": [0.0] * vocabulary,
        "tokenizer.ggml.token_type": Raw(
            LIST, struct.pack(f"<IQ{len(kinds)}i", INT32, len(kinds), *kinds)
        ),
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
    }
    model.matrix("token_embd", embedding, vocabulary)
    model.norm("output_norm", embedding)
    if not tied:
        model.matrix("output", embedding, vocabulary)
    return model


def heads(model: Model, count: int, kv: int, size: int) -> None:
    """Attention's dimensions."""
    model.say(attention__head_count=count, attention__head_count_kv=kv, rope__freq_base=10000.0)
    model.say(attention__key_length=size, attention__value_length=size, rope__dimension_count=size)


def attention(model: Model, at: str, count: int, kv: int, size: int, gated: int = 1) -> None:
    """Q, K, V and the output projection."""
    wide = model.embedding
    model.matrix(f"{at}.attn_q", wide, count * size * gated)
    model.matrix(f"{at}.attn_k", wide, kv * size)
    model.matrix(f"{at}.attn_v", wide, kv * size)
    model.matrix(f"{at}.attn_output", count * size, wide)


def delta_net(model: Model, at: str, keys: int, values: int, state: int) -> None:
    """A gated delta net but for what makes alpha and beta, which architectures store apart."""
    wide, channels = model.embedding, state * (2 * keys + values)
    model.matrix(f"{at}.attn_qkv", wide, channels)
    model.matrix(f"{at}.attn_gate", wide, state * values)
    model.vector(f"{at}.ssm_conv1d.weight", 4, channels)
    model.vector(f"{at}.ssm_dt.bias", values)
    model.vector(f"{at}.ssm_a", values)
    model.norm(f"{at}.ssm_norm", state)
    model.matrix(f"{at}.ssm_out", state * values, wide)


def alpha_beta(model: Model, at: str, values: int, kind: str = "") -> None:
    """What Qwen 3.5 stores of them."""
    for name in ("ssm_alpha", "ssm_beta"):
        model.matrix(f"{at}.{name}", model.embedding, values, kind=kind)


def dense(model: Model, at: str, width: int, suffix: str = "") -> None:
    """Gate, up and down."""
    model.matrix(f"{at}.ffn_gate{suffix}", model.embedding, width)
    model.matrix(f"{at}.ffn_up{suffix}", model.embedding, width)
    model.matrix(f"{at}.ffn_down{suffix}", width, model.embedding)


def experts(model: Model, at: str, width: int, count: int) -> None:
    """A router, and gate, up and down of each expert."""
    model.vector(f"{at}.ffn_gate_inp.weight", model.embedding, count)
    model.matrix(f"{at}.ffn_gate_exps", model.embedding, width, count)
    model.matrix(f"{at}.ffn_up_exps", model.embedding, width, count)
    model.matrix(f"{at}.ffn_down_exps", width, model.embedding, count)


def llama(kind: str = "Q8_0", e: int = 320, n: int = 5, h: int = 5, kv: int = 1, size: int = 64,
          ff: int = 864, context: int = 6144, vocabulary: int = 1500) -> Model:  # fmt: skip
    """Dense, grouped queries."""
    model = begun("llama", kind, e, n, context, vocabulary)
    heads(model, h, kv, size)
    model.say(feed_forward_length=ff)
    for at in blocks(model):
        model.norm(f"{at}.attn_norm", e)
        attention(model, at, h, kv, size)
        model.norm(f"{at}.ffn_norm", e)
        dense(model, at, ff)
    return model


def gemma3(kind: str = "Q8_0", e: int = 256, n: int = 7, h: int = 4, kv: int = 2, size: int = 64,
           ff: int = 640, window: int = 300, context: int = 8192,
           vocabulary: int = 1700) -> Model:  # fmt: skip
    """Windows in five of six layers, tied embeddings."""
    model = begun("gemma3", kind, e, n, context, vocabulary, tied=True)
    heads(model, h, kv, size)
    model.say(feed_forward_length=ff, attention__sliding_window=window)
    for at in blocks(model):
        for name in ("attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm"):
            model.norm(f"{at}.{name}", e)
        model.norm(f"{at}.attn_q_norm", size)
        model.norm(f"{at}.attn_k_norm", size)
        attention(model, at, h, kv, size)
        dense(model, at, ff)
    return model


def gpt_oss(kind: str = "Q8_0", e: int = 192, n: int = 4, h: int = 6, kv: int = 2, size: int = 32,
            ff: int = 224, count: int = 6, used: int = 3, window: int = 128, context: int = 4096,
            vocabulary: int = 1900) -> Model:  # fmt: skip
    """Windows in every other layer, sinks, experts with biases."""
    model = begun("gpt-oss", kind, e, n, context, vocabulary)
    heads(model, h, kv, size)
    model.say(feed_forward_length=ff, attention__sliding_window=window, expert_count=count)
    model.say(expert_used_count=used, expert_feed_forward_length=ff)
    for at in blocks(model):
        model.norm(f"{at}.attn_norm", e)
        model.norm(f"{at}.post_attention_norm", e)
        attention(model, at, h, kv, size)
        wide = {"attn_q": h * size, "attn_k": kv * size, "attn_v": kv * size, "attn_output": e}
        for name, width in wide.items():
            model.vector(f"{at}.{name}.bias", width)
        model.vector(f"{at}.attn_sinks.weight", h)
        experts(model, at, ff, count)
        model.vector(f"{at}.ffn_gate_inp.bias", count)
        for name, width in (("gate", ff), ("up", ff), ("down", e)):
            model.vector(f"{at}.ffn_{name}_exps.bias", width, count)
    return model


def qwen3moe(kind: str = "Q8_0", e: int = 256, n: int = 3, h: int = 8, kv: int = 2, size: int = 64,
             ff: int = 256, count: int = 12, used: int = 5, context: int = 4096,
             vocabulary: int = 2100) -> Model:  # fmt: skip
    """Experts."""
    model = begun("qwen3moe", kind, e, n, context, vocabulary)
    heads(model, h, kv, size)
    model.say(feed_forward_length=ff, expert_count=count, expert_used_count=used)
    model.say(expert_feed_forward_length=ff)
    for at in blocks(model):
        model.norm(f"{at}.attn_norm", e)
        model.norm(f"{at}.ffn_norm", e)
        model.norm(f"{at}.attn_q_norm", size)
        model.norm(f"{at}.attn_k_norm", size)
        attention(model, at, h, kv, size)
        experts(model, at, ff, count)
    return model


def deepseek2(kind: str = "Q8_0", e: int = 256, n: int = 4, h: int = 6, ff: int = 544,
              fx: int = 160,
              count: int = 6, used: int = 2, lead: int = 2, q: int = 192, rank: int = 128,
              turned: int = 64, nope: int = 32, v: int = 96, context: int = 4096,
              vocabulary: int = 1300) -> Model:  # fmt: skip
    """MLA: one latent K a token and no V; experts beside a shared one after dense layers."""
    model = begun("deepseek2", kind, e, n, context, vocabulary)
    model.say(attention__head_count=h, attention__head_count_kv=1, rope__freq_base=10000.0)
    model.say(attention__key_length=rank + turned, attention__value_length=rank)
    model.say(rope__dimension_count=turned, attention__q_lora_rank=q, attention__kv_lora_rank=rank)
    model.say(attention__key_length_mla=nope + turned, attention__value_length_mla=v)
    model.say(leading_dense_block_count=lead, expert_count=count, expert_used_count=used)
    model.say(expert_shared_count=1, expert_feed_forward_length=fx, expert_weights_scale=1.0)
    model.say(feed_forward_length=ff)
    for index, at in enumerate(blocks(model)):
        for name, width in (("attn_norm", e), ("ffn_norm", e), ("attn_q_a_norm", q)):
            model.norm(f"{at}.{name}", width)
        model.norm(f"{at}.attn_kv_a_norm", rank)
        model.matrix(f"{at}.attn_q_a", e, q)
        model.matrix(f"{at}.attn_q_b", q, h * (nope + turned))
        model.matrix(f"{at}.attn_kv_a_mqa", e, rank + turned)
        model.matrix(f"{at}.attn_k_b", nope, rank, h, kind="F16" if kind == "Q4_K" else "")
        model.matrix(f"{at}.attn_v_b", rank, v, h, kind="F16" if kind == "Q4_K" else "")
        model.matrix(f"{at}.attn_output", h * v, e)
        if index < lead:
            dense(model, at, ff)
        else:
            experts(model, at, fx, count)
            dense(model, at, fx, "_shexp")
    return model


def mamba2(kind: str = "Q8_0", e: int = 192, n: int = 3, inner: int = 384, state: int = 64,
           count: int = 6, groups: int = 2, context: int = 4096,
           vocabulary: int = 1200) -> Model:  # fmt: skip
    """Recurrent layers only."""
    model = begun("mamba2", kind, e, n, context, vocabulary, tied=True)
    model.say(attention__head_count=0, feed_forward_length=0, ssm__conv_kernel=4)
    model.say(ssm__inner_size=inner, ssm__state_size=state)
    model.say(ssm__time_step_rank=count, ssm__group_count=groups)
    channels = inner + 2 * groups * state
    for at in blocks(model):
        model.norm(f"{at}.attn_norm", e)
        model.matrix(f"{at}.ssm_in", e, inner + channels + count)
        model.vector(f"{at}.ssm_conv1d.weight", 4, channels)
        model.vector(f"{at}.ssm_conv1d.bias", channels)
        model.vector(f"{at}.ssm_dt.bias", count)
        model.vector(f"{at}.ssm_a", 1, count)
        model.vector(f"{at}.ssm_d", 1, count)
        model.vector(f"{at}.ssm_norm.weight", inner // groups, groups)
        model.matrix(f"{at}.ssm_out", inner, e)
    return model


def qwen3next(kind: str = "Q8_0", e: int = 192, n: int = 4, h: int = 4, kv: int = 2, size: int = 64,
              ff: int = 128, count: int = 6, used: int = 2, state: int = 32, keys: int = 2,
              values: int = 4, context: int = 4096, vocabulary: int = 1600) -> Model:  # fmt: skip
    """Three delta nets to one gated attention; experts beside a shared one."""
    model = begun("qwen3next", kind, e, n, context, vocabulary)
    heads(model, h, kv, size)
    model.say(feed_forward_length=ff, full_attention_interval=4, ssm__conv_kernel=4)
    model.say(ssm__inner_size=state * values, ssm__state_size=state, ssm__group_count=keys)
    model.say(ssm__time_step_rank=values, expert_count=count, expert_used_count=used)
    model.say(expert_feed_forward_length=ff, expert_shared_feed_forward_length=ff)
    for index, at in enumerate(blocks(model)):
        model.norm(f"{at}.attn_norm", e)
        model.norm(f"{at}.post_attention_norm", e)
        if index % 4 == 3:
            attention(model, at, h, kv, size, gated=2)
            model.norm(f"{at}.attn_q_norm", size)
            model.norm(f"{at}.attn_k_norm", size)
        else:
            delta_net(model, at, keys, values, state)
            model.matrix(f"{at}.ssm_ba", e, 2 * values)
        experts(model, at, ff, count)
        model.vector(f"{at}.ffn_gate_inp_shexp.weight", e)
        dense(model, at, ff, "_shexp")
    return model


def blocks(model: Model) -> Iterator[str]:
    """The prefixes of a model's layers."""
    return (f"blk.{index}" for index in range(model.layers))


TINY: dict[str, Callable[[], Model]] = {
    "llama": llama,
    "llama-q4_0": lambda: llama("Q4_0"),
    "gemma3": gemma3,
    "gpt-oss": gpt_oss,
    "qwen3moe": qwen3moe,
    "qwen3moe-q4_k": lambda: qwen3moe("Q4_K"),
    "deepseek2": deepseek2,
    "mamba2": mamba2,
    "qwen3next": qwen3next,
}

REAL: dict[str, Callable[[], Model]] = {
    "llama-3.3-70b": lambda: llama("Q4_K", 8192, 80, 64, 8, 128, 28672, 131072, 128256),
    "llama-3.1-8b": lambda: llama("Q4_K", 4096, 32, 32, 8, 128, 14336, 131072, 128256),
    "gemma-3-27b": lambda: gemma3("Q4_0", 5376, 62, 32, 16, 128, 21504, 1024, 131072, 262208),
    "gpt-oss-20b": lambda: gpt_oss("MXFP4", 2880, 24, 64, 8, 64, 2880, 32, 4, 128, 131072, 201088),
    "qwen3-30b-a3b": lambda: qwen3moe("Q4_K", 2048, 48, 32, 4, 128, 768, 128, 8, 40960, 151936),
    "deepseek-v3": lambda: deepseek2("Q4_K", 7168, 61, 128, 18432, 2048, 256, 8, 3, 1536, 512, 64,
                                     128, 128, 163840, 129280),
}  # fmt: skip
