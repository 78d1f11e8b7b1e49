"""Attention over a cache, as llm_graph_context::build_attn builds it, and MLA's."""

from __future__ import annotations

from math import prod

from ..kv_cache import Cache, row, value_width
from ..shape import Layer
from .network import Network
from .tensors import Tensor

QUANTIZED = frozenset({"q8_0", "q4_0", "q4_1", "iq4_nl", "q5_0", "q5_1"})


def attention(net: Network, layer: Layer, cache: Cache, source: Tensor) -> Tensor:
    """Q, K and V, the cache, and the output projection."""
    here = f"blk.{layer.index}."
    if net.shape.latent and net.has(here + "attn_kv_a_mqa.weight"):
        return _latent(net, layer, cache, source)
    query, key, value, gate = _projected(net, layer, source)
    found = attend(net, layer, cache, query, key, value)
    width = layer.heads * layer.head_v
    if gate is not None:
        look = net.graph.look(gate, (width, net.tokens), "VIEW")
        opened = net.graph.add("CONT", (width, net.tokens), look)
        opened = net.graph.add("UNARY", (width, net.tokens), opened)
        found = net.graph.add("MUL", (width, net.tokens), found, opened)
    return net.multiply(here + "attn_output.weight", found, net.tokens)


def _projected(
    net: Network, layer: Layer, source: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    here, tokens, graph = f"blk.{layer.index}.", net.tokens, net.graph
    q, k = layer.heads * layer.head_k, layer.k
    gate = None
    if net.has(here + "attn_qkv.weight"):
        fused = net.multiply(here + "attn_qkv.weight", source, tokens)
        query = graph.look(fused, (layer.head_k, layer.heads, tokens), "VIEW")
        key = graph.look(fused, (layer.head_k, layer.kv_heads, tokens), "VIEW")
        value = graph.look(fused, (layer.head_v, layer.kv_heads, tokens), "VIEW")
        return _turned(net, layer, query, "q", q), _turned(net, layer, key, "k", k), value, None
    query = net.multiply(here + "attn_q.weight", source, tokens)
    if net.dims(here + "attn_q.weight")[1] == 2 * q:
        gate, query = query, graph.look(query, (q, tokens), "VIEW")
    query = _turned(net, layer, query, "q", q)
    # With two caches llama.cpp expands Q, K, V; with one Q, V, K.
    if net.shape.window:
        key = _turned(net, layer, net.multiply(here + "attn_k.weight", source, tokens), "k", k)
        value = net.multiply(here + "attn_v.weight", source, tokens)
    else:
        value = net.multiply(here + "attn_v.weight", source, tokens)
        key = _turned(net, layer, net.multiply(here + "attn_k.weight", source, tokens), "k", k)
    return query, key, value, gate


def _turned(net: Network, layer: Layer, source: Tensor, which: str, width: int) -> Tensor:
    """Normed where the model does so, and rotated by position."""
    name = f"blk.{layer.index}.attn_{which}_norm.weight"
    heads = layer.heads if which == "q" else layer.kv_heads
    dims = (layer.head_k, heads, net.tokens)
    if net.has(name):
        wide = net.dims(name)[0] == width and heads > 1
        shaped = source if source.op == "VIEW" else net.graph.look(source, dims)
        source = net.norm(source if wide else shaped, (width, net.tokens) if wide else dims, name,
                          layer.index)  # fmt: skip
        if wide:
            source = net.graph.look(source, dims)
    elif source.op != "VIEW":
        source = net.graph.look(source, dims)
    position = net.input("inp_pos", (net.tokens,), "i32")
    return net.graph.add("ROPE", dims, source, position)


def attend(
    net: Network,
    layer: Layer,
    cache: Cache,
    query: Tensor,
    key: Tensor,
    value: Tensor | None,
) -> Tensor:
    """Writes K and V into the cache, and reads all of it."""
    graph, flags, geometry = net.graph, net.flags, net.geometry
    tag = "swa" if cache.windowed else "base"
    query = _rotated(net, query, flags.cache_type_k, f"k {tag}", layer.head_k)
    if value is not None:
        value = _rotated(net, value, flags.cache_type_v, f"v {tag}", layer.head_v)
    key = _rotated(net, key, flags.cache_type_k, f"k {tag}", layer.head_k)
    cells = cache.cells * geometry.streams
    k_cache = net.cached(layer.index, row(flags.cache_type_k, layer.k) * cells)
    index = net.input(f"k_idxs {tag}", (net.tokens,), "i64")
    graph.write("SET_ROWS", k_cache, graph.look(key, (layer.k, net.tokens)), index)
    v_cache = k_cache
    if value is not None:
        v_cache = _written(net, layer, cells, tag, value)
    if flags.flash_attn:
        return _flash(net, layer, cache, query, k_cache, v_cache)
    return _plain(net, layer, cache, query, k_cache, v_cache)


def _written(net: Network, layer: Layer, cells: int, tag: str, value: Tensor) -> Tensor:
    width = value_width(layer, net.shape, net.flags)
    v_cache = net.cached(layer.index, row(net.flags.cache_type_v, width) * cells)
    # Transposed, every value has an index of its own.
    many = net.tokens if net.flags.flash_attn else net.tokens * layer.v
    index = net.input(f"v_idxs {tag}", (many,), "i64")
    net.graph.write("SET_ROWS", v_cache, net.graph.look(value, (layer.v, net.tokens)), index)
    return v_cache


def mask(net: Network, cache: Cache) -> Tensor:
    """What each token may see: a value for each cell of its stream."""
    kind = "f16" if net.flags.flash_attn else "f32"
    streams = net.geometry.streams
    dims = (cache.cells, -(-net.tokens // streams), 1, streams)
    return net.input(f"kq_mask {'swa' if cache.windowed else 'base'}", dims, kind)


def _rotated(net: Network, source: Tensor, kind: str, which: str, head: int) -> Tensor:
    """Quantized caches hold values after a Hadamard rotation."""
    if kind not in QUANTIZED or head % 64 or (net.shape.latent and which[0] == "v"):
        return source
    size = 64
    while which[0] == "k" and head % (size * 2) == 0:
        size *= 2
    matrix = net.input(f"{which}_rot {head}", (size, size))
    dims = source.layout[1]
    assert isinstance(dims, tuple)
    many = prod(dims) // size
    shaped = net.graph.look(source, (size, many))
    return net.graph.add("MUL_MAT", (size, many), matrix, shaped)


def _flash(
    net: Network, layer: Layer, cache: Cache, query: Tensor, k_cache: Tensor, v_cache: Tensor
) -> Tensor:
    graph, streams = net.graph, net.geometry.streams
    head_v = layer.head_v
    asked = graph.look(query, (layer.head_k, net.tokens, layer.heads), "PERMUTE")
    cells = cache.cells * streams
    keys = _read(net, k_cache, net.flags.cache_type_k, layer.k * cells)
    # MLA's V is the front of K, and read for itself.
    kind = net.flags.cache_type_k if v_cache is k_cache else net.flags.cache_type_v
    values = _read(net, v_cache, kind, layer.v * cells)
    dims = (head_v, layer.heads, net.tokens)
    sources = [asked, keys, values, mask(net, cache)]
    if net.has(f"blk.{layer.index}.attn_sinks.weight"):
        sources.append(net.weight(f"blk.{layer.index}.attn_sinks.weight"))
    found = graph.add("FLASH_ATTN", dims, *sources)
    if net.shape.latent:
        return found
    flat = graph.look(found, (layer.heads * head_v, net.tokens))
    if net.flags.cache_type_v in QUANTIZED and head_v % 64 == 0:
        tag = "swa" if cache.windowed else "base"
        back = _rotated(net, flat, net.flags.cache_type_v, f"v {tag}", head_v)
        flat = graph.look(back, (layer.heads * head_v, net.tokens))
    return flat


def _read(net: Network, cache: Tensor, kind: str, values: int) -> Tensor:
    look = net.graph.look(cache, (values,), "VIEW")
    if kind != "f32":
        return look
    # Flash attention reads 16 bits.
    return net.graph.add("CPY", (values,), look, kind="f16")


def _plain(
    net: Network, layer: Layer, cache: Cache, query: Tensor, k_cache: Tensor, v_cache: Tensor
) -> Tensor:
    graph = net.graph
    asked = graph.look(query, (layer.head_k, net.tokens, layer.heads), "PERMUTE")
    keys = graph.look(k_cache, (layer.k, cache.cells), "VIEW")
    scores = graph.add("MUL_MAT", (cache.cells, net.tokens, layer.heads), keys, asked)
    sources = [scores, mask(net, cache)]
    scores = graph.add("SOFT_MAX", (cache.cells, net.tokens, layer.heads), *sources)
    values = graph.look(v_cache, (cache.cells, layer.v), "VIEW")
    if v_cache is k_cache:
        width = layer.v * cache.cells * net.geometry.streams
        values = graph.add("CONT", (width,), values, kind=net.flags.cache_type_k)
    found = graph.add("MUL_MAT", (layer.head_v, net.tokens, layer.heads), values, scores)
    if net.shape.latent:
        return found
    turned = graph.look(found, (layer.head_v, layer.heads, net.tokens), "PERMUTE")
    found = graph.add("CONT", (layer.head_v * layer.heads, net.tokens), turned)
    if not net.flags.kv_offload:
        found.backend = "CPU"
    return found


def _latent(net: Network, layer: Layer, cache: Cache, source: Tensor) -> Tensor:
    """MLA with the absorbed projection: one latent K for each token, and no V."""
    here, tokens, graph = f"blk.{layer.index}.", net.tokens, net.graph
    rank = net.dims(here + "attn_v_b.weight")[0]
    turned, heads = layer.head_k - rank, layer.heads
    query = source
    if net.has(here + "attn_q_a.weight"):
        query = net.multiply(here + "attn_q_a.weight", query, tokens)
        width = net.dims(here + "attn_q_a.weight")[1]
        query = net.norm(query, (width, tokens), here + "attn_q_a_norm.weight", layer.index)
        query = net.multiply(here + "attn_q_b.weight", query, tokens)
    else:
        query = net.multiply(here + "attn_q.weight", query, tokens)
    nope = graph.look(query, (net.dims(here + "attn_k_b.weight")[0], tokens, heads), "PERMUTE")
    absorbed = graph.add(
        "MUL_MAT", (rank, tokens, heads), net.weight(here + "attn_k_b.weight"), nope
    )
    position = net.input("inp_pos", (tokens,), "i32")
    rotated = graph.add("ROPE", (turned, heads, tokens),
                        graph.look(query, (turned, heads, tokens), "VIEW"), position)  # fmt: skip
    back = graph.look(absorbed, (rank, heads, tokens), "PERMUTE")
    asked = graph.add("CONCAT", (layer.head_k, heads, tokens), back, rotated)
    both = net.multiply(here + "attn_kv_a_mqa.weight", source, tokens)
    latent = graph.look(both, (rank, tokens), "VIEW")
    latent = net.norm(latent, (rank, tokens), here + "attn_kv_a_norm.weight", layer.index)
    key = graph.add(
        "ROPE", (turned, 1, tokens), graph.look(both, (turned, 1, tokens), "VIEW"), position
    )
    key = graph.add("CONCAT", (layer.head_k, 1, tokens), graph.look(latent, (rank, 1, tokens)), key)
    wide = Layer(layer.index, True, False, layer.window, heads, 1, layer.head_k, rank, 0)
    found = attend(net, wide, cache, asked, key, None)
    if net.flags.flash_attn:
        found = graph.look(found, (rank, tokens, heads), "PERMUTE")
    out = net.dims(here + "attn_v_b.weight")[1]
    found = graph.add("MUL_MAT", (out, tokens, heads), net.weight(here + "attn_v_b.weight"), found)
    found = graph.look(found, (out, heads, tokens), "PERMUTE")
    found = graph.add("CONT", (out * heads, tokens), found)
    return net.multiply(here + "attn_output.weight", found, tokens)
