"""One layer: how attention or a recurrent part, feed-forward, norms and sums follow each other."""

from __future__ import annotations

from ..kv_cache import Cache
from ..shape import BOTH, BY_INTERVAL, Layer
from .feed_forward import feed_forward
from .mixers import mixer
from .network import Network
from .projections import attention
from .styles import (
    FLOW_FIRST,
    NORMED_AFTER,
    NORMED_BEFORE_CUT,
    PARALLEL,
    SUMMED_BACKWARDS,
    SUMMED_FIRST,
    WHOLE,
    residual_scaled,
)
from .tensors import Tensor, UnknownGraphError


def layer_of(net: Network, layer: Layer, cache: Cache | None, flow: Tensor) -> Tensor:
    """What comes out of a layer."""
    if net.shape.architecture in PARALLEL and not net.has(f"blk.{layer.index}.ffn_norm.weight"):
        return _parallel(net, layer, cache, flow)
    return _in_turn(net, layer, cache, flow)


def early(net: Network, layer: Layer) -> bool:
    """Whether only the tokens with logits go on from here."""
    return layer.index == net.shape.attended - 1 and net.shape.architecture not in WHOLE


def kept(net: Network, source: Tensor, width: int = 0) -> Tensor:
    """Only the tokens whose logits are asked for."""
    index = net.input("out_ids", (net.outputs,), "i32")
    return net.graph.add("GET_ROWS", (width or net.shape.embedding, net.outputs), source, index)


def mixed(
    net: Network, layer: Layer, cache: Cache | None, source: Tensor, flow: Tensor
) -> Tensor | None:
    """Attention, a recurrent part, or both side by side."""
    here = f"blk.{layer.index}."
    found = None
    if layer.recurrent and net.shape.architecture not in BOTH:
        found = mixer(net, layer, source)
    attends = net.has(here + "attn_output.weight") or net.has(here + "attn_out.weight")
    # Kimi's recurrent layers have an output projection of that name, too.
    attends = attends and (not layer.recurrent or net.shape.architecture in BOTH)
    if attends and (cache is not None or not net.shape.caches):
        found = attention(net, layer, cache, source)
    if layer.recurrent and net.shape.architecture in BOTH:
        # The norm is there twice.
        dims = (net.shape.embedding, net.tokens)
        again = net.norm(flow, dims, here + "attn_norm.weight", layer.index)
        beside = mixer(net, layer, again)
        found = beside if found is None else net.graph.add("ADD", dims, found, beside)
    return found


def _in_turn(net: Network, layer: Layer, cache: Cache | None, flow: Tensor) -> Tensor:
    here, width, tokens = f"blk.{layer.index}.", net.shape.embedding, net.tokens
    dims = (width, tokens)
    source = flow
    if net.norms(here + "attn_norm.weight"):
        source = net.norm(flow, dims, here + "attn_norm.weight", layer.index)
    if net.shape.architecture in BY_INTERVAL or net.shape.architecture == "kimi-linear":
        net.graph.expand(source)
    found = mixed(net, layer, cache, source, flow)
    if found is None:
        return _forward(net, layer, flow, tokens, here + "attn_norm.weight")
    scores = _ahead(net, layer, flow)
    if net.shape.architecture in SUMMED_FIRST:
        flow = summed(net, dims, found, flow)
        if early(net, layer):
            flow, tokens = kept(net, flow), net.outputs
    else:
        flow, tokens = _joined(net, layer, found, flow)
    return _forward(net, layer, flow, tokens, scores=scores)


def _ahead(net: Network, layer: Layer, flow: Tensor) -> Tensor | None:
    """SmallThinker's router looks at what comes into a layer."""
    if net.shape.architecture != "smallthinker":
        return None
    name = f"blk.{layer.index}.ffn_gate_inp.weight"
    scores = net.multiply(name, flow, net.tokens)
    return kept(net, scores, net.length(name, 1)) if early(net, layer) else scores


def _joined(net: Network, layer: Layer, found: Tensor, flow: Tensor) -> tuple[Tensor, int]:
    """The sum with what came in; of the last layer only for the tokens with logits."""
    here, width, tokens = f"blk.{layer.index}.", net.shape.embedding, net.tokens
    post = here + "post_attention_norm.weight"
    # Without a norm before the feed-forward this one is it, unless there is one behind as well.
    behind = net.has(here + "ffn_norm.weight") or net.has(here + "post_ffw_norm.weight")
    norms = net.has(post) and behind
    cut = early(net, layer)
    if norms and net.shape.architecture in NORMED_BEFORE_CUT:
        found, norms = net.norm(found, (width, tokens), post, layer.index), False
    if cut:
        found, tokens = kept(net, found), net.outputs
    if norms:
        found = net.norm(found, (width, tokens), post, layer.index)
    return summed(net, (width, tokens), found, kept(net, flow) if cut else flow), tokens


def _forward(
    net: Network,
    layer: Layer,
    flow: Tensor,
    tokens: int,
    only: str = "",
    scores: Tensor | None = None,
) -> Tensor:
    """The feed-forward with its norms; `only` is the norm of a layer that has nothing else."""
    here, dims = f"blk.{layer.index}.", (net.shape.embedding, tokens)
    source = flow
    names = [here + "ffn_norm.weight", here + "attn_output_norm.weight"]
    if not net.has(here + "post_ffw_norm.weight"):
        names.append(here + "post_attention_norm.weight")
    names.append(only)
    for name in names:
        if name and net.norms(name):
            source = net.norm(flow, dims, name, layer.index)
            break
    found = feed_forward(net, layer.index, source, tokens, scores)
    if found is None:
        return flow
    post = here + "post_ffw_norm.weight"
    if net.has(post):
        own = layer.index if net.shape.architecture in NORMED_AFTER else None
        found = net.norm(found, dims, post, own)
    if net.shape.architecture in SUMMED_BACKWARDS:
        return net.graph.add("ADD", dims, flow, found)
    return summed(net, dims, found, flow)


def _parallel(net: Network, layer: Layer, cache: Cache | None, flow: Tensor) -> Tensor:
    """Attention and feed-forward of the same, added up."""
    here, width, tokens = f"blk.{layer.index}.", net.shape.embedding, net.tokens
    dims = (width, tokens)
    source = net.norm(flow, dims, here + "attn_norm.weight", layer.index)
    own = source
    if net.has(here + "attn_norm_2.weight"):
        own = net.norm(flow, dims, here + "attn_norm_2.weight", layer.index)
        source, own = own, source
    found = mixed(net, layer, cache, source, flow)
    if found is None:
        raise UnknownGraphError(f"layer {layer.index} has no attention beside its feed-forward")
    if early(net, layer):
        found, flow, own = kept(net, found), kept(net, flow), kept(net, own)
        tokens, dims = net.outputs, (width, net.outputs)
    wide = feed_forward(net, layer.index, own, tokens)
    if wide is None:
        raise UnknownGraphError(f"layer {layer.index} has no feed-forward beside its attention")
    add = net.graph.add
    match PARALLEL[net.shape.architecture]:
        case "flow":
            return add("ADD", dims, add("ADD", dims, wide, flow), found)
        case "attention first":
            return add("ADD", dims, add("ADD", dims, found, wide), flow)
    return add("ADD", dims, add("ADD", dims, wide, found), flow)


def summed(net: Network, dims: tuple[int, int], found: Tensor, flow: Tensor) -> Tensor:
    """What a part of a layer adds; some have the sum the other way round."""
    if residual_scaled(net.facts):
        found = net.graph.add("SCALE", dims, found)
    if net.shape.architecture in FLOW_FIRST:
        return net.graph.add("ADD", dims, flow, found)
    return net.graph.add("ADD", dims, found, flow)
