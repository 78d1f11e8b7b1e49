"""MLA: one latent K for each token, of which V is the front (src/models/deepseek2.cpp)."""

from __future__ import annotations

from dataclasses import replace

from ..hparams import Layer
from .attention import AttentionInputs, attend, tempered
from .kv_cache import Cache
from .network import Network
from .tensors import Tensor


def mla_attention(net: Network, layer: Layer, cache: Cache, source: Tensor) -> Tensor:
    """Build MLA with the absorbed projection: Q is made latent, and the result is unfolded."""
    here, tokens, graph, heads = f"blk.{layer.index}.", net.tokens, net.graph, layer.n_head
    rank = net.length(here + "attn_v_b.weight", 0)
    turned = layer.n_embd_head_k - rank
    query = _query(net, here, source, layer)
    inner = net.length(here + "attn_k_b.weight", 0)
    rotated = graph.view_rows(query, (turned, heads, tokens), inner + turned, heads * tokens)
    both = net.multiply(here + "attn_kv_a_mqa.weight", source, tokens)
    key = graph.view_rows(both, (turned, 1, tokens), rank + turned, tokens)
    if net.hparams.architecture.rope_in_mla:
        rotated = graph.add("ROPE", (turned, heads, tokens), rotated, net.positions())
        key = graph.add("ROPE", (turned, 1, tokens), key, net.positions())
    folded = graph.view_rows(both, (rank, tokens), rank + turned, tokens)
    folded = net.norm(folded, (rank, tokens), here + "attn_kv_a_norm.weight", layer.index)
    nope = graph.view(query, (inner, tokens, heads), "PERMUTE")
    weight = net.weight(here + "attn_k_b.weight")
    absorbed = graph.add("MUL_MAT", (rank, tokens, heads), weight, nope)
    back = graph.view(absorbed, (rank, heads, tokens), "PERMUTE")
    dims = (layer.n_embd_head_k, heads, tokens)
    asked = tempered(net, graph.add("CONCAT", dims, back, rotated), dims)
    flat = graph.view(folded, (rank, 1, tokens))
    key = graph.add("CONCAT", (layer.n_embd_head_k, 1, tokens), flat, key)
    wide = replace(layer, n_head_kv=1, n_embd_head_v=rank)
    # V is only asked for its dimensions, and expanded.
    found = attend(net, wide, cache, AttentionInputs(asked, key, flat, here + "attn_v_b.weight"))
    return net.multiply(here + "attn_output.weight", found, tokens)


def attention_with_full_kv(net: Network, layer: Layer, cache: Cache, source: Tensor) -> Tensor:
    """Build MLA of files without the absorbed projection: K and V of every head are cached."""
    here, tokens, graph, heads = f"blk.{layer.index}.", net.tokens, net.graph, layer.n_head
    rank = net.length(here + "attn_kv_a_norm.weight", 0)
    turned = net.length(here + "attn_kv_a_mqa.weight", 1) - rank
    nope, whole = layer.n_embd_head_k - turned, layer.n_embd_head_k - turned + layer.n_embd_head_v
    dims = (layer.n_embd_head_k, heads, tokens)
    query = graph.view(_query(net, here, source, layer), dims)
    both = net.multiply(here + "attn_kv_a_mqa.weight", source, tokens)
    shared = graph.view_rows(both, (turned, 1, tokens), rank + turned, tokens)
    query = graph.add("ROPE", dims, query, net.positions())
    shared = graph.add("ROPE", (turned, 1, tokens), shared, net.positions())
    folded = graph.view_rows(both, (rank, tokens), rank + turned, tokens)
    folded = net.norm(folded, (rank, tokens), here + "attn_kv_a_norm.weight", layer.index)
    opened = net.multiply(here + "attn_kv_b.weight", folded, tokens)
    key = graph.view_rows(opened, (nope, heads, tokens), whole, heads * tokens)
    spread = graph.add("REPEAT", (turned, heads, tokens), shared)
    key = graph.add("CONCAT", dims, key, spread)
    out = (layer.n_embd_head_v, heads, tokens)
    value = graph.add("CONT", out, graph.view_rows(opened, out, whole, heads * tokens))
    found = attend(net, layer, cache, AttentionInputs(query, key, graph.view(value, out)))
    return net.multiply(here + "attn_output.weight", found, tokens)


def _query(net: Network, here: str, source: Tensor, layer: Layer) -> Tensor:
    if not net.has(here + "attn_q_a.weight"):
        return net.multiply(here + "attn_q.weight", source, net.tokens)
    width = net.length(here + "attn_q_a.weight", 1)
    query = net.multiply(here + "attn_q_a.weight", source, net.tokens)
    query = net.norm(query, (width, net.tokens), here + "attn_q_a_norm.weight", layer.index)
    return net.multiply(here + "attn_q_b.weight", query, net.tokens)
