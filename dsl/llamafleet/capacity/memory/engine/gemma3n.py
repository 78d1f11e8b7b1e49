"""Gemma 3n, as src/models/gemma3n.cpp puts it together: several streams, of which one is active."""

from __future__ import annotations

from ..hparams import Layer
from .gemma4 import gemma_attention
from .kv_cache import Cache
from .network import Network
from .per_layer import input_of_layer
from .tensors import Tensor

STREAMS, SPARSE_LAYERS = 4, 10
"""Fixed in the source: n_altup, and how many layers keep only the largest activations."""


def _magnitude(net: Network, source: Tensor, many: int) -> Tensor:
    graph, width = net.graph, net.hparams.n_embd
    squared = graph.add("SQR", (width, net.tokens, many), source)
    total = graph.add("SUM_ROWS", (1, net.tokens, many), squared)
    return graph.add("SQRT", (1, net.tokens, many), total)


def _rescaled(net: Network, source: Tensor, target: Tensor) -> Tensor:
    dims = (net.hparams.n_embd, net.tokens, STREAMS - 1)
    own = _magnitude(net, source, STREAMS - 1)
    return net.graph.add("DIV", dims, net.graph.add("MUL", dims, source, target), own)


def expand_streams(net: Network, hidden: Tensor) -> Tensor:
    """Return all streams, made of the embeddings."""
    graph, width, tokens = net.graph, net.hparams.n_embd, net.tokens
    target = _magnitude(net, hidden, 1)
    rest = (width, tokens, STREAMS - 1)
    added = graph.add("REPEAT", rest, hidden)
    added = graph.add("MUL_MAT", rest, net.weight("altup_proj.weight"), added)
    return graph.add("CONCAT", (width, tokens, STREAMS), hidden, _rescaled(net, added, target))


def merge_streams(net: Network, hidden: Tensor) -> Tensor:
    """Return one stream, made of all at the end."""
    graph, width, tokens = net.graph, net.hparams.n_embd, net.tokens
    target = _magnitude(net, _stream(net, hidden), 1)
    rest = (width, tokens, STREAMS - 1)
    others = graph.view_rows(hidden, rest, width, tokens * (STREAMS - 1))
    others = graph.add("MUL_MAT", rest, net.weight("altup_unembd_proj.weight"), others)
    others = _rescaled(net, others, target)
    found = _stream(net, hidden)
    for _ in range(STREAMS - 1):
        found = graph.add("ADD", (width, tokens), found, _stream(net, others))
    return graph.add("SCALE", (width, tokens), found)


def _stream(net: Network, hidden: Tensor) -> Tensor:
    return net.graph.view_rows(
        hidden, (net.hparams.n_embd, net.tokens), net.hparams.n_embd, net.tokens
    )


def gemma3n_layer(
    net: Network, layer: Layer, cache: Cache, hidden: Tensor, inputs: Tensor
) -> Tensor:
    """Predict all streams, compute the active one, and correct the prediction."""
    here, graph, tokens = f"blk.{layer.index}.", net.graph, net.tokens
    width = net.hparams.n_embd
    dims, all_dims = (width, tokens), (width, tokens, STREAMS)
    predicted = _predicted(net, here, layer, hidden)
    active = _stream(net, predicted)
    source = net.norm(active, dims, here + "attn_norm.weight", layer.index)
    beside = net.multiply(here + "laurel_l.weight", source, tokens)
    beside = net.multiply(here + "laurel_r.weight", beside, tokens)
    beside = net.norm(beside, dims, here + "laurel_post_norm.weight", layer.index)
    beside = graph.add("ADD", dims, beside, source)
    found = gemma_attention(net, layer, cache, source)
    found = net.norm(found, dims, here + "post_attention_norm.weight", layer.index)
    found = graph.add("ADD", dims, found, active)
    joined = graph.add("SCALE", dims, graph.add("ADD", dims, found, beside))
    source = net.norm(joined, dims, here + "ffn_norm.weight", layer.index)
    found = _feed_forward(net, here, layer, source)
    found = net.norm(found, dims, here + "post_ffw_norm.weight", None)
    found = graph.add("ADD", dims, found, joined)
    corrected = _corrected(net, here, layer, predicted, found)
    first = _with_own_input(net, here, layer, corrected, inputs)
    start = _stream(net, corrected)
    rest = graph.view_rows(corrected, (width, tokens, STREAMS - 1), width, tokens * (STREAMS - 1))
    rest = graph.add("ADD", (width, tokens, STREAMS - 1), rest, first)
    return graph.add("CONCAT", all_dims, start, rest)


def _router(net: Network, here: str, layer: Layer, source: Tensor) -> Tensor:
    graph, dims = net.graph, (net.hparams.n_embd, net.tokens)
    found = net.norm(source, dims, here + "altup_router_norm.weight", layer.index)
    found = graph.add("SCALE", dims, found)
    found = net.multiply(here + "altup_router.weight", found, net.tokens)
    return graph.add("UNARY", (STREAMS, net.tokens), found)


def _predicted(net: Network, here: str, layer: Layer, hidden: Tensor) -> Tensor:
    graph, width, tokens = net.graph, net.hparams.n_embd, net.tokens
    modes = _router(net, here, layer, _stream(net, hidden))
    parts = net.multiply(here + "altup_predict_coef.weight", modes, tokens)
    parts = graph.view(parts, (STREAMS, STREAMS, tokens))
    turned = (STREAMS, width, tokens)
    mixed = graph.add("CONT", turned, graph.view(hidden, turned, "PERMUTE"))
    mixed = graph.add("MUL_MAT", (width, STREAMS, tokens), mixed, parts)
    dims = (width, tokens, STREAMS)
    mixed = graph.add("CONT", dims, graph.view(mixed, dims, "PERMUTE"))
    return graph.add("ADD", dims, mixed, hidden)


def _corrected(net: Network, here: str, layer: Layer, predicted: Tensor, found: Tensor) -> Tensor:
    graph, width, tokens = net.graph, net.hparams.n_embd, net.tokens
    dims = (width, tokens, STREAMS)
    modes = _router(net, here, layer, found)
    news = graph.add("SUB", (width, tokens), found, _stream(net, predicted))
    parts = net.multiply(here + "altup_correct_coef.weight", modes, tokens)
    parts = graph.add("SCALE", (STREAMS, tokens), parts)
    parts = graph.view(parts, (tokens, STREAMS), "TRANSPOSE")
    parts = graph.add("CONT", (1, tokens, STREAMS), parts)
    news = graph.add("MUL", dims, graph.add("REPEAT", dims, news), parts)
    return graph.add("ADD", dims, news, predicted)


def _feed_forward(net: Network, here: str, layer: Layer, source: Tensor) -> Tensor:
    graph, tokens = net.graph, net.tokens
    width = net.length(here + "ffn_up.weight", 1)
    dims, one = (width, tokens), (1, tokens)
    wide = net.multiply(here + "ffn_up.weight", source, tokens)
    gate = net.multiply(here + "ffn_gate.weight", source, tokens)
    if layer.index < SPARSE_LAYERS:
        mean = graph.add("MEAN", one, gate)
        apart = graph.add("SQR", dims, graph.add("SUB", dims, gate, mean))
        spreads = graph.add("SCALE", one, graph.add("SUM_ROWS", one, apart))
        spreads = graph.add("SCALE", one, graph.add("SQRT", one, spreads))
        cut = graph.add("SUB", dims, gate, graph.add("ADD", one, mean, spreads))
        gate = graph.add("UNARY", dims, cut)
    gate = graph.add("UNARY", dims, gate)
    return net.multiply(here + "ffn_down.weight", graph.add("MUL", dims, wide, gate), tokens)


def _with_own_input(
    net: Network, here: str, layer: Layer, corrected: Tensor, inputs: Tensor
) -> Tensor:
    graph, tokens = net.graph, net.tokens
    dims, each = (net.hparams.n_embd, tokens), net.length(here + "inp_gate.weight", 1)
    scale = net.weight(here + "altup_correct_scale.weight")
    found = graph.add("MUL", dims, _stream(net, corrected), scale)
    found = net.multiply(here + "inp_gate.weight", found, tokens)
    found = graph.add("UNARY", (each, tokens), found)
    found = graph.add("MUL", (each, tokens), found, input_of_layer(net, inputs, layer.index))
    found = net.multiply(here + "proj.weight", found, tokens)
    return net.norm(found, dims, here + "post_norm.weight", layer.index)
