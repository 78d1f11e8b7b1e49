"""BERT and its kin, as src/models/bert.cpp builds them: norms come after each part."""

from __future__ import annotations

from ..hparams import Layer
from .feed_forward import feed_forward
from .kv_cache import Cache
from .layers import is_last_layer, select_output_rows
from .network import Network
from .projections import attention
from .tensors import Tensor, UnknownGraphError


def encoder_layer(net: Network, layer: Layer, cache: Cache | None, hidden: Tensor) -> Tensor:
    """Build attention without a cache and feed-forward, a sum and a norm after each.

    Raises UnknownGraphError for a layer without feed-forward.
    """
    here, add = f"blk.{layer.index}.", net.graph.add
    dims, tokens = (net.hparams.n_embd, net.tokens), net.tokens
    found = attention(net, layer, cache, hidden)
    if is_last_layer(net, layer):
        found, hidden = select_output_rows(net, found), select_output_rows(net, hidden)
        dims, tokens = (net.hparams.n_embd, net.outputs), net.outputs
    found = add("ADD", dims, found, hidden)
    found = net.norm(found, dims, here + "attn_output_norm.weight", layer.index)
    if net.has(here + "attn_norm_2.weight"):
        found = add("ADD", dims, found, hidden)
        found = net.norm(found, dims, here + "attn_norm_2.weight", layer.index)
    wide = feed_forward(net, layer.index, found, tokens)
    if wide is None:
        raise UnknownGraphError(f"layer {layer.index} has no feed-forward")
    found = add("ADD", dims, wide, found)
    return net.norm(found, dims, here + "layer_output_norm.weight", layer.index)
