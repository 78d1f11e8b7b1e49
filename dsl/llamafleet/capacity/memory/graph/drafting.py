"""The graph of a block that drafts: the last state and the next token's embedding, one layer."""

from __future__ import annotations

from dataclasses import replace

from ....gguf import GgufFacts
from ..flags import Flags
from ..geometry import Geometry
from ..kv_cache import Cache
from ..placement import Placement
from ..shape import Shape
from .layers import layer_of
from .network import Network
from .tensors import Tensor


def drafting_network(
    facts: GgufFacts, shape: Shape, flags: Flags, geometry: Geometry, placement: Placement
) -> Network:
    """The graph of LLM_GRAPH_TYPE_DECODER_MTP for the first block that drafts."""
    outputs = min(geometry.tokens, geometry.sequences)
    net = Network(facts, shape, flags, geometry, placement, geometry.tokens, outputs)
    layer = replace(shape.layers[shape.attended], attention=True)
    dims, graph = (shape.embedding, net.tokens), net.graph
    here = f"blk.{layer.index}.nextn"
    own = f"{here}.embed_tokens.weight"
    table = net.weight(own if net.has(own) else "token_embd.weight")
    tokens = graph.add("GET_ROWS", dims, table, net.input("tokens", (net.tokens,), "i32"))
    state = net.norm(net.input("state", dims), dims, f"{here}.hnorm.weight", layer.index)
    token = net.norm(tokens, dims, f"{here}.enorm.weight", layer.index)
    both = graph.add("CONCAT", (2 * shape.embedding, net.tokens), token, state)
    flow = net.multiply(f"{here}.eh_proj.weight", both, net.tokens)
    flow = layer_of(net, layer, Cache((layer,), geometry.per_sequence, False), flow)
    _logits(net, flow, here)
    return net


def _logits(net: Network, flow: Tensor, here: str) -> None:
    wide, graph = net.shape.embedding, net.graph
    norm, head = f"{here}.shared_head_norm.weight", f"{here}.shared_head_head.weight"
    norm = norm if net.has(norm) else "output_norm.weight"
    found = net.norm(flow, (wide, net.tokens), norm, None)
    ids = net.input("out_ids", (net.outputs,), "i32")
    found = graph.add("GET_ROWS", (wide, net.outputs), found, ids)
    tied = not net.has("output.weight")
    name = head if net.has(head) else "token_embd.weight" if tied else "output.weight"
    weight = net.weight(name, output=tied and name == "token_embd.weight")
    graph.expand(graph.add("MUL_MAT", (net.shape.vocabulary, net.outputs), weight, found))
