"""A whole network, from the embeddings to the logits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ....gguf import GgufFacts
from ..flags import Flags
from ..geometry import Geometry
from ..kv_cache import Cache, caches
from ..placement import Placement
from ..shape import Shape
from .attention import QUANTIZED, sharing
from .encoders import encoder_layer
from .endings import ending
from .gemma3n import gemma3n_layer, merged, spread
from .gemma4 import gemma4_layer
from .layers import layer_of
from .network import Network
from .per_layer import per_layer_inputs
from .rwkv import rwkv7_layer
from .scheduler import machine, placed
from .styles import SCALED_ROWS, WITHOUT_LOGITS, WITHOUT_MIXED, embedding_scaled
from .tensors import Graph, Tensor


def network(
    facts: GgufFacts, shape: Shape, flags: Flags, geometry: Geometry, placement: Placement
) -> Network:
    """The graph of a prompt's largest batch."""
    outputs = min(geometry.tokens, geometry.outputs)
    net = Network(facts, shape, flags, geometry, placement, geometry.tokens, outputs)
    # Quantized values cannot do without it.
    sure = flags.flash_asked or flags.cache_type_v in QUANTIZED
    net.flash = flags.flash_attn and (sure or _stays(net))
    return _built(net)


def _stays(net: Network) -> bool:
    """llama_context::resolve_fused_ops: it does if each layer's attention is on its own device."""
    placement, sequences = net.placement, net.geometry.sequences
    near = placement.full and net.flags.kv_offload and not placement.overrides
    if near or not placement.devices:
        return True
    probe = replace(net, tokens=sequences, outputs=sequences, graph=Graph(), named={}, weights={})
    graph = _built(probe).graph
    where = placed(graph, machine(net.flags, placement), sequences)
    return all(
        where[id(node)] == placement.layers[int(node.name)]
        for node in graph.nodes
        if node.op == "FLASH_ATTN"
    )


def _built(net: Network) -> Network:
    shape = net.shape
    by_layer = {layer.index: cache for cache in caches(shape, net.flags, net.geometry)
                for layer in cache.layers}  # fmt: skip
    flow = _embedded(net)
    if shape.architecture.startswith("gemma3n"):
        flow = _gemma3n(net, flow, by_layer)
    elif shape.architecture == "gemma4":
        flow = _gemma4(net, flow, by_layer)
    elif shape.architecture in ("rwkv7", "arwkv7"):
        for layer in shape.layers:
            flow = rwkv7_layer(net, layer, flow)
    else:
        step = encoder_layer if net.encodes else layer_of
        for layer in shape.layers[: shape.attended]:
            flow = step(net, layer, by_layer.get(layer.index), flow)
    ending(net, flow)
    return net


def _gemma4(net: Network, flow: Tensor, caches: Mapping[int, Cache]) -> Tensor:
    inputs = None
    if net.has("per_layer_token_embd.weight"):
        inputs = per_layer_inputs(net, flow)
    for layer in net.shape.layers[: net.shape.attended]:
        owner = layer if layer.attention else sharing(net, layer)
        flow = gemma4_layer(net, layer, caches[owner.index], flow, inputs)
    return flow


def _gemma3n(net: Network, flow: Tensor, caches: Mapping[int, Cache]) -> Tensor:
    inputs = per_layer_inputs(net, flow)
    flow = spread(net, flow)
    for layer in net.shape.layers[: net.shape.attended]:
        owner = layer if layer.attention else sharing(net, layer)
        flow = gemma3n_layer(net, layer, caches[owner.index], flow, inputs)
    return merged(net, flow)


def _embedded(net: Network) -> Tensor:
    width, tokens, graph = net.shape.embedding, net.tokens, net.graph
    dims = (width, tokens)
    table = net.weight("token_embd.weight")
    found = graph.add("GET_ROWS", dims, table, net.input("tokens", (tokens,), "i32"))
    graph.expand(found, net.input("embd", dims))
    if net.shape.architecture not in WITHOUT_MIXED:
        rows = graph.add("GET_ROWS", dims, table, net.input("mixed_tokens", (tokens,), "i32"))
        copy = graph.add("DUP", dims, net.input("mixed_embd", dims))
        index = net.input("mixed_slots", (tokens,), "i64")
        graph.expand(graph.write("SET_ROWS", copy, rows, index))
    if net.shape.architecture in SCALED_ROWS:
        found = graph.add("MUL", dims, found, net.input("scale_rows", (1, tokens)))
    if embedding_scaled(net.facts):
        found = graph.add("SCALE", dims, found)
    graph.expand(found)
    if net.has("token_types.weight"):
        # All tokens are of the first type.
        row = graph.look(net.weight("token_types.weight"), (width,), "VIEW", width * 4)
        found = graph.add("ADD", dims, found, row)
    if net.has("position_embd.weight"):
        rows = graph.add("GET_ROWS", dims, net.weight("position_embd.weight"), net.positions())
        first = net.shape.architecture == "bert"
        found = graph.add("ADD", dims, *((rows, found) if first else (found, rows)))
    closing = net.has("output_norm.weight") or net.shape.architecture in WITHOUT_LOGITS
    if net.norms("token_embd_norm.weight") and closing:
        found = net.norm(found, dims, "token_embd_norm.weight", 0 if net.encodes else None)
    return found
