"""The feed-forward part of a layer: dense, or experts with or without shared ones."""

from __future__ import annotations

from .experts import experts
from .network import Network
from .tensors import Tensor


def feed_forward(
    net: Network, layer: int, source: Tensor, tokens: int, scores: Tensor | None = None
) -> Tensor | None:
    """Build dense feed-forward or experts; None if the layer has neither.

    The router's `scores` may be there already.
    """
    here = f"blk.{layer}."
    if net.has(here + "ffn_gate_inp.weight"):
        found = _routed(net, layer, source, tokens, scores)
        if net.has(here + "ffn_down_shexp.weight"):
            found = net.add(found, _shared(net, here, source, tokens))
            if net.hparams.architecture.router.scales_sum:
                found = net.graph.add("SCALE", (net.hparams.n_embd, tokens), found)
        return found
    if net.has(here + "ffn_down.weight"):
        return dense(net, here, "", source, tokens)
    return None


def _routed(net: Network, layer: int, source: Tensor, tokens: int, scores: Tensor | None) -> Tensor:
    """The experts; Nemotron's may work in a narrower space."""
    here = f"blk.{layer}."
    if not net.has(here + "ffn_latent_down.weight"):
        return experts(net, layer, source, tokens, scores)
    narrow = net.multiply(here + "ffn_latent_down.weight", source, tokens)
    scores = net.multiply(here + "ffn_gate_inp.weight", source, tokens)
    found = experts(net, layer, narrow, tokens, scores)
    return net.multiply(here + "ffn_latent_up.weight", found, tokens)


def _shared(net: Network, here: str, source: Tensor, tokens: int) -> Tensor:
    """The experts that every token goes to, with their gate."""
    shared = dense(net, here, "_shexp", source, tokens)
    if not net.has(here + "ffn_gate_inp_shexp.weight"):
        return shared
    weight = net.weight(here + "ffn_gate_inp_shexp.weight")
    scores = net.graph.add("MUL_MAT", (1, tokens), weight, source)
    gate = net.graph.add("UNARY", (1, tokens), scores)
    if net.hparams.architecture.router.divides_shared_gate:
        # A sigmoid in two steps.
        gate = net.graph.add("DIV", (1, tokens), gate, scores)
    return net.graph.add("MUL", (net.hparams.n_embd, tokens), shared, gate)


def dense(net: Network, here: str, suffix: str, source: Tensor, tokens: int) -> Tensor:
    """Build gate, up and down; or up, an activation, and down."""
    down, up = f"{here}ffn_down{suffix}.weight", f"{here}ffn_up{suffix}.weight"
    gate = f"{here}ffn_gate{suffix}.weight"
    width = net.length(down, 0)
    if net.has(gate):
        wide = net.multiply(up, source, tokens)
        gated = net.multiply(gate, source, tokens)
        wide = net.graph.add("GLU", (width, tokens), gated, wide)
    else:
        wide = net.multiply(up, source, tokens)
        # Gate and up in one matrix, or a plain activation.
        op = "GLU" if net.length(up, 1) == 2 * width else "UNARY"
        wide = net.graph.add(op, (width, tokens), wide)
        if net.hparams.architecture.squared_activation:
            wide = net.graph.add("SQR", (width, tokens), wide)
    if net.has(f"{here}ffn_sub_norm.weight"):
        wide = net.norm(
            wide, (width, tokens), f"{here}ffn_sub_norm.weight", int(here.split(".")[1])
        )
    return net.multiply(down, wide, tokens)
