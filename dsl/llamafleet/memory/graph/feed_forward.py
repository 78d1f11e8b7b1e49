"""The feed-forward part of a layer: dense, or experts with or without shared ones."""

from __future__ import annotations

from .network import Network
from .tensors import Tensor


def feed_forward(net: Network, layer: int, source: Tensor, tokens: int) -> Tensor | None:
    """What the layer has of it; None if nothing."""
    here = f"blk.{layer}."
    if net.has(here + "ffn_gate_inp.weight"):
        found = _experts(net, layer, source, tokens)
        if net.has(here + "ffn_down_shexp.weight"):
            shared = _dense(net, here, "_shexp", source, tokens)
            if net.has(here + "ffn_gate_inp_shexp.weight"):
                weight = net.weight(here + "ffn_gate_inp_shexp.weight")
                gate = net.graph.add("MUL_MAT", (1, tokens), weight, source)
                gate = net.graph.add("UNARY", (1, tokens), gate)
                shared = net.graph.add("MUL", (net.shape.embedding, tokens), shared, gate)
            found = net.add(found, shared)
        return found
    if net.has(here + "ffn_down.weight"):
        return _dense(net, here, "", source, tokens)
    return None


def _dense(net: Network, here: str, suffix: str, source: Tensor, tokens: int) -> Tensor:
    down, up = f"{here}ffn_down{suffix}.weight", f"{here}ffn_up{suffix}.weight"
    gate = f"{here}ffn_gate{suffix}.weight"
    width = net.dims(down)[0]
    if net.has(gate):
        gated = net.multiply(gate, source, tokens)
        wide = net.multiply(up, source, tokens)
        wide = net.graph.add("GLU", (width, tokens), gated, wide)
    else:
        wide = net.multiply(up, source, tokens)
        # Gate and up in one matrix, or a plain activation.
        op = "GLU" if net.dims(up)[1] == 2 * width else "UNARY"
        wide = net.graph.add(op, (width, tokens), wide)
    return net.multiply(down, wide, tokens)


def _experts(net: Network, layer: int, source: Tensor, tokens: int) -> Tensor:
    here, graph = f"blk.{layer}.", net.graph
    count = net.dims(here + "ffn_gate_inp.weight")[1]
    per_layer = net.facts.per_layer("expert_used_count", len(net.shape.layers))
    used = (per_layer or (1,) * len(net.shape.layers))[layer]
    chosen, weights = _routed(net, layer, source, tokens, count, used)
    flat = graph.look(source, (net.shape.embedding, 1, tokens))
    wide = _wide(net, layer, flat, chosen, used, tokens)
    dims = (net.shape.embedding, used, tokens)
    found = _by_expert(net, here + "ffn_down_exps.weight", wide, chosen, dims)
    found = graph.add("MUL", dims, found, weights)
    one = (net.shape.embedding, tokens)
    looks = [graph.look(found, one, "VIEW") for _ in range(used)]
    total = looks[0]
    for look in looks[1:]:
        total = graph.add("ADD", one, total, look)
    return graph.add("CONT", one, total) if used == 1 else total


def _routed(
    net: Network, layer: int, source: Tensor, tokens: int, count: int, used: int
) -> tuple[Tensor, Tensor]:
    """Which experts a token goes to, and their weights."""
    here, graph = f"blk.{layer}.", net.graph
    dims = (count, tokens)
    scores = net.multiply(here + "ffn_gate_inp.weight", source, tokens)
    late = net.shape.architecture == "gpt-oss"
    probabilities = scores if late else graph.add("SOFT_MAX", dims, scores)
    selection = probabilities
    if net.has(here + "exp_probs_b.bias"):
        selection = graph.add("ADD", dims, probabilities, net.weight(here + "exp_probs_b.bias"))
    order = graph.add("ARGSORT", dims, selection, kind="f32")
    chosen = graph.look(order, (used, tokens), "VIEW")
    shaped = graph.look(probabilities, (1, count, tokens))
    weights = graph.add("GET_ROWS", (1, used, tokens), shaped, chosen)
    flat = graph.look(weights, (used, tokens))
    total = graph.add("SUM_ROWS", (1, tokens), flat)
    total = graph.add("CLAMP", (1, tokens), total)
    weights = graph.add("DIV", (used, tokens), flat, total)
    return chosen, graph.look(weights, (1, used, tokens))


def _wide(
    net: Network, layer: int, source: Tensor, chosen: Tensor, used: int, tokens: int
) -> Tensor:
    here, graph = f"blk.{layer}.", net.graph
    width = net.dims(here + "ffn_down_exps.weight")[0]
    dims = (width, used, tokens)
    if net.has(here + "ffn_gate_up_exps.weight"):
        both = _by_expert(
            net, here + "ffn_gate_up_exps.weight", source, chosen, (2 * width, used, tokens)
        )
        gated, wide = graph.look(both, dims, "VIEW"), graph.look(both, dims, "VIEW")
    else:
        names = ("ffn_gate_exps.weight", "ffn_up_exps.weight")
        if not net.has(here + names[0]):
            wide = _by_expert(net, here + names[1], source, chosen, dims)
            return graph.add("UNARY", dims, wide)
        gated, wide = (_by_expert(net, here + name, source, chosen, dims) for name in names)
    return graph.add("GLU", dims, gated, wide)


def _by_expert(
    net: Network, name: str, source: Tensor, chosen: Tensor, dims: tuple[int, int, int]
) -> Tensor:
    found = net.graph.add("MUL_MAT_ID", dims, net.weight(name), source, chosen)
    bias = name.removesuffix("weight") + "bias"
    if net.has(bias):
        found = net.graph.add("ADD_ID", dims, found, net.weight(bias), chosen)
    return found
