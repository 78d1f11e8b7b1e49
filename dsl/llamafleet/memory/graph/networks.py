"""A whole network, from the embeddings to the logits."""

from __future__ import annotations

from ...gguf import GgufFacts
from ..flags import Flags
from ..geometry import Geometry
from ..kv_cache import Cache, caches
from ..placement import Placement
from ..shape import BY_INTERVAL, Layer, Shape
from .attention import attention
from .feed_forward import feed_forward
from .mixers import mixer
from .network import Network
from .tensors import Tensor

WITHOUT_MIXED = frozenset({"cogvlm", "deepseek4", "eagle3", "dflash", "gemma4-assistant"})
"""llm_arch_supports_mixed_batch: these take tokens or embeddings, not both at once."""

WHOLE = (BY_INTERVAL - {"qwen4exp", "minimax-01"}) | {
    "gpt-oss", "cohere2moe", "gemma4", "hunyuan-v3", "nemotron_h", "nemotron_h_moe", "step35",
    "bailingmoe3",
}  # fmt: skip
"""Architectures that compute the last layer for every token: a draft head may read it."""

NORMED_FIRST = WHOLE - {"gpt-oss"}
"""Of these, the ones that norm every token before they keep those with logits."""


def network(
    facts: GgufFacts, shape: Shape, flags: Flags, geometry: Geometry, placement: Placement
) -> Network:
    """The graph of a prompt's largest batch."""
    outputs = min(geometry.tokens, geometry.outputs)
    net = Network(facts, shape, flags, geometry, placement, geometry.tokens, outputs)
    by_layer = {layer.index: cache for cache in caches(shape, flags, geometry)
                for layer in cache.layers}  # fmt: skip
    flow = _embedded(net)
    for layer in shape.layers[: shape.attended]:
        flow = _layer(net, layer, by_layer.get(layer.index), flow)
    _logits(net, flow)
    return net


def _embedded(net: Network) -> Tensor:
    width, tokens, graph = net.shape.embedding, net.tokens, net.graph
    dims = (width, tokens)
    table = net.weight("token_embd.weight")
    found = graph.add("GET_ROWS", dims, table, net.input("tokens", (tokens,), "i32"))
    net.input("embd", dims)
    if net.shape.architecture not in WITHOUT_MIXED:
        rows = graph.add("GET_ROWS", dims, table, net.input("mixed_tokens", (tokens,), "i32"))
        copy = graph.add("DUP", dims, net.input("mixed_embd", dims))
        graph.write("SET_ROWS", copy, rows, net.input("mixed_slots", (tokens,), "i64"))
    if net.shape.architecture.startswith("gemma"):
        found = graph.add("MUL", dims, found, net.input("scale_rows", (1, tokens)))
    if net.has("token_embd_norm.weight") and net.has("output_norm.weight"):
        found = net.norm(found, dims, "token_embd_norm.weight", None)
    return found


def _layer(net: Network, layer: Layer, cache: Cache | None, flow: Tensor) -> Tensor:
    here, width, tokens = f"blk.{layer.index}.", net.shape.embedding, net.tokens
    dims = (width, tokens)
    source = flow
    if net.has(here + "attn_norm.weight"):
        source = net.norm(flow, dims, here + "attn_norm.weight", layer.index)
    mixed: Tensor | None = None
    if layer.recurrent:
        mixed = mixer(net, layer, source)
    if cache is not None and net.has(here + "attn_output.weight"):
        attended = attention(net, layer, cache, source)
        mixed = attended if mixed is None else net.add(mixed, attended)
    last = layer.index == net.shape.attended - 1
    early = last and net.shape.architecture not in WHOLE
    if mixed is not None:
        if early:
            mixed, flow = _kept(net, mixed), _kept(net, flow)
            tokens, dims = net.outputs, (width, net.outputs)
        if net.has(here + "ffn_norm.weight") and net.has(here + "post_attention_norm.weight"):
            mixed = net.norm(mixed, dims, here + "post_attention_norm.weight", layer.index)
        flow = _summed(net, dims, mixed, flow)
    return _forward(net, layer, flow, tokens)


def _kept(net: Network, source: Tensor) -> Tensor:
    """Only the tokens whose logits are asked for."""
    index = net.input("out_ids", (net.outputs,), "i32")
    return net.graph.add("GET_ROWS", (net.shape.embedding, net.outputs), source, index)


def _forward(net: Network, layer: Layer, flow: Tensor, tokens: int) -> Tensor:
    here, dims = f"blk.{layer.index}.", (net.shape.embedding, tokens)
    source = flow
    for name in ("ffn_norm.weight", "post_attention_norm.weight"):
        if net.has(here + name):
            source = net.norm(flow, dims, here + name, layer.index)
            break
    found = feed_forward(net, layer.index, source, tokens)
    if found is None:
        return flow
    if net.has(here + "post_ffw_norm.weight"):
        found = net.norm(found, dims, here + "post_ffw_norm.weight", None)
    return _summed(net, dims, found, flow)


def _summed(net: Network, dims: tuple[int, int], found: Tensor, flow: Tensor) -> Tensor:
    """What a part of a layer adds; LFM2 has the sum the other way round."""
    if net.shape.architecture.startswith("lfm2"):
        return net.graph.add("ADD", dims, flow, found)
    return net.graph.add("ADD", dims, found, flow)


def _logits(net: Network, flow: Tensor) -> None:
    width = net.shape.embedding
    whole = net.shape.architecture in WHOLE
    # LFM2 calls the norm of its output that of its embeddings.
    name = "output_norm.weight" if net.has("output_norm.weight") else "token_embd_norm.weight"
    if net.shape.architecture in NORMED_FIRST:
        found = net.norm(flow, (width, net.tokens), name, None)
        found = _kept(net, found)
    else:
        found = net.norm(_kept(net, flow) if whole else flow, (width, net.outputs),
                         name, None)  # fmt: skip
    found.is_output = True
    tied = not net.has("output.weight")
    matrix = net.weight("token_embd.weight" if tied else "output.weight", output=tied)
    net.graph.add("MUL_MAT", (net.shape.vocabulary, net.outputs), matrix, found, output=True)
