"""The record of one architecture: all that a header does not tell of its sizes and its graph.

Fields without a default say how the graph is put together: every record states them. The others
are what some architectures have besides, and their defaults are that this one lacks it. Rules are
those of src/models/*.cpp and src/llama-arch.cpp of the modelled build.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from ....dataclasses import dataclass

Exactness: TypeAlias = Literal["recorded", "unrecorded", "nearly", "partly", "unknown"]
"""recorded: starts of the real llama-server hold the estimate to within 2 %.
unrecorded: all of the graph is built, but no start of such a model was recorded; compute buffers
may be a quarter off.
nearly: a step or two of the graph is not built; compute buffers are taken 1.15 times as large.
partly: whole parts of the graph are not built; compute buffers are taken twice as large.
unknown: there is no record, only a header; everything but weights is by rule of thumb."""

Graph: TypeAlias = Literal["sequential", "parallel", "encoder", "altup", "per-layer", "time-mix"]
"""sequential: attention or a recurrent part, then feed-forward, each with a residual sum.
parallel: attention and feed-forward read the same, where a layer has no norm between them.
encoder: norms come after each part, as in BERT. altup: several streams, as in Gemma 3n.
per-layer: layers may have inputs and experts beside a dense part, as in Gemma 4.
time-mix: RWKV 7."""

Norm: TypeAlias = Literal["rms", "layer"]
"""LLM_NORM_RMS, which works in place, or LLM_NORM, which needs a place of its own."""

Rope: TypeAlias = Literal[
    "all", "none", "windows", "three of four", "of 32 layers", "unless disabled"
]
"""Layers that rotate Q and K. windows: only those with one, where there are windows. three of four:
all but each fourth. of 32 layers: all, if the model has 32 layers. unless disabled: all, unless
rope.scaling.finetuned is false."""

ByKey: TypeAlias = Literal["never", "by key", "always"]
"""Presence of a step in the graph; "by key": where a key of the header is not zero."""


@dataclass(frozen=True, slots=True)
class Window:
    """Sliding windows: every `period`th layer is a full one, the last or the first of each period.

    A period of 0 is a list in the file. `length` is what a file without one gets, in tokens.
    """

    period: int = 0
    dense_first: bool = False
    length: int = 0
    fixed: bool = False
    """The length is `length`, whatever the file says."""
    optional: bool = False
    """Without a length in the file there are no windows."""
    off_by_zero: bool = False
    """A length of 0 in the file turns them off."""
    by_kv_heads: bool = False
    """Layers with KV heads have one, if the file says a length."""
    layers: int = 0
    """Only the model of so many layers has them; 0 stands for any."""


@dataclass(frozen=True, slots=True)
class Recurrent:
    """Layers with a recurrent state.

    `layers`: all; all, with attention beside it; those without KV heads; those without KV heads and
    feed-forward; all but each full_attention_interval-th. `state` is the formula of n_embd_r and
    n_embd_s (src/llama-hparams.cpp). `token_shifts` are rows of RWKV's n_embd_r by default.
    """

    layers: Literal[
        "all", "beside attention", "without heads", "without heads or feed-forward", "interval"
    ]
    state: Literal["ssm", "wkv", "short convolution", "kda", "lightning"] = "ssm"
    token_shifts: int = 2


@dataclass(frozen=True, slots=True)
class Indexer:
    """Sparse attention: keys in a cache of their own, by which cells are chosen.

    `values`: after the leading dense layers, with as wide a V (src/llama-kv-cache-msa.cpp; the
    others are src/llama-kv-cache-dsa.cpp). `shared_from`: from this trained context on, in tokens,
    four layers share one.
    """

    values: bool = False
    needs_top_k: bool = False
    shared_from: int = 0


@dataclass(frozen=True, slots=True)
class Router:
    """Choice and weights of experts: build_moe_ffn of src/llama-graph.cpp.

    `gating` makes probabilities of scores: "by key" is expert_gating_func, with a sigmoid or with
    a softmax where that is missing; "chosen" is a softmax over the chosen ones alone. `weights`
    of the chosen experts are made to sum up to one, or by expert_weights_norm, or not.
    """

    gating: Literal[
        "softmax", "sigmoid", "by key, else sigmoid", "by key, else softmax", "chosen"
    ] = "softmax"
    weights: Literal["normed", "by key", "plain"] = "normed"
    before_attention: bool = False
    """It reads what comes into the layer."""
    weighs_inputs: bool = False
    """Experts are chosen by scores, and what goes into them is weighed."""
    divides_shared_gate: bool = False
    """The sigmoid of the shared expert's gate takes two steps."""
    scales_sum: bool = False
    """The sum with the shared expert is scaled."""


@dataclass(frozen=True, slots=True)
class OutputHead:
    """The end of the graph.

    `rows`: where only tokens whose logits are asked for go on: in the last layer; before the last
    norm, whose input a draft head may read; before it, but for the model itself; after it.
    """

    logits: Literal["always", "unless pooled", "never"] = "always"
    rows: Literal["last layer", "shown hidden", "hidden", "normed"] = "last layer"
    copies_tied: bool = True
    """Embeddings that make the logits are there a second time on the output's device."""
    named_as_embedding_norm: bool = False
    """The last norm is token_embd_norm, and lies with the output."""
    soft_cap: Literal["never", "by key", "by default"] = "never"
    scale: ByKey = "never"
    softmax_of_ranks: bool = False
    """A reranker's scores go through a softmax."""


LOGITS = OutputHead()
"""Logits of the last layer's rows, and no step after them."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """One name of general.architecture, and how llama.cpp lays out and computes such a model."""

    name: str
    exact: Exactness
    graph: Graph
    norm: Norm
    rope: Rope
    output_head: OutputHead
    since: str = "b11434"
    """The build from whose sources the record was made."""

    # What of the context and the caches depends on the architecture.
    causal: bool = True
    kv_cache: Literal["read", "unread", "none"] = "read"
    """llama_model::create_memory makes one; embedding models may not read theirs."""
    most_kv_layers: int = 0
    """So many layers at most have a cache, later ones read theirs; 0 is no limit."""
    shares_kv: bool = False
    """The last attention.shared_kv_layers layers read the cache of an earlier one."""
    window: Window | None = None
    recurrent: Recurrent | None = None
    indexer: Indexer | None = None
    rolls_back: bool = False
    """llm_arch_supports_rs_rollback: a state is kept for each drafted token."""
    flash_attention: bool = True
    """llama_init_from_model turns flash attention off for some."""
    tensor_split: Literal["computed", "refused", "unknown"] = "computed"
    """`--split-mode tensor`: llm_arch_supports_sm_tensor; a few are cut by rules of their own."""
    rope_factors_in_windows: bool = True
    """Layers with a window use the tensors of rope factors, too."""

    # Embeddings.
    mixed_batch: bool = True
    """llm_arch_supports_mixed_batch: one batch may have tokens and embeddings."""
    embedding_scale: ByKey = "never"
    scaled_tokens: bool = False
    """Embeddings of tokens, but not those of images, are scaled."""
    positions_first: bool = False
    """The sum with embeddings of positions has these first."""

    # Norms and sums.
    unweighted_norms: bool = False
    """Norms of the layers have no weights."""
    expands_norm: bool = False
    """The norm before a layer's first part is expanded before it."""
    post_norm_of_layer: bool = False
    """The norm after feed-forward is kept on the layer's device."""
    norms_all_rows: bool = False
    """The norm after the last layer's attention is there for all tokens."""
    sums_all_rows: bool = False
    """The sum after the last layer's attention is there for all tokens."""
    residual_scale: ByKey = "never"
    residual_first: Literal["never", "feed-forward", "always"] = "never"
    """A sum has first what came in, and then what is added."""
    parallel_sum: Literal["residual", "attention", "attention first"] = "attention"
    """In parallel layers: what is added to the feed-forward's result first, or it to attention."""

    # Attention.
    positions: Literal["one", "four", "by key"] = "one"
    """Positions of a token: four are LLAMA_ROPE_TYPE_MROPE and IMROPE; by key of two sections."""
    qk_norm: Literal["before rope", "after rope"] = "before rope"
    unweighted_qk_norm: bool = False
    norms_rotated: bool = False
    """Rotated Q and K are normed without weights, where the first layer has a window."""
    scaled_query: bool = False
    """Q is scaled by a step of its own."""
    temperature: Literal["none", "latent", "rotated", "unrotated"] = "none"
    """Q is scaled by position: in MLA and, if attention.temperature_scale says so, in layers that
    rotate; or always, in layers that do not."""
    clamps_qkv: bool = False
    """attention.clamp_kqv is read."""
    soft_capped_scores: bool = False
    """Scores go through a tanh where flash attention does not do it."""
    rope_in_mla: bool = True
    gated_query: bool = False
    """Q has a gate, or linear attention's heads are in Qwen's order: cuts keep them together."""
    grouped_delta_heads: bool = False
    """A delta net's V heads lie by the K head they belong to, and its Q and K are repeated."""

    # Feed-forward.
    squared_activation: bool = False
    """The activation is a ReLU, squared."""
    router: Router = Router()


def unknown(name: str) -> Architecture:
    """Return what stands for an architecture without a record: full attention, nothing besides."""
    return Architecture(
        name=name, exact="unknown", graph="sequential", norm="rms", rope="all", output_head=LOGITS
    )
