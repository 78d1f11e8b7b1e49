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
    inner, sequences = size * heads, net.cparams.sequences
    channels = net.length(here + "ssm_conv1d.weight", 1)
    state = read_state(net, layer, net.hparams.state_r)
    mixed = net.multiply(here + "attn_qkv.weight", source, tokens)
    both = convolved(net, layer, graph.look(mixed, (channels, tokens)), channels, state)
    before = read_state(net, layer, net.hparams.state_s)
    found = activated(net, layer, both, channels)
    query, key = (_spread(net, found, size, keys, heads, channels) for _ in range(2))
    value = graph.part(found, (size, heads, tokens), channels, tokens)
    decay, strength = _gates(net, here, source, heads)
    dims = (inner * tokens + net.hparams.state_s * sequences,)
    before = graph.look(before, (net.hparams.state_s, sequences))
    done = graph.add("GATED_DELTA_NET", dims, query, key, value, decay, strength, before)
    state_s = net.hparams.state_s
    write_state(net, layer, state_s, graph.part(done, (state_s, sequences), state_s, sequences))
    result = graph.part(done, (size, heads, tokens), inner, tokens)
    result = net.norm(result, (size, heads, tokens), here + "ssm_norm.weight", layer.index)
    gate = net.multiply(here + "attn_gate.weight", source, tokens)
    gate = graph.add("UNARY", (size, heads, tokens), graph.look(gate, (size, heads, tokens)))
    result = graph.add("MUL", (size, heads, tokens), result, gate)
    found = net.multiply(here + "ssm_out.weight", graph.look(result, (inner, tokens)), tokens)
    # A look at it: so the residual sum takes another place.
    return graph.look(found, (net.hparams.embedding, tokens))


def _spread(net: Network, found: Tensor, size: int, keys: int, heads: int, channels: int) -> Tensor:
    """Q or K normed, and once for each head of V."""
    graph, tokens = net.graph, net.tokens
    part = graph.part(found, (size, keys, tokens), channels, tokens)
    part = graph.add("RMS_NORM", (size, keys, tokens), part)
    part = graph.add("SCALE", (size, keys, tokens), part)
    if keys == heads or not net.hparams.architecture.grouped_delta_heads:
        return part
    shaped = graph.look(part, (size, 1, keys, tokens))
    return graph.look(graph.add("REPEAT", (size, heads, tokens), shaped), (size, heads, tokens))


def _gates(net: Network, here: str, source: Tensor, heads: int) -> tuple[Tensor, Tensor]:
    graph, dims = net.graph, (heads, net.tokens)
    if net.has(here + "ssm_ba.weight"):
        both = net.multiply(here + "ssm_ba.weight", source, net.tokens)
        alpha = graph.add("CONT", dims, graph.part(both, dims, 2 * heads, net.tokens))
        beta = graph.add("CONT", dims, graph.part(both, dims, 2 * heads, net.tokens))
    else:
        beta = net.multiply(here + "ssm_beta.weight", source, net.tokens)
        alpha = net.multiply(here + "ssm_alpha.weight", source, net.tokens)
        alpha, beta = graph.look(alpha, dims), graph.look(beta, dims)
    alpha = graph.add("ADD", dims, alpha, net.weight(here + "ssm_dt.bias"))
    alpha = graph.add("UNARY", dims, alpha)
    alpha = graph.add("MUL", dims, alpha, net.weight(here + "ssm_a"))
    beta = graph.add("UNARY", dims, beta)
    if net.has(here + "ssm_ba.weight"):
        beta = graph.look(beta, (1, *dims))
    return graph.look(alpha, (1, *dims)), beta
