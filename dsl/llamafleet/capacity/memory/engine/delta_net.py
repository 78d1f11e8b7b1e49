"""The gated delta net of Qwen3-Next and Qwen3.5 (src/models/delta-net-base.cpp)."""

from __future__ import annotations

from ..hparams import Layer
from .mamba import activated, convolved
from .network import Network
from .states import read_state, write_state
from .tensors import Tensor


def delta_net(net: Network, layer: Layer, source: Tensor) -> Tensor:
    """Build linear attention with a convolution before it and a gate behind it."""
    here, graph, tokens = f"blk.{layer.index}.", net.graph, net.tokens
    size = net.facts.integer("ssm.state_size") or 1
    heads = net.facts.integer("ssm.time_step_rank") or 1
    keys = net.facts.integer("ssm.group_count") or heads
    inner, sequences = size * heads, net.cparams.n_seq_max
    channels = net.length(here + "ssm_conv1d.weight", 1)
    state = read_state(net, layer, net.hparams.n_embd_r)
    mixed = net.multiply(here + "attn_qkv.weight", source, tokens)
    both = convolved(net, layer, graph.view(mixed, (channels, tokens)), channels, state)
    before = read_state(net, layer, net.hparams.n_embd_s)
    found = activated(net, layer, both, channels)
    query, key = (_spread(net, found, size, keys, heads, channels) for _ in range(2))
    value = graph.view_rows(found, (size, heads, tokens), channels, tokens)
    decay, strength = _gates(net, here, source, heads)
    dims = (inner * tokens + net.hparams.n_embd_s * sequences,)
    before = graph.view(before, (net.hparams.n_embd_s, sequences))
    done = graph.add("GATED_DELTA_NET", dims, query, key, value, decay, strength, before)
    state_s = net.hparams.n_embd_s
    write_state(
        net, layer, state_s, graph.view_rows(done, (state_s, sequences), state_s, sequences)
    )
    result = graph.view_rows(done, (size, heads, tokens), inner, tokens)
    result = net.norm(result, (size, heads, tokens), here + "ssm_norm.weight", layer.index)
    gate = net.multiply(here + "attn_gate.weight", source, tokens)
    gate = graph.add("UNARY", (size, heads, tokens), graph.view(gate, (size, heads, tokens)))
    result = graph.add("MUL", (size, heads, tokens), result, gate)
    found = net.multiply(here + "ssm_out.weight", graph.view(result, (inner, tokens)), tokens)
    # A view of it: so the residual sum takes another place.
    return graph.view(found, (net.hparams.n_embd, tokens))


def _spread(net: Network, found: Tensor, size: int, keys: int, heads: int, channels: int) -> Tensor:
    """Q or K normed, and once for each head of V."""
    graph, tokens = net.graph, net.tokens
    part = graph.view_rows(found, (size, keys, tokens), channels, tokens)
    part = graph.add("RMS_NORM", (size, keys, tokens), part)
    part = graph.add("SCALE", (size, keys, tokens), part)
    if keys == heads or not net.hparams.architecture.grouped_delta_heads:
        return part
    shaped = graph.view(part, (size, 1, keys, tokens))
    return graph.view(graph.add("REPEAT", (size, heads, tokens), shaped), (size, heads, tokens))


def _gates(net: Network, here: str, source: Tensor, heads: int) -> tuple[Tensor, Tensor]:
    graph, dims = net.graph, (heads, net.tokens)
    if net.has(here + "ssm_ba.weight"):
        both = net.multiply(here + "ssm_ba.weight", source, net.tokens)
        alpha = graph.add("CONT", dims, graph.view_rows(both, dims, 2 * heads, net.tokens))
        beta = graph.add("CONT", dims, graph.view_rows(both, dims, 2 * heads, net.tokens))
    else:
        beta = net.multiply(here + "ssm_beta.weight", source, net.tokens)
        alpha = net.multiply(here + "ssm_alpha.weight", source, net.tokens)
        alpha, beta = graph.view(alpha, dims), graph.view(beta, dims)
    alpha = graph.add("ADD", dims, alpha, net.weight(here + "ssm_dt.bias"))
    alpha = graph.add("UNARY", dims, alpha)
    alpha = graph.add("MUL", dims, alpha, net.weight(here + "ssm_a"))
    beta = graph.add("UNARY", dims, beta)
    if net.has(here + "ssm_ba.weight"):
        beta = graph.view(beta, (1, *dims))
    return graph.view(alpha, (1, *dims)), beta
