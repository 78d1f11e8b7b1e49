"""A whole network, from the embeddings to the logits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ....gguf import GgufFacts
from ..cparams import CParams
from ..flags import Flags
from ..hparams import HParams
from .attention import QUANTIZED, kv_owner
from .encoders import encoder_layer
from .gemma3n import expand_streams, gemma3n_layer, merge_streams
from .gemma4 import gemma4_layer
from .kv_cache import Cache, caches
from .layers import decoder_layer
from .network import Network
from .output_head import output_head
from .per_layer import per_layer_inputs
from .placement import Placement
from .rwkv import rwkv7_layer
from .scheduler import machine, placed
from .tensors import Graph, Tensor
from .traits import embedding_scaled


def network(
    facts: GgufFacts, hparams: HParams, flags: Flags, cparams: CParams, placement: Placement
) -> Network:
    """Build the graph of a prompt's largest batch.

    Raises UnknownGraphError for tensors or sizes of which no graph is made.
    """
    outputs = min(cparams.n_tokens, cparams.n_outputs_max)
    net = Network(facts, hparams, flags, cparams, placement, cparams.n_tokens, outputs)
    # Quantized values cannot do without it.
    sure = flags.flash_asked or flags.cache_type_v in QUANTIZED
    net.flash = flags.flash_attn and (sure or _stays(net))
    return _built(net)


def _stays(net: Network) -> bool:
    """llama_context::resolve_fused_ops: it does if each layer's attention is on its own device."""
    placement, sequences = net.placement, net.cparams.n_seq_max
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
    hparams = net.hparams
    by_layer = {layer.index: cache for cache in caches(hparams, net.flags, net.cparams)
                for layer in cache.layers}  # fmt: skip
    hidden = _embedded(net)
    match hparams.architecture.graph:
        case "altup":
            hidden = _gemma3n(net, hidden, by_layer)
        case "per-layer":
            hidden = _gemma4(net, hidden, by_layer)
        case "time-mix":
            for layer in hparams.layers:
                hidden = rwkv7_layer(net, layer, hidden)
        case graph:
            step = encoder_layer if graph == "encoder" else decoder_layer
            for layer in hparams.layers[: hparams.n_layer]:
                hidden = step(net, layer, by_layer.get(layer.index), hidden)
    output_head(net, hidden)
    return net


def _gemma4(net: Network, hidden: Tensor, caches: Mapping[int, Cache]) -> Tensor:
    inputs = None
    if net.has("per_layer_token_embd.weight"):
        inputs = per_layer_inputs(net, hidden)
    for layer in net.hparams.layers[: net.hparams.n_layer]:
        owner = layer if layer.attention else kv_owner(net, layer)
        hidden = gemma4_layer(net, layer, caches[owner.index], hidden, inputs)
    return hidden


def _gemma3n(net: Network, hidden: Tensor, caches: Mapping[int, Cache]) -> Tensor:
    inputs = per_layer_inputs(net, hidden)
    hidden = expand_streams(net, hidden)
    for layer in net.hparams.layers[: net.hparams.n_layer]:
        owner = layer if layer.attention else kv_owner(net, layer)
        hidden = gemma3n_layer(net, layer, caches[owner.index], hidden, inputs)
    return merge_streams(net, hidden)


def _embedded(net: Network) -> Tensor:
    width, tokens, graph = net.hparams.n_embd, net.tokens, net.graph
    dims, architecture = (width, tokens), net.hparams.architecture
    table = net.weight("token_embd.weight")
    found = graph.add("GET_ROWS", dims, table, net.input("tokens", (tokens,), "i32"))
    graph.expand(found, net.input("embd", dims))
    if architecture.mixed_batch:
        rows = graph.add("GET_ROWS", dims, table, net.input("mixed_tokens", (tokens,), "i32"))
        copy = graph.add("DUP", dims, net.input("mixed_embd", dims))
        index = net.input("mixed_slots", (tokens,), "i64")
        graph.expand(graph.write("SET_ROWS", copy, rows, index))
    if architecture.scaled_tokens:
        found = graph.add("MUL", dims, found, net.input("scale_rows", (1, tokens)))
    if embedding_scaled(architecture, net.facts):
        found = graph.add("SCALE", dims, found)
    graph.expand(found)
    if net.has("token_types.weight"):
        # All tokens are of the first type.
        row = graph.view(net.weight("token_types.weight"), (width,), "VIEW", width * 4)
        found = graph.add("ADD", dims, found, row)
    if net.has("position_embd.weight"):
        rows = graph.add("GET_ROWS", dims, net.weight("position_embd.weight"), net.positions())
        both = (rows, found) if architecture.positions_first else (found, rows)
        found = graph.add("ADD", dims, *both)
    closing = net.has("output_norm.weight") or architecture.output_head.logits == "never"
    if net.norms("token_embd_norm.weight") and closing:
        found = net.norm(found, dims, "token_embd_norm.weight", 0 if net.encodes else None)
    return found
