"""Attention as llm_graph_context::build_attn of src/llama-graph.cpp builds it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from ..hparams import Layer
from .kv_cache import Cache, row, value_width
from .network import Network
from .tensors import Tensor, UnknownGraphError

QUANTIZED = frozenset({"q8_0", "q4_0", "q4_1", "iq4_nl", "q5_0", "q5_1"})


@dataclass(frozen=True, slots=True)
class AttentionInputs:
    """The inputs of one attention. Without K and V of its own it reads another layer's.

    `unfold` is MLA's matrix that makes values of latent ones, `reader` the layer that reads.
    """

    query: Tensor
    key: Tensor | None
    value: Tensor | None
    unfold: str = ""
    reader: int | None = None


def attend(net: Network, layer: Layer, cache: Cache, asked: AttentionInputs) -> Tensor:
    """Write K and V into the cache, and attend to all of it: build_attn of src/llama-graph.cpp."""
    graph, flags = net.graph, net.flags
    tag = "swa" if cache.windowed else "base"
    latent = bool(asked.unfold)
    which = (f"k {tag}", f"v {tag}")
    query, key, value = asked.query, asked.key, asked.value
    if not latent:
        query = _hadamard(net, query, flags.cache_type_k, which[0], layer.n_embd_head_k)
        if key is not None:
            key = _hadamard(net, key, flags.cache_type_k, which[0], layer.n_embd_head_k)
        if value is not None:
            value = _hadamard(net, value, flags.cache_type_v, which[1], layer.n_embd_head_v)
    # With two caches llama.cpp expands Q, K, V; with one Q, V, K.
    ordered = (query, key, value) if net.windows else (query, value, key)
    graph.expand(*(each for each in ordered if each is not None))
    cells = cache.cells * net.cparams.n_stream
    k_cache = net.cached(layer.index, row(flags.cache_type_k, layer.n_embd_k_gqa) * cells)
    if key is not None:
        index = net.input(f"k_idxs {tag}", (net.tokens,), "i64")
        flat = graph.view(key, (layer.n_embd_k_gqa, net.tokens), "VIEW")
        graph.expand(graph.write("SET_ROWS", k_cache, flat, index))
    v_cache = k_cache
    if not latent:
        width = value_width(layer, net.hparams, flags)
        v_cache = net.cached(layer.index, row(flags.cache_type_v, width) * cells)
        if value is not None:
            graph.expand(_written(net, layer, width, tag, value, v_cache))
    kinds = (flags.cache_type_k, flags.cache_type_k if latent else flags.cache_type_v)
    reader = layer.index if asked.reader is None else asked.reader
    many = (cache.cells, net.cparams.n_stream)
    held = KeysAndValues(k_cache, v_cache, kinds, *many, mask(net, cache), reader)
    found = multi_head_attention(net, layer, held, query, asked.unfold)
    if latent or flags.cache_type_v not in QUANTIZED or layer.n_embd_head_v % 64:
        return found
    return _hadamard(net, found, flags.cache_type_v, which[1], layer.n_embd_head_v)


def kv_owner(net: Network, layer: Layer) -> Layer:
    """Return the layer whose cache this one reads: the last of its kind that has one.

    Raises UnknownGraphError where there is none.
    """
    owners = [each for each in net.hparams.layers if each.attention and each.window == layer.window]
    if not owners:
        raise UnknownGraphError(f"no layer has the cache that layer {layer.index} reads")
    return replace(owners[-1], n_head=layer.n_head)


def _written(
    net: Network, layer: Layer, width: int, tag: str, value: Tensor, into: Tensor
) -> Tensor:
    graph = net.graph
    # Transposed, every value has an index of its own.
    many = net.tokens if net.flags.flash_attn else net.tokens * width
    index = net.input(f"v_idxs {tag}", (many,), "i64")
    if net.flags.flash_attn:
        flat = graph.view(value, (layer.n_embd_v_gqa, net.tokens), "VIEW")
        return graph.write("SET_ROWS", into, flat, index)
    if value.op == "VIEW":
        flat = graph.add("CONT", (layer.n_embd_v_gqa, net.tokens), value)
    else:
        flat = graph.view(value, (layer.n_embd_v_gqa, net.tokens))
    if layer.n_embd_v_gqa < width:
        flat = graph.add("PAD", (width, net.tokens), flat)
    return graph.write("SET_ROWS", into, graph.view(flat, (1, width * net.tokens)), index)


def mask(net: Network, cache: Cache) -> Tensor:
    """Return the mask: for each token a value for each cell of its stream."""
    kind = "f16" if net.flash else "f32"
    streams = net.cparams.n_stream
    dims = (cache.cells, -(-net.tokens // streams), 1, streams)
    return net.input(f"kq_mask {'swa' if cache.windowed else 'base'}", dims, kind)


def _hadamard(net: Network, source: Tensor, kind: str, which: str, head: int) -> Tensor:
    """Quantized caches hold values after a Hadamard rotation."""
    if kind not in QUANTIZED or head < 64 or head % 64:
        return source
    size = 64
    while which[0] == "k" and head % (size * 2) == 0:
        size *= 2
    matrix = net.input(f"{which}_rot {head}", (size, size))
    dims = source.layout[1]
    assert isinstance(dims, tuple)
    many = prod(dims) // size
    # What a view shows in pieces is made contiguous first.
    flat = source if source.op != "VIEW" else net.graph.add("CONT", dims, source)
    shaped = net.graph.view(flat, (size, many))
    return net.graph.view(net.graph.add("MUL_MAT", (size, many), matrix, shaped), dims)


@dataclass(frozen=True, slots=True)
class KeysAndValues:
    """K and V that are attended to, their types, and the mask."""

    keys: Tensor
    values: Tensor
    kinds: tuple[str, str]
    cells: int
    streams: int
    mask: Tensor
    layer: int
    uncached: bool = False


def multi_head_attention(
    net: Network, layer: Layer, held: KeysAndValues, query: Tensor, unfold: str = ""
) -> Tensor:
    """Return the values of all heads, weighed by their scores: build_attn_mha."""
    graph, tokens = net.graph, net.tokens
    dims = (layer.n_embd_head_k, tokens, layer.n_head)
    asked = graph.view(graph.view(query, query_dims(layer, tokens), "VIEW"), dims, "PERMUTE")
    found = (_flash if net.flash else _plain)(net, layer, held, asked, unfold)
    graph.expand(found)
    return found


def query_dims(layer: Layer, tokens: int) -> tuple[int, int, int]:
    """Return the dimensions of Q by heads."""
    return layer.n_embd_head_k, layer.n_head, tokens


def _flash(net: Network, layer: Layer, held: KeysAndValues, asked: Tensor, unfold: str) -> Tensor:
    graph, tokens, heads = net.graph, net.tokens, layer.n_head
    cells = held.cells * held.streams
    keys = _read(net, held.keys, held.kinds[0], layer.n_embd_k_gqa * cells)
    values = _read(net, held.values, held.kinds[1], layer.n_embd_v_gqa * cells)
    sources = [asked, keys, values, held.mask]
    if net.has(f"blk.{layer.index}.attn_sinks.weight"):
        sources.append(net.weight(f"blk.{layer.index}.attn_sinks.weight"))
    dims = (layer.n_embd_head_v, heads, tokens)
    found = graph.add("FLASH_ATTN", dims, *sources, name=str(held.layer))
    if not unfold:
        return graph.view(found, (layer.n_embd_head_v * heads, tokens))
    out = net.length(unfold, 1)
    found = graph.view(found, (layer.n_embd_head_v, tokens, heads), "PERMUTE")
    found = graph.add("MUL_MAT", (out, tokens, heads), net.weight(unfold), found)
    found = graph.add("CONT", (out, heads, tokens), graph.view(found, (out, heads), "PERMUTE"))
    return graph.view(found, (out * heads, tokens))


def _read(net: Network, held: Tensor, kind: str, values: int) -> Tensor:
    view = net.graph.view(held, (values,), "PERMUTE")
    if kind != "f32":
        return view
    # Flash attention reads 16 bits.
    return net.graph.add("CPY", (values,), view, kind="f16")


def _plain(net: Network, layer: Layer, held: KeysAndValues, asked: Tensor, unfold: str) -> Tensor:
    graph, tokens, heads = net.graph, net.tokens, layer.n_head
    keys = graph.view(held.keys, (layer.n_embd_k_gqa, held.cells), "PERMUTE")
    dims = (held.cells, tokens, heads)
    scores = graph.add("MUL_MAT", dims, keys, asked)
    if net.hparams.architecture.soft_capped_scores:
        scores = graph.add("UNARY", dims, graph.add("SCALE", dims, scores))
        scores = graph.add("SCALE", dims, scores)
    sources = [scores, held.mask]
    if net.has(f"blk.{layer.index}.attn_sinks.weight"):
        sources.append(net.weight(f"blk.{layer.index}.attn_sinks.weight"))
    scores = graph.add("SOFT_MAX", dims, *sources)
    values = graph.view(held.values, (held.cells, layer.n_embd_v_gqa), "PERMUTE")
    if net.flags.flash_attn or unfold or held.uncached:
        # V does not lie transposed.
        width = layer.n_embd_v_gqa * held.cells * held.streams
        values = graph.add("CONT", (width,), values, kind=held.kinds[1])
    found = graph.add("MUL_MAT", (layer.n_embd_head_v, tokens, heads), values, scores)
    out = layer.n_embd_head_v
    if unfold:
        out = net.length(unfold, 1)
        found = graph.add("MUL_MAT", (out, tokens, heads), net.weight(unfold), found)
    turned = graph.view(found, (out, heads, tokens), "PERMUTE")
    found = graph.add("CONT", (out * heads, tokens), turned)
    if not net.flags.kv_offload:
        found.backend = "CPU"
    return found


def tempered(net: Network, query: Tensor, dims: tuple[int, ...]) -> Tensor:
    """Scale Q by position where the model is trained for it."""
    said = net.facts.metadata.get("attention.temperature_scale")
    temperature = net.hparams.architecture.temperature
    if temperature == "unrotated" or (temperature != "none" and said):
        return net.graph.add("MUL", dims, query, net.input("attn_scale", (1, 1, net.tokens)))
    return query
