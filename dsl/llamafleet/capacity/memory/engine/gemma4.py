"""Gemma 4, as src/models/gemma4.cpp puts it together."""

from __future__ import annotations

from ..hparams import Layer
from .attention import AttentionInputs, attend, kv_owner
from .experts import experts
from .feed_forward import dense
from .kv_cache import Cache
from .network import Network
from .per_layer import input_of_layer
from .tensors import Tensor


def gemma4_layer(
    net: Network, layer: Layer, cache: Cache, hidden: Tensor, inputs: Tensor | None
) -> Tensor:
    """Build attention, feed-forward with or without experts, and the layer's own input."""
    here, graph, dims = f"blk.{layer.index}.", net.graph, (net.hparams.n_embd, net.tokens)
    source = net.norm(hidden, dims, here + "attn_norm.weight", layer.index)
    found = gemma_attention(net, layer, cache, source)
    found = net.norm(found, dims, here + "post_attention_norm.weight", layer.index)
    hidden = graph.add("ADD", dims, found, hidden)
    if net.has(here + "ffn_gate_inp.weight"):
        found = _with_experts(net, layer, hidden)
    else:
        source = net.norm(hidden, dims, here + "ffn_norm.weight", layer.index)
        found = dense(net, here, "", source, net.tokens)
    found = net.norm(found, dims, here + "post_ffw_norm.weight", None)
    hidden = graph.add("ADD", dims, found, hidden)
    if inputs is not None:
        width = net.length(here + "inp_gate.weight", 1)
        found = net.multiply(here + "inp_gate.weight", hidden, net.tokens)
        found = graph.add("UNARY", (width, net.tokens), found)
        mine = input_of_layer(net, inputs, layer.index)
        found = graph.add("MUL", (width, net.tokens), found, mine)
        found = net.multiply(here + "proj.weight", found, net.tokens)
        found = net.norm(found, dims, here + "post_norm.weight", layer.index)
        hidden = graph.add("ADD", dims, hidden, found)
    if net.has(here + "layer_output_scale.weight"):
        hidden = graph.add("MUL", dims, hidden, net.weight(here + "layer_output_scale.weight"))
    return hidden


def gemma_attention(net: Network, layer: Layer, cache: Cache, source: Tensor) -> Tensor:
    """Build attention whose V is normed too; the last layers read the cache of an earlier one."""
    here, graph, tokens = f"blk.{layer.index}.", net.graph, net.tokens
    q, k = (
        (layer.n_embd_head_k, layer.n_head, tokens),
        (layer.n_embd_head_k, layer.n_head_kv, tokens),
    )
    query = graph.view(net.multiply(here + "attn_q.weight", source, tokens), q)
    query = net.norm(query, q, here + "attn_q_norm.weight", layer.index)
    query = graph.add("ROPE", q, query, net.positions())
    if not layer.attention:
        asked = AttentionInputs(query, None, None, reader=layer.index)
        found = attend(net, kv_owner(net, layer), cache, asked)
        return net.multiply(here + "attn_output.weight", found, tokens)
    plain = net.multiply(here + "attn_k.weight", source, tokens)
    key = net.norm(graph.view(plain, k), k, here + "attn_k_norm.weight", layer.index)
    key = graph.add("ROPE", k, key, net.positions())
    if net.has(here + "attn_v.weight"):
        plain = net.multiply(here + "attn_v.weight", source, tokens)
    value = graph.add("RMS_NORM", k, graph.view(plain, k))
    found = attend(net, layer, cache, AttentionInputs(query, key, value))
    return net.multiply(here + "attn_output.weight", found, tokens)


def _with_experts(net: Network, layer: Layer, hidden: Tensor) -> Tensor:
    """A dense part beside the experts, whose router views at what comes out of attention."""
    here, graph, tokens = f"blk.{layer.index}.", net.graph, net.tokens
    dims = (net.hparams.n_embd, tokens)
    shared = net.norm(hidden, dims, here + "ffn_norm.weight", layer.index)
    shared = dense(net, here, "", shared, tokens)
    shared = net.norm(shared, dims, here + "post_ffw_norm_1.weight", layer.index)
    source = net.norm(hidden, dims, here + "pre_ffw_norm_2.weight", layer.index)
    asked = graph.add("SCALE", dims, graph.add("RMS_NORM", dims, hidden))
    asked = graph.add("MUL", dims, asked, net.weight(here + "ffn_gate_inp.scale"))
    scores = net.multiply(here + "ffn_gate_inp.weight", asked, tokens)
    found = experts(net, layer.index, source, tokens, scores)
    found = net.norm(found, dims, here + "post_ffw_norm_2.weight", layer.index)
    return graph.add("ADD", dims, shared, found)
