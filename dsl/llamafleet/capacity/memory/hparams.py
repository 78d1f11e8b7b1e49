"""The dimensions of a model that decide what it takes, read from its metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...dataclasses import dataclass
from .windows import windows_of

if TYPE_CHECKING:
    from ...gguf import GgufFacts

RECURRENT = frozenset({"mamba", "mamba2", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7"})
"""llm_arch_is_recurrent: no attention at all."""

BY_HEADS = frozenset({
    "bailingmoe3", "glm5-next", "granitehybrid", "jamba", "kimi-k3", "kimi-linear", "lfm2",
    "lfm2moe", "plamo2",
})  # fmt: skip
"""Hybrids whose layers without KV heads are recurrent."""

BY_INTERVAL = frozenset({"minimax-01", "qwen35", "qwen35moe", "qwen3next", "qwen4exp"})
"""Hybrids of which every nth layer is attention."""

BOTH = frozenset({"falcon-h1"})
"""Hybrids whose every layer has both."""

NEMOTRON = frozenset({"nemotron_h", "nemotron_h_moe"})

WITHOUT_CACHE = frozenset({
    "bert", "jina-bert-v2", "jina-bert-v3", "nomic-bert", "nomic-bert-moe", "neo-bert", "eurobert",
    "wavtokenizer-dec", "modern-bert", "gemma-embedding", "dream", "llada", "llada-moe", "rnd1",
})  # fmt: skip
"""Architectures for which llama_model::create_memory makes none."""

NEVER_CAUSAL = frozenset({"dream", "gemma-embedding", "llada", "llada-moe", "rnd1"})
"""hparams.causal_attn is false for these, whatever their file says."""

KIMI_DELTA = frozenset({"bailingmoe3", "glm5-next", "kimi-k3", "kimi-linear"})
"""Hybrids with Kimi's delta attention, whose state has kda.head_dim in both dimensions."""

ROLLS_BACK = frozenset({
    "kimi-k3", "qwen35", "qwen35moe", "qwen4exp", "deepseek4", "glm5-next", "nemotron_h",
    "nemotron_h_moe",
})  # fmt: skip
"""llm_arch_supports_rs_rollback: states are kept for each drafted token."""


MOST_LAYERS = 512
"""LLAMA_MAX_LAYERS."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One block of a model."""

    index: int
    attention: bool
    recurrent: bool
    window: bool
    heads: int
    kv_heads: int
    head_k: int
    head_v: int
    feed_forward: int

    @property
    def k(self) -> int:
        """Values of K for one token."""
        return self.head_k * self.kv_heads

    @property
    def v(self) -> int:
        """Values of V for one token."""
        return self.head_v * self.kv_heads


@dataclass(frozen=True, slots=True)
class HParams:
    """A model's dimensions; layers past `attended` only draft.

    `state_r` and `state_s` are the values of one recurrent state.
    """

    architecture: str
    trained: int
    embedding: int
    vocabulary: int
    layers: tuple[Layer, ...]
    attended: int
    window: int
    latent: bool
    state_r: int
    state_s: int
    causal: bool

    @property
    def caches(self) -> bool:
        """Whether attention is cached at all."""
        return self.architecture not in WITHOUT_CACHE


def hparams_of(facts: GgufFacts) -> HParams | str:
    """The dimensions of a model, or what its file lacks."""
    count, embedding = facts.integer("block_count"), facts.integer("embedding_length")
    if not count or not embedding:
        kind = facts.architecture
        return f"its header lacks {kind}.block_count or {kind}.embedding_length: is it a model?"
    if not 0 < count <= MOST_LAYERS or embedding < 0:
        return f"its header says {count} blocks: llama.cpp takes up to {MOST_LAYERS}"
    attended = count - (facts.integer("nextn_predict_layers") or 0)
    latent = facts.integer("attention.key_length_mla") is not None
    r, s = _states(facts, embedding)
    windows = windows_of(facts, count, attended)
    return HParams(
        architecture=facts.architecture,
        trained=facts.integer("context_length") or 0,
        embedding=embedding,
        vocabulary=facts.vocabulary,
        layers=_layers(facts, count, attended, embedding, windows.layers),
        attended=attended,
        window=windows.length,
        latent=latent,
        state_r=r,
        state_s=s,
        causal=facts.metadata.get("attention.causal") is not False
        and facts.architecture not in NEVER_CAUSAL,
    )


def _layers(
    facts: GgufFacts, count: int, attended: int, embedding: int, windows: tuple[bool, ...]
) -> tuple[Layer, ...]:
    heads = facts.per_layer("attention.head_count", count) or (0,) * count
    kv_heads = facts.per_layer("attention.head_count_kv", count) or heads
    feed_forward = facts.per_layer("feed_forward_length", count) or (0,) * count
    default = embedding // heads[0] if heads[0] else 0
    k = facts.integer("attention.key_length") or default
    v = facts.integer("attention.value_length") or default
    k_window = facts.integer("attention.key_length_swa") or k
    v_window = facts.integer("attention.value_length_swa") or v
    recurrent = _recurrent(facts, count, attended, kv_heads, feed_forward)
    cached = _cached(facts, count, attended)
    return tuple(
        Layer(
            index=index,
            attention=_attends(facts.architecture, recurrent[index], feed_forward[index])
            and index < cached,
            recurrent=recurrent[index] and index < attended,
            window=windows[index],
            heads=heads[index],
            kv_heads=kv_heads[index],
            head_k=k_window if windows[index] else k,
            head_v=v_window if windows[index] else v,
            feed_forward=feed_forward[index],
        )
        for index in range(count)
    )


def _attends(architecture: str, recurrent: bool, feed_forward: int) -> bool:
    if architecture in BOTH:
        return True
    return not recurrent and not (architecture in NEMOTRON and feed_forward > 0)


def _cached(facts: GgufFacts, count: int, attended: int) -> int:
    """How many layers have a cache of their own."""
    match facts.architecture:
        case "gemma3n":
            return min(20, attended)
        case "gemma4":
            return attended - (facts.integer("attention.shared_kv_layers") or 0)
    return attended if attended else count


def _recurrent(
    facts: GgufFacts,
    count: int,
    attended: int,
    kv_heads: tuple[int, ...],
    feed_forward: tuple[int, ...],
) -> tuple[bool, ...]:
    architecture = facts.architecture
    if architecture in RECURRENT or architecture in BOTH:
        return (True,) * count
    if architecture in BY_HEADS:
        return tuple(each == 0 for each in kv_heads)
    if architecture in NEMOTRON:
        pairs = zip(kv_heads, feed_forward, strict=True)
        return tuple(heads == 0 and width == 0 for heads, width in pairs)
    if architecture in BY_INTERVAL:
        said = facts.per_layer("attention.recurrent_layers", count)
        if said is not None:
            return tuple(bool(each) for each in said)
        interval = facts.integer("full_attention_interval") or 4
        return tuple(index < attended and (index + 1) % interval != 0 for index in range(count))
    return (False,) * count


def _states(facts: GgufFacts, embedding: int) -> tuple[int, int]:
    """llama_hparams::n_embd_r and n_embd_s, of the keys that an architecture reads."""
    kind = facts.architecture
    conv = max((facts.integer("ssm.conv_kernel") or 0) - 1, 0)
    heads = facts.integer("attention.head_count") or 0
    if kind.startswith(("rwkv", "arwkv")):
        size = facts.integer("wkv.head_size") or 0
        default = 1 if kind in ("rwkv6qwen2", "arwkv7") else 2
        return (facts.integer("token_shift_count") or default) * embedding, embedding * size
    if kind.startswith("lfm2"):
        return embedding * (facts.integer("shortconv.l_cache") or 1) - embedding, 0
    if kind in KIMI_DELTA:
        size = facts.integer("kda.head_dim") or 0
        return 3 * (conv or 3) * heads * size, size * size * heads
    if kind == "minimax-01":
        size = facts.integer("attention.key_length") or (embedding // heads if heads else 0)
        return 0, size * size * heads
    inner, state = facts.integer("ssm.inner_size") or 0, facts.integer("ssm.state_size") or 0
    groups = facts.integer("ssm.group_count") or 0
    return conv * (inner + 2 * groups * state), state * inner
