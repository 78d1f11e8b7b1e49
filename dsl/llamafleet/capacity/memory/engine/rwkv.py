"""RWKV 7, with its own feed-forward or with a gated one (src/models/rwkv7-base.cpp)."""

from __future__ import annotations

from ..hparams import Layer
from .feed_forward import dense
from .layers import is_last_layer, select_output_rows
from .network import Network
from .states import read_state, write_state
from .tensors import Tensor


def rwkv7_layer(net: Network, layer: Layer, hidden: Tensor) -> Tensor:
    """Mix a token with the one before, then in time, then by channels."""
    here, graph, width = f"blk.{layer.index}.", net.graph, net.hparams.n_embd
    dims, sequences = (width, net.tokens), net.cparams.n_seq_max
    hidden = graph.view(hidden, dims)
    shift = read_state(net, layer, net.hparams.n_embd_r)
    shift = graph.view(shift, (width, net.hparams.n_embd_r // width, sequences))
    source = net.norm(hidden, dims, here + "attn_norm.weight", layer.index)
    before = _shifted(net, shift, source)
    found = _mixed_in_time(net, layer, source, before)
    if net.has(here + "ffn_down.weight"):
        last = graph.view_rows(source, (width, 1, sequences), width, sequences)
        write_state(net, layer, net.hparams.n_embd_r, last)
        hidden = graph.view(graph.add("ADD", dims, found, hidden), dims)
        return _gated(net, layer, here, hidden)
    hidden = graph.add("ADD", dims, found, hidden)
    source_2 = net.norm(hidden, dims, here + "attn_norm_2.weight", layer.index)
    before = _shifted(net, shift, source_2)
    ends = (graph.view_rows(each, (width, 1, sequences), width, sequences)
            for each in (source, source_2))  # fmt: skip
    both = graph.add("CONCAT", (width, 2, sequences), *ends)
    write_state(
        net, layer, net.hparams.n_embd_r, graph.view(both, (width * 2 * sequences,), "VIEW")
    )
    parts = [graph.view(each, dims) for each in (hidden, source_2, before)]
    tokens = net.tokens
    if is_last_layer(net, layer):
        parts, tokens = [select_output_rows(net, each) for each in parts], net.outputs
    hidden, source, before = parts
    return graph.add("ADD", (width, tokens), _channels(net, here, source, before, tokens), hidden)


def _shifted(net: Network, shift: Tensor, source: Tensor) -> Tensor:
    """Each token's predecessor."""
    width, rows = net.hparams.n_embd, net.tokens
    first = net.graph.view_rows(shift, (width, net.cparams.n_seq_max), width, net.cparams.n_seq_max)
    rest = net.graph.view_rows(source, (width, rows - 1), width, rows - 1)
    return net.graph.add("CONCAT", (width, rows), first, rest)


def _gated(net: Network, layer: Layer, here: str, hidden: Tensor) -> Tensor:
    tokens = net.tokens
    if is_last_layer(net, layer):
        hidden, tokens = select_output_rows(net, hidden), net.outputs
    dims = (net.hparams.n_embd, tokens)
    source = net.norm(hidden, dims, here + "ffn_norm.weight", layer.index)
    return net.graph.add("ADD", dims, dense(net, here, "", source, tokens), hidden)


def _channels(net: Network, here: str, source: Tensor, before: Tensor, tokens: int) -> Tensor:
    graph, dims = net.graph, (net.hparams.n_embd, tokens)
    apart = graph.add("SUB", dims, before, source)
    apart = graph.add("MUL", dims, apart, net.weight(here + "channel_mix_lerp_k.weight"))
    mixed = graph.add("ADD", dims, apart, source)
    wide = (net.length(here + "channel_mix_key.weight", 1), tokens)
    key = graph.add("UNARY", wide, net.multiply(here + "channel_mix_key.weight", mixed, tokens))
    return net.multiply(here + "channel_mix_value.weight", graph.add("SQR", wide, key), tokens)


def _mixed_in_time(net: Network, layer: Layer, source: Tensor, before: Tensor) -> Tensor:
    here, graph, tokens = f"blk.{layer.index}.time_mix_", net.graph, net.tokens
    width, add = net.hparams.n_embd, net.graph.add
    dims = (width, tokens)
    gated = net.has(here + "g1.weight") and net.has(here + "g2.weight")
    parts = 6 if gated else 5
    apart = add("REPEAT", (*dims, parts), add("SUB", dims, before, source))
    lerp = add("MUL", (*dims, parts), apart, net.weight(here + "lerp_fused.weight"))
    mixed = add("ADD", (*dims, parts), lerp, source)
    r, w, k, v, a, g = (graph.view_rows(mixed, dims, width, tokens) for _ in range(6))
    r = net.multiply(here + "receptance.weight", r, tokens)
    w = add("ADD", dims, _narrow(net, here, "w", w, True), net.weight(here + "w0.weight"))
    w = add("UNARY", dims, add("SCALE", dims, add("UNARY", dims, w)))
    k, first = net.multiply(here + "key.weight", k, tokens), v
    v = _value(net, here, net.multiply(here + "value.weight", v, tokens), first)
    a = add("ADD", dims, _narrow(net, here, "a", a, False), net.weight(here + "a0.weight"))
    a = add("UNARY", dims, a)
    kk = graph.view(add("MUL", dims, k, net.weight(here + "k_k.weight")), dims)
    kk = add("L2_NORM", dims, kk)
    ka = add("MUL", dims, k, net.weight(here + "k_a.weight"))
    k = add("ADD", dims, k, add("SUB", dims, add("MUL", dims, a, ka), ka))
    found, k, r, v = _kernel(net, layer, (r, w, k, v, kk, a))
    if net.has(here + "ln.weight") and net.has(here + "ln.bias"):
        found = graph.view(add("NORM", dims, graph.view(found, dims)), dims)
        found = add("MUL", dims, found, net.weight(here + "ln.weight"))
        found = add("ADD", dims, found, net.weight(here + "ln.bias"))
    else:
        found = graph.view(found, dims)
    size = net.facts.integer("wkv.head_size") or 1
    rk = graph.view(net.weight(here + "r_k.weight"), (size, width // size))
    rk = add("MUL", dims, add("MUL", dims, k, r), rk)
    rk = add("SUM_ROWS", (1, width // size, tokens), rk)
    found = add("ADD", dims, found, graph.view(add("MUL", dims, v, rk), dims))
    if gated:
        found = add("MUL", dims, found, _narrow(net, here, "g", g, True))
    found = net.multiply(here + "output.weight", found, tokens)
    return graph.view(found, dims)


def _narrow(net: Network, here: str, which: str, source: Tensor, bent: bool) -> Tensor:
    """Two thin matrices, with an activation between them or not."""
    rank = net.length(f"{here}{which}1.weight", 1)
    found = net.multiply(f"{here}{which}1.weight", source, net.tokens)
    if bent:
        found = net.graph.add("UNARY", (rank, net.tokens), found)
    return net.multiply(f"{here}{which}2.weight", found, net.tokens)


def _value(net: Network, here: str, value: Tensor, source: Tensor) -> Tensor:
    """The first layer's value is mixed into those of the others."""
    first = net.shared("first value", lambda: value)
    if first is value:
        return value
    dims, add = (net.hparams.n_embd, net.tokens), net.graph.add
    share = _narrow(net, here, "v", source, False)
    share = add("UNARY", dims, add("ADD", dims, share, net.weight(here + "v0.weight")))
    apart = add("MUL", dims, add("SUB", dims, first, value), share)
    return add("ADD", dims, value, apart)


def _kernel(
    net: Network, layer: Layer, parts: tuple[Tensor, ...]
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    graph, width, tokens = net.graph, net.hparams.n_embd, net.tokens
    dims, size, sequences = (width, tokens), net.hparams.n_embd_s, net.cparams.n_seq_max
    r, w, k, v, kk, a = parts
    r, w, k, v, a = (graph.view(each, dims) for each in (r, w, k, v, a))
    before = read_state(net, layer, size)
    minus = graph.add("UNARY", dims, kk)
    product = graph.add("MUL", dims, kk, a)
    values = (width * tokens + size * sequences,)
    found = graph.add("RWKV_WKV7", values, r, w, k, v, minus, product, before)
    write_state(net, layer, size, graph.view_rows(found, (size * sequences,), size * sequences, 1))
    return graph.view_rows(found, (width * tokens,), width * tokens, 1), k, r, v
