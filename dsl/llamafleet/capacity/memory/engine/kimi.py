"""Kimi's delta attention: each of Q, K and V has a convolution (src/models/kimi-linear.cpp)."""

from __future__ import annotations

from ..hparams import Layer
from .network import Network
from .states import read_state, state_cache, write_state
from .tensors import Tensor


def kimi_delta(net: Network, layer: Layer, source: Tensor) -> Tensor:
    """Build linear attention with a decay for every value, and a gate of low rank."""
    here, graph, tokens = f"blk.{layer.index}.", net.graph, net.tokens
    size = net.facts.integer("kda.head_dim") or 1
    heads = net.facts.integer("attention.head_count") or 1
    dims, inner = (size, heads, tokens), size * heads
    before = read_state(net, layer, net.hparams.n_embd_r)
    parts = [_convolved(net, layer, source, before, each, inner) for each in "qkv"]
    decay = net.multiply(here + "ssm_f_a.weight", source, tokens)
    decay = net.multiply(here + "ssm_f_b.weight", decay, tokens)
    decay = graph.add("ADD", (inner, tokens), decay, net.weight(here + "ssm_dt.bias"))
    decay = graph.view(graph.add("UNARY", (inner, tokens), decay), dims)
    decay = graph.add("MUL", dims, decay, graph.view(net.weight(here + "ssm_a"), (1, heads)))
    strength = net.multiply(here + "ssm_beta.weight", source, tokens)
    strength = graph.add("UNARY", (1, heads, tokens), graph.view(strength, (1, heads, tokens)))
    state_s, sequences = net.hparams.n_embd_s, net.cparams.n_seq_max
    state = graph.view(read_state(net, layer, state_s), (size, size, heads, sequences))
    query, key = (_normed(net, each, dims) for each in parts[:2])
    values = (inner * tokens + state_s * sequences,)
    inputs = (query, key, parts[2], graph.view(decay, dims), strength, state)
    done = graph.add("GATED_DELTA_NET", values, *inputs)
    found = graph.add("CONT", dims, graph.view_rows(done, dims, inner, tokens))
    write_state(
        net, layer, state_s, graph.view_rows(done, (state_s, sequences), state_s, sequences)
    )
    return _gated(net, layer, here, graph.view(source, (net.hparams.n_embd, tokens)), found)


def _convolved(
    net: Network, layer: Layer, source: Tensor, before: Tensor, which: str, inner: int
) -> Tensor:
    here, graph, sequences = f"blk.{layer.index}.", net.graph, net.cparams.n_seq_max
    many = net.tokens // sequences
    weight = f"{here}ssm_conv1d_{which}.weight"
    kernel = net.length(weight, 0)
    state = (kernel - 1, inner, sequences)
    mine = graph.view_rows(before, state, net.hparams.n_embd_r, sequences)
    turned = net.multiply(f"{here}attn_{which}.weight", source, net.tokens, bias=False)
    turned = graph.view(graph.view(turned, (inner, net.tokens)), (many, inner), "TRANSPOSE")
    both = graph.add("CONCAT", (kernel - 1 + many, inner, sequences), mine, turned)
    last = graph.view_rows(both, state, kernel - 1 + many, inner * sequences)
    where = graph.view(state_cache(net, layer, net.hparams.n_embd_r), state, "VIEW")
    graph.expand(graph.write("CPY", where, last))
    flat = graph.view(net.weight(weight), (kernel, inner))
    found = graph.add("SSM_CONV", (inner, many, sequences), both, flat)
    found = graph.add("UNARY", (inner, net.tokens), graph.view(found, (inner, net.tokens)))
    return graph.view(found, (inner, net.tokens))


def _normed(net: Network, source: Tensor, dims: tuple[int, int, int]) -> Tensor:
    found = net.graph.add("RMS_NORM", dims, net.graph.view(source, dims))
    return net.graph.add("SCALE", dims, found)


def _gated(net: Network, layer: Layer, here: str, source: Tensor, found: Tensor) -> Tensor:
    graph, tokens = net.graph, net.tokens
    dims = found.layout[1]
    assert isinstance(dims, tuple)
    gate = net.multiply(here + "ssm_g_a.weight", source, tokens)
    gate = graph.view(net.multiply(here + "ssm_g_b.weight", gate, tokens), dims)
    normed = net.norm(graph.view(found, dims), dims, here + "ssm_norm.weight", layer.index)
    gated = graph.add("MUL", dims, normed, graph.add("UNARY", dims, gate))
    flat = graph.add("CONT", (dims[0] * dims[1], tokens), gated)
    return net.multiply(here + "attn_output.weight", flat, tokens)
