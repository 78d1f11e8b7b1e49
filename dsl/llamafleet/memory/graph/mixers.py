"""Layers with a recurrent state: Mamba 2's scan, the gated delta net, and short convolutions."""

from __future__ import annotations

from ..shape import Layer
from .network import Network
from .tensors import Tensor


def mixer(net: Network, layer: Layer, source: Tensor) -> Tensor:
    """What the layer does with its state."""
    here = f"blk.{layer.index}."
    if net.has(here + "ssm_in.weight"):
        return _scan(net, layer, source)
    if net.has(here + "attn_qkv.weight") and net.has(here + "ssm_out.weight"):
        return _delta_net(net, layer, source)
    if net.has(here + "shortconv.in_proj.weight"):
        return _short_convolution(net, layer, source)
    return _unknown(net, layer, source)


def _state(net: Network, layer: Layer, values: int, read: bool) -> Tensor:
    """The states of all sequences; `read` gathers them into the graph."""
    sequences = net.geometry.sequences
    lying = net.cached(layer.index, values * sequences * 4)
    if not read:
        return lying
    index = net.input("s_copy", (sequences,), "i32")
    net.graph.write("SCALE", lying)
    found = net.graph.add("GET_ROWS", (values, sequences), lying, index)
    net.graph.write("CPY", lying, net.graph.look(found, (1,), "VIEW"))
    return found


def _early_state(net: Network, layer: Layer) -> Tensor:
    """The state is read before the end of the last such layer, which nothing has asked for yet."""
    start = len(net.graph.nodes)
    state = _state(net, layer, net.shape.state_r, True)
    if net.tail:
        read = net.graph.nodes[start:]
        del net.graph.nodes[start:]
        net.graph.nodes[net.tail : net.tail] = read
    return state


def _joined(net: Network, layer: Layer, mixed: Tensor, channels: int, state: Tensor) -> Tensor:
    """The last steps of each channel before these tokens, and these; the last of them stay."""
    graph, sequences = net.graph, net.geometry.sequences
    here = f"blk.{layer.index}."
    kernel = net.dims(here + "ssm_conv1d.weight")[0]
    steps = kernel - 1 + net.tokens // sequences
    before = graph.look(state, (kernel - 1, channels, sequences))
    turned = graph.look(mixed, (net.tokens // sequences, channels, sequences), "VIEW")
    both = graph.add("CONCAT", (steps, channels, sequences), before, turned)
    last = graph.look(both, (kernel - 1, channels, sequences), "VIEW")
    kept = _state(net, layer, net.shape.state_r, False)
    graph.write("CPY", kept, last)
    return both


def _convolved(net: Network, layer: Layer, both: Tensor, channels: int) -> Tensor:
    graph, here, dims = net.graph, f"blk.{layer.index}.", (channels, net.tokens)
    found = graph.add("SSM_CONV", dims, both, net.weight(here + "ssm_conv1d.weight"))
    if net.has(here + "ssm_conv1d.bias"):
        found = graph.add("ADD", dims, found, net.weight(here + "ssm_conv1d.bias"))
    return graph.add("UNARY", dims, found)


def _scan(net: Network, layer: Layer, source: Tensor) -> Tensor:
    here, graph, tokens = f"blk.{layer.index}.", net.graph, net.tokens
    inner = net.facts.integer("ssm.inner_size") or 0
    heads = net.facts.integer("ssm.time_step_rank") or 1
    channels = net.dims(here + "ssm_conv1d.weight")[1]
    state = _early_state(net, layer)
    mixed = net.multiply(here + "ssm_in.weight", source, tokens)
    mine = graph.look(mixed, (channels, tokens), "VIEW")
    both = _joined(net, layer, mine, channels, state)
    lying = _state(net, layer, net.shape.state_s, False)
    graph.write("SCALE", lying)
    found = _convolved(net, layer, both, channels)
    step = graph.look(mixed, (heads, tokens), "VIEW")
    step = graph.add("CONT", (heads, tokens), step)
    if net.has(here + "ssm_dt.bias"):
        step = graph.add("ADD", (heads, tokens), step, net.weight(here + "ssm_dt.bias"))
    x = graph.look(found, (inner, tokens), "VIEW")
    b, c = (graph.look(found, (channels - inner, tokens), "VIEW") for _ in range(2))
    values = inner * tokens + net.shape.state_s * net.geometry.sequences
    decay = net.weight(here + "ssm_a")
    scanned = graph.add("SSM_SCAN", (values,), lying, x, step, decay, b, c)
    last = graph.look(scanned, (net.shape.state_s, net.geometry.sequences), "VIEW")
    graph.write("CPY", lying, last)
    net.tail = len(graph.nodes)
    gate = graph.add("CONT", (inner, tokens), graph.look(mixed, (inner, tokens), "VIEW"))
    y = graph.look(scanned, (inner, tokens), "VIEW")
    skipped = graph.add("MUL", (inner, tokens), x, net.weight(here + "ssm_d"))
    y = graph.add("ADD", (inner, tokens), y, skipped)
    y = graph.add("GLU", (inner, tokens), gate, y)
    if net.has(here + "ssm_norm.weight"):
        y = graph.look(y, (inner, tokens))
        y = net.norm(y, (inner, tokens), here + "ssm_norm.weight", layer.index)
    return net.multiply(here + "ssm_out.weight", y, tokens)


def _delta_net(net: Network, layer: Layer, source: Tensor) -> Tensor:
    here, graph, tokens = f"blk.{layer.index}.", net.graph, net.tokens
    size = net.facts.integer("ssm.state_size") or 1
    heads = net.facts.integer("ssm.time_step_rank") or 1
    keys = net.facts.integer("ssm.group_count") or heads
    inner, sequences = size * heads, net.geometry.sequences
    channels = net.dims(here + "ssm_conv1d.weight")[1]
    state = _state(net, layer, net.shape.state_r, True)
    mixed = net.multiply(here + "attn_qkv.weight", source, tokens)
    both = _joined(net, layer, mixed, channels, state)
    before = _state(net, layer, net.shape.state_s, True)
    found = _convolved(net, layer, both, channels)
    query, key = (_spread(net, found, size, keys, heads) for _ in range(2))
    value = graph.look(found, (size, heads, tokens), "VIEW")
    decay, strength = _gates(net, here, source, heads)
    dims = (inner * tokens + net.shape.state_s * sequences,)
    done = graph.add("GATED_DELTA_NET", dims, query, key, value, decay, strength, before)
    last = graph.look(done, (net.shape.state_s, sequences), "VIEW")
    graph.write("CPY", _state(net, layer, net.shape.state_s, False), last)
    result = graph.look(done, (size, heads, tokens))
    result = net.norm(result, (size, heads, tokens), here + "ssm_norm.weight", layer.index)
    gate = net.multiply(here + "attn_gate.weight", source, tokens)
    gate = graph.add("UNARY", (size, heads, tokens), graph.look(gate, (size, heads, tokens)))
    result = graph.add("MUL", (size, heads, tokens), result, gate)
    found = net.multiply(here + "ssm_out.weight", graph.look(result, (inner, tokens)), tokens)
    # A look at it: so the residual sum takes another place.
    return graph.look(found, (net.shape.embedding, tokens))


def _spread(net: Network, found: Tensor, size: int, keys: int, heads: int) -> Tensor:
    """Q or K normed, and once for each head of V."""
    graph, tokens = net.graph, net.tokens
    part = graph.look(found, (size, keys, tokens), "VIEW")
    part = graph.add("RMS_NORM", (size, keys, tokens), part)
    part = graph.add("SCALE", (size, keys, tokens), part)
    if keys == heads or net.shape.architecture != "qwen3next":
        return part
    return graph.add("REPEAT", (size, heads, tokens), graph.look(part, (size, 1, keys, tokens)))


def _gates(net: Network, here: str, source: Tensor, heads: int) -> tuple[Tensor, Tensor]:
    graph, dims = net.graph, (heads, net.tokens)
    if net.has(here + "ssm_ba.weight"):
        both = net.multiply(here + "ssm_ba.weight", source, net.tokens)
        alpha = graph.add("CONT", dims, graph.look(both, dims, "VIEW"))
        beta = graph.add("CONT", dims, graph.look(both, dims, "VIEW"))
    else:
        beta = net.multiply(here + "ssm_beta.weight", source, net.tokens)
        alpha = net.multiply(here + "ssm_alpha.weight", source, net.tokens)
    alpha = graph.add("ADD", dims, alpha, net.weight(here + "ssm_dt.bias"))
    alpha = graph.add("UNARY", dims, alpha)
    alpha = graph.add("MUL", dims, alpha, net.weight(here + "ssm_a"))
    return alpha, graph.add("UNARY", dims, beta)


def _short_convolution(net: Network, layer: Layer, source: Tensor) -> Tensor:
    here, graph, tokens = f"blk.{layer.index}.", net.graph, net.tokens
    width, sequences = net.shape.embedding, net.geometry.sequences
    wide = net.multiply(here + "shortconv.in_proj.weight", source, tokens)
    b, c, x = (graph.look(wide, (width, tokens), "VIEW") for _ in range(3))
    state = _state(net, layer, net.shape.state_r, True)
    product = graph.add("MUL", (width, tokens), b, x)
    turned = graph.look(product, (tokens, width), "VIEW")
    steps = net.shape.state_r // width + tokens // sequences
    both = graph.add("CONCAT", (steps, width, sequences), state, turned)
    kept = _state(net, layer, net.shape.state_r, False)
    graph.write("CPY", kept, graph.look(both, (net.shape.state_r, sequences), "VIEW"))
    weight = net.weight(here + "shortconv.conv.weight")
    found = graph.add("SSM_CONV", (width, tokens), both, weight)
    found = graph.add("MUL", (width, tokens), found, c)
    return net.multiply(here + "shortconv.out_proj.weight", found, tokens)


def _unknown(net: Network, layer: Layer, source: Tensor) -> Tensor:
    """No steps are known of it: twice what its widest matrix gives, and the state."""
    here, graph, tokens = f"blk.{layer.index}.", net.graph, net.tokens
    mine = [each.dims for each in net.facts.tensors if each.name.startswith(here)]
    width = max((dims[1] for dims in mine if len(dims) == 2), default=net.shape.embedding)
    state = _state(net, layer, net.shape.state_s, True)
    one = graph.add("MUL_MAT", (width, tokens), source)
    two = graph.add("MUL_MAT", (width, tokens), one)
    found = graph.add("SSM_SCAN", (width * tokens + net.shape.state_s,), one, two, state)
    return graph.add("MUL_MAT", (net.shape.embedding, tokens), found)
