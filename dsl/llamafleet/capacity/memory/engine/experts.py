"""A layer's experts, as llm_graph_context::build_moe_ffn of src/llama-graph.cpp builds them."""

from __future__ import annotations

from .network import Network
from .tensors import Tensor, UnknownGraphError
from .traits import sigmoid_router, weighed


def experts(
    net: Network, layer: int, source: Tensor, tokens: int, scores: Tensor | None = None
) -> Tensor:
    """Return the weighed sum of chosen experts; the router's `scores` may be there already."""
    here, graph = f"blk.{layer}.", net.graph
    width = net.length(here + "ffn_down_exps.weight", 1)
    per_layer = net.facts.per_layer("expert_used_count", len(net.hparams.layers))
    used = (per_layer or (1,) * len(net.hparams.layers))[layer]
    if used < 1:
        raise UnknownGraphError("a layer has experts and uses none of them")
    chosen, weights = _routed(net, layer, source, tokens, used, scores)
    graph.expand(weights)
    flat = graph.view(source, (width, 1, tokens))
    before = net.hparams.architecture.router.weighs_inputs
    if before:
        # These weigh what goes in.
        dims = (width, used, tokens)
        flat = graph.add("MUL", dims, graph.add("REPEAT", dims, flat), weights)
    wide = _wide(net, layer, flat, chosen, used, tokens)
    dims = (width, used, tokens)
    found = _by_expert(net, here + "ffn_down_exps.weight", wide, chosen, dims)
    if not before:
        found = graph.add("MUL", dims, found, weights)
    graph.expand(found)
    one = (width, tokens)
    views = [graph.view_rows(found, one, width * used, tokens) for _ in range(used)]
    graph.expand(*views)
    total = views[0]
    for view in views[1:]:
        total = graph.add("ADD", one, total, view)
        graph.expand(total)
    return graph.add("CONT", one, total) if used == 1 else total


def _routed(
    net: Network, layer: int, source: Tensor, tokens: int, used: int, scores: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Return the chosen experts of each token, and their weights."""
    here, graph, router = f"blk.{layer}.", net.graph, net.hparams.architecture.router
    count = net.length(here + "ffn_down_exps.weight", 2)
    dims = (count, tokens)
    if scores is None:
        scores = net.multiply(here + "ffn_gate_inp.weight", source, tokens)
    probabilities = scores
    if router.gating != "chosen":
        op = "UNARY" if sigmoid_router(router, net.facts) else "SOFT_MAX"
        probabilities = graph.add(op, dims, scores)
    selection = scores if router.weighs_inputs else probabilities
    if net.has(here + "exp_probs_b.bias"):
        selection = graph.add("ADD", dims, probabilities, net.weight(here + "exp_probs_b.bias"))
    selection = _grouped(net, selection, count, tokens)
    order = graph.add("ARGSORT", dims, selection)
    chosen = graph.view_rows(order, (used, tokens), count, tokens)
    shaped = graph.view(probabilities, (1, count, tokens))
    weights = graph.add("GET_ROWS", (1, used, tokens), shaped, chosen)
    flat = graph.view(weights, (used, tokens))
    if router.gating == "chosen":
        return chosen, graph.view(graph.add("SOFT_MAX", (used, tokens), flat), (1, used, tokens))
    if weighed(router, net.facts):
        total = graph.add("SUM_ROWS", (1, tokens), flat)
        total = graph.add("CLAMP", (1, tokens), total)
        flat = graph.add("DIV", (used, tokens), flat, total)
        weights = graph.view(flat, (1, used, tokens))
    if (net.facts.number("expert_weights_scale") or 0.0) not in (0.0, 1.0):
        weights = graph.add("SCALE", (1, used, tokens), weights)
    return chosen, weights


def _grouped(net: Network, selection: Tensor, count: int, tokens: int) -> Tensor:
    """DeepSeek's groups of experts: those of all but the best groups are ruled out."""
    groups = net.facts.integer("expert_group_count") or 0
    best = net.facts.integer("expert_group_used_count") or 0
    if groups <= 1:
        return selection
    graph, each = net.graph, count // groups
    shaped = graph.view(selection, (each, groups, tokens))
    order = graph.add("ARGSORT", (each, groups, tokens), shaped)
    two = graph.view_rows(order, (2, groups, tokens), each, groups * tokens)
    four = graph.view(shaped, (1, each, groups, tokens))
    scores = graph.add("GET_ROWS", (1, 2, groups, tokens), four, two)
    scores = graph.add("SUM_ROWS", (1, groups, tokens), graph.view(scores, (2, groups, tokens)))
    scores = graph.add("ARGSORT", (groups, tokens), graph.view(scores, (groups, tokens)))
    found = graph.view_rows(scores, (best, tokens), groups, tokens)
    rows = graph.add("GET_ROWS", (each, best, tokens), shaped, found)
    empty = graph.add("FILL", (each, groups, tokens), shaped)
    return graph.view(graph.write("SET_ROWS", empty, rows, found), (count, tokens))


def _wide(
    net: Network, layer: int, source: Tensor, chosen: Tensor, used: int, tokens: int
) -> Tensor:
    here, graph = f"blk.{layer}.", net.graph
    width = net.length(here + "ffn_down_exps.weight", 0)
    dims = (width, used, tokens)
    if net.has(here + "ffn_gate_up_exps.weight"):
        both = _by_expert(
            net, here + "ffn_gate_up_exps.weight", source, chosen, (2 * width, used, tokens)
        )
        gated, wide = (graph.view_rows(both, dims, 2 * width, used * tokens) for _ in range(2))
    else:
        names = ("ffn_gate_exps.weight", "ffn_up_exps.weight")
        if not net.has(here + names[0]):
            wide = graph.add("UNARY", dims, _by_expert(net, here + names[1], source, chosen, dims))
            squared = net.hparams.architecture.squared_activation
            return graph.add("SQR", dims, wide) if squared else wide
        wide = _by_expert(net, here + names[1], source, chosen, dims)
        gated = _by_expert(net, here + names[0], source, chosen, dims)
    return graph.add("GLU", dims, gated, wide)


def _by_expert(
    net: Network, name: str, source: Tensor, chosen: Tensor, dims: tuple[int, int, int]
) -> Tensor:
    found = net.graph.add("MUL_MAT_ID", dims, net.weight(name), source, chosen)
    scale = name.removesuffix("weight") + "scale"
    if net.has(scale):
        views = net.graph.view(net.weight(scale), (1, dims[1], dims[2]))
        found = net.graph.add("MUL", dims, found, views)
    bias = name.removesuffix("weight") + "bias"
    if net.has(bias):
        found = net.graph.add("ADD_ID", dims, found, net.weight(bias), chosen)
    return found
