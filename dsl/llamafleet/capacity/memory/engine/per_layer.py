"""Inputs of Gemma 3n and 4 that each layer has of its own."""

from __future__ import annotations

from .network import Network
from .tensors import Tensor


def per_layer_inputs(net: Network, hidden: Tensor) -> Tensor:
    """Return a second embedding of each token for every layer, joined with the first."""
    graph, tokens, layers = net.graph, net.tokens, net.hparams.n_layer
    whole = net.length("per_layer_token_embd.weight", 0)
    each = whole // layers
    ids = net.input("tokens of layers", (tokens,), "i32")
    found = graph.add("GET_ROWS", (whole, tokens), net.weight("per_layer_token_embd.weight"), ids)
    dims = (each, layers, tokens)
    found = graph.add("SCALE", dims, graph.view(found, dims))
    graph.expand(found)
    made = net.multiply("per_layer_model_proj.weight", hidden, tokens)
    made = graph.view(graph.add("SCALE", (whole, tokens), made), dims)
    made = net.norm(made, dims, "per_layer_proj_norm.weight", None)
    found = graph.add("SCALE", dims, graph.add("ADD", dims, made, found))
    turned = (each, tokens, layers)
    return graph.add("CONT", turned, graph.view(found, turned, "PERMUTE"))


def input_of_layer(net: Network, inputs: Tensor, layer: int) -> Tensor:
    """Return the part of one layer."""
    dims = inputs.layout[1]
    assert isinstance(dims, tuple)
    return net.graph.view_rows(inputs, (dims[0], net.tokens), dims[0], net.tokens)
