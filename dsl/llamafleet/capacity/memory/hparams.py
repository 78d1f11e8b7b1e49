"""The dimensions of a model, read from its metadata: llama_hparams of src/llama-hparams.h."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...dataclasses import dataclass
from .windows import windows_of

if TYPE_CHECKING:
    from ...gguf import GgufFacts
    from .architectures.record import Architecture, Recurrent

MOST_LAYERS = 512
"""LLAMA_MAX_LAYERS."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One block of a model."""

    index: int
    attention: bool
    recurrent: bool
    window: bool
    n_head: int
    n_head_kv: int
    n_embd_head_k: int
    n_embd_head_v: int
    n_ff: int

    @property
    def n_embd_k_gqa(self) -> int:
        """Return the values of K for one token: n_embd_k_gqa."""
        return self.n_embd_head_k * self.n_head_kv

    @property
    def n_embd_v_gqa(self) -> int:
        """Return the values of V for one token: n_embd_v_gqa."""
        return self.n_embd_head_v * self.n_head_kv


@dataclass(frozen=True, slots=True)
class HParams:
    """A model's dimensions; layers past `n_layer` only draft.

    Names are those of llama_hparams; `n_embd_r` and `n_embd_s` are the values of one state.
    """

    architecture: Architecture
    n_ctx_train: int
    n_embd: int
    n_vocab: int
    layers: tuple[Layer, ...]
    n_layer: int
    n_swa: int
    is_mla: bool
    n_embd_r: int
    n_embd_s: int
    causal_attn: bool

    @property
    def has_kv_cache(self) -> bool:
        """Return True if llama.cpp makes a KV cache for the model."""
        return self.architecture.kv_cache != "none"


def hparams_of(facts: GgufFacts) -> HParams | str:
    """Return the dimensions of a model, or a message of what its header lacks."""
    count, embedding = facts.integer("block_count"), facts.integer("embedding_length")
    if not count or not embedding:
        kind = facts.architecture
        return f"its header lacks {kind}.block_count or {kind}.embedding_length: is it a model?"
    if not 0 < count <= MOST_LAYERS or embedding < 0:
        return f"its header says {count} blocks: llama.cpp takes up to {MOST_LAYERS}"
    from .architectures import record_of  # what has no header needs no record
    from .architectures.record import unknown

    n_layer = count - (facts.integer("nextn_predict_layers") or 0)
    latent = facts.integer("attention.key_length_mla") is not None
    architecture = record_of(facts.architecture) or unknown(facts.architecture)
    r, s = _states(facts, architecture.recurrent, embedding)
    windows = windows_of(facts, architecture.window, count, n_layer)
    return HParams(
        architecture=architecture,
        n_ctx_train=facts.integer("context_length") or 0,
        n_embd=embedding,
        n_vocab=facts.vocabulary,
        layers=_layers(facts, architecture, count, n_layer, embedding, windows.layers),
        n_layer=n_layer,
        n_swa=windows.length,
        is_mla=latent,
        n_embd_r=r,
        n_embd_s=s,
        causal_attn=architecture.causal and facts.metadata.get("attention.causal") is not False,
    )


def _layers(
    facts: GgufFacts,
    architecture: Architecture,
    count: int,
    n_layer: int,
    embedding: int,
    windows: tuple[bool, ...],
) -> tuple[Layer, ...]:
    heads = facts.per_layer("attention.head_count", count) or (0,) * count
    kv_heads = facts.per_layer("attention.head_count_kv", count) or heads
    feed_forward = facts.per_layer("feed_forward_length", count) or (0,) * count
    default = embedding // heads[0] if heads[0] else 0
    k = facts.integer("attention.key_length") or default
    v = facts.integer("attention.value_length") or default
    k_window = facts.integer("attention.key_length_swa") or k
    v_window = facts.integer("attention.value_length_swa") or v
    recurrent = _recurrent(facts, architecture.recurrent, count, n_layer, kv_heads, feed_forward)
    cached = _cached(facts, architecture, count, n_layer)
    return tuple(
        Layer(
            index=index,
            attention=_attends(architecture.recurrent, recurrent[index], feed_forward[index])
            and index < cached,
            recurrent=recurrent[index] and index < n_layer,
            window=windows[index],
            n_head=heads[index],
            n_head_kv=kv_heads[index],
            n_embd_head_k=k_window if windows[index] else k,
            n_embd_head_v=v_window if windows[index] else v,
            n_ff=feed_forward[index],
        )
        for index in range(count)
    )


def _attends(said: Recurrent | None, recurrent: bool, feed_forward: int) -> bool:
    layers = said.layers if said else ""
    if layers == "beside attention":
        return True
    return not recurrent and not (layers == "without heads or feed-forward" and feed_forward > 0)


def _cached(facts: GgufFacts, architecture: Architecture, count: int, n_layer: int) -> int:
    """Return how many layers have a cache of their own."""
    if architecture.most_kv_layers:
        return min(architecture.most_kv_layers, n_layer)
    if architecture.shares_kv:
        return n_layer - (facts.integer("attention.shared_kv_layers") or 0)
    return n_layer if n_layer else count


def _recurrent(
    facts: GgufFacts,
    said: Recurrent | None,
    count: int,
    n_layer: int,
    kv_heads: tuple[int, ...],
    feed_forward: tuple[int, ...],
) -> tuple[bool, ...]:
    match said.layers if said else "":
        case "all" | "beside attention":
            return (True,) * count
        case "without heads":
            return tuple(heads == 0 for heads in kv_heads)
        case "without heads or feed-forward":
            pairs = zip(kv_heads, feed_forward, strict=True)
            return tuple(heads == 0 and width == 0 for heads, width in pairs)
        case "interval":
            listed = facts.per_layer("attention.recurrent_layers", count)
            if listed is not None:
                return tuple(bool(layer) for layer in listed)
            interval = facts.integer("full_attention_interval") or 4
            return tuple(index < n_layer and (index + 1) % interval != 0 for index in range(count))
    return (False,) * count


def _states(facts: GgufFacts, recurrent: Recurrent | None, embedding: int) -> tuple[int, int]:
    """llama_hparams::n_embd_r and n_embd_s, of the keys that an architecture reads."""
    if recurrent is None:
        return 0, 0
    taps = max((facts.integer("ssm.conv_kernel") or 0) - 1, 0)
    heads = facts.integer("attention.head_count") or 0
    match recurrent.state:
        case "wkv":
            shifts = facts.integer("token_shift_count") or recurrent.token_shifts
            return shifts * embedding, embedding * (facts.integer("wkv.head_size") or 0)
        case "short convolution":
            return embedding * (facts.integer("shortconv.l_cache") or 1) - embedding, 0
        case "kda":
            size = facts.integer("kda.head_dim") or 0
            return 3 * (taps or 3) * heads * size, size * size * heads
        case "lightning":
            size = facts.integer("attention.key_length") or (embedding // heads if heads else 0)
            return 0, size * size * heads
    inner, state = facts.integer("ssm.inner_size") or 0, facts.integer("ssm.state_size") or 0
    groups = facts.integer("ssm.group_count") or 0
    return taps * (inner + 2 * groups * state), state * inner
