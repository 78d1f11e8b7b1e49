"""Layers with a recurrent state, by the names of their tensors; LFM2's short convolutions."""

from __future__ import annotations

from ..hparams import Layer
from .delta_net import delta_net
from .kimi import kimi_delta
from .mamba import mamba, mamba2
from .network import Network
from .states import read_state, write_state
from .tensors import Tensor


def recurrent_layer(net: Network, layer: Layer, source: Tensor) -> Tensor:
    """Build the recurrent part of a layer, by the names of its tensors."""
    here = f"blk.{layer.index}."
    if net.has(here + "ssm_f_a.weight"):
        return kimi_delta(net, layer, source)
    if net.has(here + "ssm_x.weight"):
        return mamba(net, layer, source)
    if net.has(here + "ssm_in.weight"):
        return mamba2(net, layer, source)
    if net.has(here + "attn_qkv.weight") and net.has(here + "ssm_out.weight"):
        return delta_net(net, layer, source)
    if net.has(here + "shortconv.in_proj.weight"):
        return _short_convolution(net, layer, source)
    return _unknown(net, layer, source)


def _short_convolution(net: Network, layer: Layer, source: Tensor) -> Tensor:
    """src/models/lfm2.cpp."""
    here, graph, tokens = f"blk.{layer.index}.", net.graph, net.tokens
    width, sequences = net.hparams.n_embd, net.cparams.n_seq_max
    wide = net.multiply(here + "shortconv.in_proj.weight", source, tokens)
    b, c, x = (graph.view_rows(wide, (width, tokens), 3 * width, tokens) for _ in range(3))
    state = read_state(net, layer, net.hparams.n_embd_r)
    before = (net.hparams.n_embd_r // width, width, sequences)
    state = graph.view(state, before)
    product = graph.add("MUL", (width, tokens), b, x)
    turned = graph.view(product, (tokens, width), "TRANSPOSE")
    steps = net.hparams.n_embd_r // width + tokens // sequences
    both = graph.add("CONCAT", (steps, width, sequences), state, turned)
    write_state(
        net, layer, net.hparams.n_embd_r, graph.view_rows(both, before, steps, width * sequences)
    )
    weight = net.weight(here + "shortconv.conv.weight")
    found = graph.add("SSM_CONV", (width, tokens), both, weight)
    found = graph.add("MUL", (width, tokens), c, found)
    found = net.multiply(here + "shortconv.out_proj.weight", found, tokens)
    return graph.view(found, (width, tokens))


def _unknown(net: Network, layer: Layer, source: Tensor) -> Tensor:
    """No steps are known of it: twice what its widest matrix gives, and the state."""
    here, graph, tokens = f"blk.{layer.index}.", net.graph, net.tokens
    mine = [each.dims for each in net.facts.tensors if each.name.startswith(here)]
    width = max((dims[1] for dims in mine if len(dims) == 2), default=net.hparams.n_embd)
    state = read_state(net, layer, net.hparams.n_embd_s)
    one = graph.add("MUL_MAT", (width, tokens), source)
    two = graph.add("MUL_MAT", (width, tokens), one)
    found = graph.add("SSM_SCAN", (width * tokens + net.hparams.n_embd_s,), one, two, state)
    return graph.add("MUL_MAT", (net.hparams.n_embd, tokens), found)
