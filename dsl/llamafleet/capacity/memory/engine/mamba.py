"""Mamba and Mamba 2, as src/models/mamba-base.cpp builds their layers."""

from __future__ import annotations

from ..hparams import Layer
from .network import Network
from .states import move_tail, own_states, read_state, read_tail, write_state
from .tensors import Tensor


def convolved(net: Network, layer: Layer, mixed: Tensor, channels: int, state: Tensor) -> Tensor:
    """Return earlier steps of each channel and these tokens; the last steps go into the state."""
    graph, sequences = net.graph, net.cparams.n_seq_max
    kernel = net.length(f"blk.{layer.index}.ssm_conv1d.weight", 0)
    many = net.tokens // sequences
    before = graph.view(state, (kernel - 1, channels, sequences))
    turned = graph.view(mixed, (many, channels, sequences), "TRANSPOSE")
    both = graph.add("CONCAT", (kernel - 1 + many, channels, sequences), before, turned)
    dims = (kernel - 1, channels, sequences)
    last = graph.view_rows(both, dims, kernel - 1 + many, channels * sequences)
    write_state(net, layer, net.hparams.n_embd_r, last)
    return both


def activated(net: Network, layer: Layer, both: Tensor, channels: int) -> Tensor:
    """Build the convolution, its bias and its activation."""
    graph, here, dims = net.graph, f"blk.{layer.index}.", (channels, net.tokens)
    found = graph.add("SSM_CONV", dims, both, net.weight(here + "ssm_conv1d.weight"))
    if net.has(here + "ssm_conv1d.bias"):
        found = graph.add("ADD", dims, found, net.weight(here + "ssm_conv1d.bias"))
    return graph.add("UNARY", dims, found)


def mamba(net: Network, layer: Layer, source: Tensor) -> Tensor:
    """Build Mamba: a state for each channel; B, C and the step come from a projection."""
    here, graph, tokens = f"blk.{layer.index}.", net.graph, net.tokens
    inner = net.facts.integer("ssm.inner_size") or 0
    state = net.facts.integer("ssm.state_size") or 0
    rank = net.length(here + "ssm_dt.weight", 0)
    before = read_state(net, layer, net.hparams.n_embd_r)
    mixed = net.multiply(here + "ssm_in.weight", source, tokens)
    x, z = (graph.view_rows(mixed, (inner, tokens), 2 * inner, tokens) for _ in range(2))
    x = activated(net, layer, convolved(net, layer, x, inner, before), inner)
    parts = net.multiply(here + "ssm_x.weight", x, tokens)
    step, b, c = (
        _part(net, layer, parts, which, width)
        for which, width in (("dt", rank), ("b", state), ("c", state))
    )
    step = net.multiply(here + "ssm_dt.weight", step, tokens)
    shaped = graph.view(x, (1, inner, tokens))
    y = _scanned(net, layer, (shaped, step, b, c), inner)
    return _closed(net, layer, z, y, x, inner)


def _part(net: Network, layer: Layer, parts: Tensor, which: str, width: int) -> Tensor:
    dims = (width, net.tokens)
    view = net.graph.view_rows(
        parts, dims, net.length(f"blk.{layer.index}.ssm_x.weight", 1), net.tokens
    )
    name = f"blk.{layer.index}.ssm_{which}_norm.weight"
    if net.has(name) or net.facts.metadata.get("ssm.dt_b_c_rms"):
        return net.norm(view, dims, name, layer.index)
    return net.graph.add("CONT", dims, view) if which == "dt" else view


def mamba2(net: Network, layer: Layer, source: Tensor) -> Tensor:
    """Build Mamba 2: heads, and everything in one projection."""
    here, graph, tokens = f"blk.{layer.index}.", net.graph, net.tokens
    inner = net.facts.integer("ssm.inner_size") or 0
    heads = net.facts.integer("ssm.time_step_rank") or 1
    channels = net.length(here + "ssm_conv1d.weight", 1)
    before = read_state(net, layer, net.hparams.n_embd_r)
    whole = net.length(here + "ssm_in.weight", 1)
    mixed = graph.view(net.multiply(here + "ssm_in.weight", source, tokens), (whole, tokens))
    mine = graph.view_rows(mixed, (channels, tokens), whole, tokens)
    both = convolved(net, layer, mine, channels, before)
    found = activated(net, layer, both, channels)
    step = graph.add(
        "CONT", (heads, tokens), graph.view_rows(mixed, (heads, tokens), whole, tokens)
    )
    if net.has(here + "ssm_dt.bias"):
        step = graph.add("ADD", (heads, tokens), step, net.weight(here + "ssm_dt.bias"))
    x = graph.view_rows(found, (inner, tokens), channels, tokens)
    half = ((channels - inner) // 2, tokens)
    b, c = (graph.view_rows(found, half, channels, tokens) for _ in range(2))
    y = _scanned(net, layer, (x, step, b, c), inner)
    return _closed(net, layer, graph.view_rows(mixed, (inner, tokens), whole, tokens), y, x, inner)


def _scanned(
    net: Network, layer: Layer, parts: tuple[Tensor, Tensor, Tensor, Tensor], inner: int
) -> Tensor:
    graph, size = net.graph, net.hparams.n_embd_s
    x, step, b, c = parts
    flat = read_tail(net, layer, size)
    values = inner * net.tokens + size * net.cparams.n_seq_max
    decay = net.weight(f"blk.{layer.index}.ssm_a")
    before = graph.view(flat, (size, net.cparams.n_seq_max))
    found = graph.add("SSM_SCAN", (values,), before, x, step, decay, b, c, own_states(net))
    graph.expand(found)
    move_tail(net, flat, size)
    states = (size, net.cparams.n_seq_max)
    write_state(net, layer, size, graph.view_rows(found, states, size, net.cparams.n_seq_max))
    return graph.view_rows(found, (inner, net.tokens), inner, net.tokens)


def _closed(net: Network, layer: Layer, gate: Tensor, y: Tensor, x: Tensor, inner: int) -> Tensor:
    """Build what skips the state, the gate, the norm and the projection back."""
    here, graph, dims = f"blk.{layer.index}.", net.graph, (inner, net.tokens)
    skipped = graph.add("MUL", dims, x, net.weight(here + "ssm_d"))
    y = graph.add("ADD", dims, y, skipped)
    y = graph.add("GLU", dims, graph.add("CONT", dims, gate), y)
    if net.has(here + "ssm_norm.weight"):
        y = net.norm(graph.view(y, dims), dims, here + "ssm_norm.weight", layer.index)
    found = net.multiply(here + "ssm_out.weight", graph.view(y, dims), net.tokens)
    if net.has(here + "ssm_norm.weight") or not net.has(here + "ssm_x.weight"):
        return found
    return graph.view(found, (net.hparams.n_embd, net.tokens))
