"""BERT and its kin, as src/models/bert.cpp builds them: norms come after each part."""

from __future__ import annotations

from ..kv_cache import Cache
from ..shape import Layer
from .feed_forward import feed_forward
from .layers import early, kept
from .network import Network
from .projections import attention
from .tensors import Tensor, UnknownGraphError


def encoder_layer(net: Network, layer: Layer, cache: Cache | None, flow: Tensor) -> Tensor:
    """Attention without a cache, and feed-forward, each with the sum and a norm behind it."""
    here, add = f"blk.{layer.index}.", net.graph.add
    dims, tokens = (net.shape.embedding, net.tokens), net.tokens
    found = attention(net, layer, cache, flow)
    if early(net, layer):
        found, flow = kept(net, found), kept(net, flow)
        dims, tokens = (net.shape.embedding, net.outputs), net.outputs
    found = add("ADD", dims, found, flow)
    found = net.norm(found, dims, here + "attn_output_norm.weight", layer.index)
    if net.has(here + "attn_norm_2.weight"):
        found = add("ADD", dims, found, flow)
        found = net.norm(found, dims, here + "attn_norm_2.weight", layer.index)
    wide = feed_forward(net, layer.index, found, tokens)
    if wide is None:
        raise UnknownGraphError(f"layer {layer.index} has no feed-forward")
    found = add("ADD", dims, wide, found)
    return net.norm(found, dims, here + "layer_output_norm.weight", layer.index)
