"""Q, K and V of a layer, and its attention as a whole."""

from __future__ import annotations

from ..hparams import Layer
from .attention import AttentionInputs, KeysAndValues, attend, multi_head_attention, tempered
from .kv_cache import Cache
from .mla import attention_with_full_kv, mla_attention
from .network import Network
from .tensors import Tensor
from .traits import rotates


def attention(net: Network, layer: Layer, cache: Cache | None, source: Tensor) -> Tensor:
    """Build Q, K and V, attention, and the output projection."""
    here = f"blk.{layer.index}."
    if net.hparams.is_mla and net.has(here + "attn_kv_a_mqa.weight") and cache is not None:
        return mla_attention(net, layer, cache, source)
    if net.has(here + "attn_kv_b.weight") and cache is not None:
        return attention_with_full_kv(net, layer, cache, source)
    query, key, value, gate = _projected(net, layer, source)
    width = layer.n_head * layer.n_embd_head_v
    if cache is None or net.hparams.architecture.kv_cache == "unread":
        found = _uncached(net, layer, query, key, value)
    else:
        found = attend(net, layer, cache, AttentionInputs(query, key, value))
    if gate is not None:
        view = net.graph.view_rows(gate, (width, net.tokens), 2 * width, net.tokens)
        opened = net.graph.add("CONT", (width, net.tokens), view)
        opened = net.graph.add("UNARY", (width, net.tokens), opened)
        found = net.graph.add("MUL", (width, net.tokens), found, opened)
    elif net.has(here + "attn_gate.weight"):
        found = _gated(net, layer, source, found)
    if net.has(here + "attn_sub_norm.weight"):
        found = net.norm(found, (width, net.tokens), here + "attn_sub_norm.weight", layer.index)
    name = "attn_output" if net.has(here + "attn_output.weight") else "attn_out"
    return net.multiply(f"{here}{name}.weight", found, net.tokens)


def _gated(net: Network, layer: Layer, source: Tensor, found: Tensor) -> Tensor:
    """A gate for each value, or for each head."""
    graph, name = net.graph, f"blk.{layer.index}.attn_gate.weight"
    many, width = net.length(name, 1), layer.n_head * layer.n_embd_head_v
    gate = net.multiply(name, source, net.tokens)
    gate = graph.add("UNARY", (many, net.tokens), gate)
    if many == width:
        return graph.add("MUL", (width, net.tokens), found, gate)
    dims = (layer.n_embd_head_v, layer.n_head, net.tokens)
    gate = graph.view(gate, (1, layer.n_head, net.tokens))
    found = graph.add("MUL", dims, graph.view(found, dims), gate)
    return graph.view(found, (width, net.tokens))


def _uncached(net: Network, layer: Layer, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Models of embeddings and of diffusion see their batch alone."""
    net.graph.expand(query, key, value)
    kind = "f16" if net.flash else "f32"
    name = "kq_mask batch swa" if layer.window else "kq_mask batch"
    mask = net.input(name, (net.tokens, net.tokens), kind)
    return multi_head_attention(
        net,
        layer,
        KeysAndValues(key, value, ("f32", "f32"), net.tokens, 1, mask, layer.index, True),
        query,
    )


def _projected(
    net: Network, layer: Layer, source: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    here, tokens, graph = f"blk.{layer.index}.", net.tokens, net.graph
    q, k = layer.n_head * layer.n_embd_head_k, layer.n_embd_k_gqa
    if net.has(here + "attn_qkv.weight"):
        fused = _fused(net, layer, source)
        whole = net.length(here + "attn_qkv.weight", 1)
        query = graph.view_rows(fused, (layer.n_embd_head_k, layer.n_head, tokens), whole, tokens)
        key = graph.view_rows(fused, (layer.n_embd_head_k, layer.n_head_kv, tokens), whole, tokens)
        value = graph.view_rows(
            fused, (layer.n_embd_head_v, layer.n_head_kv, tokens), whole, tokens
        )
        return _turned(net, layer, query, "q", q), _turned(net, layer, key, "k", k), value, None
    gate = None
    query = _clamped(net, net.multiply(here + "attn_q.weight", source, tokens), q)
    if net.length(here + "attn_q.weight", 1) == 2 * q:
        gate, query = query, graph.view_rows(query, (q, tokens), 2 * q, tokens)
    query = _turned(net, layer, query, "q", q)
    key = _clamped(net, net.multiply(here + "attn_k.weight", source, tokens), k)
    key = _turned(net, layer, key, "k", k)
    value = _clamped(net, net.multiply(here + "attn_v.weight", source, tokens), layer.n_embd_v_gqa)
    value = graph.view(value, (layer.n_embd_head_v, layer.n_head_kv, tokens))
    return query, key, value, gate


def _fused(net: Network, layer: Layer, source: Tensor) -> Tensor:
    here, graph = f"blk.{layer.index}.", net.graph
    name = here + "attn_qkv.weight"
    dims = (net.length(name, 1), net.tokens)
    fused = net.multiply(name, source, net.tokens)
    separate = [f"{here}attn_{each}.bias" for each in "qkv"]
    if not net.has(here + "attn_qkv.bias") and all(net.has(each) for each in separate):
        q, k, v = (net.weight(each) for each in separate)
        first = graph.add("CONCAT", (dims[0] - layer.n_embd_v_gqa,), q, k)
        fused = graph.add("ADD", dims, fused, graph.add("CONCAT", dims[:1], first, v))
    return _clamped(net, fused, dims[0])


def _clamped(net: Network, source: Tensor, width: int) -> Tensor:
    if not net.hparams.architecture.clamps_qkv or not net.facts.number("attention.clamp_kqv"):
        return source
    return net.graph.add("CLAMP", (width, net.tokens), source)


def _turned(net: Network, layer: Layer, source: Tensor, which: str, width: int) -> Tensor:
    """Normed where the model does so, rotated by position, and scaled."""
    heads = layer.n_head if which == "q" else layer.n_head_kv
    dims = (layer.n_embd_head_k, heads, net.tokens)
    architecture = net.hparams.architecture
    first = architecture.qk_norm == "after rope"
    if not first:
        source = _normed(net, layer, source, which, width)
    if source.layout[1] != dims and source.op != "VIEW":
        source = net.graph.view(source, dims)
    if rotates(net.hparams, net.facts, layer):
        source = net.graph.add("ROPE", dims, source, net.positions())
        if architecture.norms_rotated and net.hparams.layers[0].window:
            source = net.graph.add("RMS_NORM", dims, source)
    elif architecture.temperature == "unrotated" and which == "q":
        source = tempered(net, source, dims)
    if first:
        source = _normed(net, layer, source, which, width)
    if which == "q":
        if architecture.scaled_query:
            source = net.graph.add("SCALE", dims, source)
        elif architecture.temperature == "rotated":
            source = tempered(net, source, dims)
    return source


def _normed(net: Network, layer: Layer, source: Tensor, which: str, width: int) -> Tensor:
    name = f"blk.{layer.index}.attn_{which}_norm.weight"
    heads = layer.n_head if which == "q" else layer.n_head_kv
    dims = (layer.n_embd_head_k, heads, net.tokens)
    if not net.has(name):
        if net.hparams.architecture.unweighted_qk_norm:
            shaped = source if source.layout[1] == dims else net.graph.view(source, dims)
            return net.graph.add("RMS_NORM", dims, shaped)
        return source
    if net.length(name, 0) == width and heads > 1 and len(net.dims(name)) == 1:
        # All heads at once.
        if source.op == "VIEW":
            source = net.graph.add("CONT", (width, net.tokens), source)
        return net.norm(source, (width, net.tokens), name, layer.index)
    if source.op != "VIEW" and source.layout[1] != dims:
        source = net.graph.view(source, dims)
    return net.norm(source, dims, name, layer.index)
