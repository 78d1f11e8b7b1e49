"""One layer: how attention or a recurrent part, feed-forward, norms and sums follow each other."""

from __future__ import annotations

from ..hparams import HParams, Layer
from .feed_forward import feed_forward
from .kv_cache import Cache
from .network import Network
from .projections import attention
from .recurrent_layers import recurrent_layer
from .tensors import Tensor, UnknownGraphError
from .traits import residual_scaled


def decoder_layer(net: Network, layer: Layer, cache: Cache | None, hidden: Tensor) -> Tensor:
    """Build a layer, and return its output."""
    if net.hparams.architecture.graph == "parallel" and not net.has(
        f"blk.{layer.index}.ffn_norm.weight"
    ):
        return _parallel(net, layer, cache, hidden)
    return _sequential(net, layer, cache, hidden)


def is_last_layer(net: Network, layer: Layer) -> bool:
    """Return True if only the tokens with logits go on from this layer."""
    rows = net.hparams.architecture.output_head.rows
    return layer.index == net.hparams.n_layer - 1 and rows in ("last layer", "hidden")


def select_output_rows(net: Network, source: Tensor, width: int = 0) -> Tensor:
    """Return only the rows of tokens whose logits are asked for (inp_out_ids)."""
    index = net.input("out_ids", (net.outputs,), "i32")
    return net.graph.add("GET_ROWS", (width or net.hparams.n_embd, net.outputs), source, index)


def token_mixing(
    net: Network, layer: Layer, cache: Cache | None, source: Tensor, hidden: Tensor
) -> Tensor | None:
    """Build attention, a recurrent part, or both side by side; None if the layer has neither."""
    here = f"blk.{layer.index}."
    found = None
    if layer.recurrent and not _has_both(net.hparams):
        found = recurrent_layer(net, layer, source)
    attends = net.has(here + "attn_output.weight") or net.has(here + "attn_out.weight")
    # Kimi's recurrent layers have an output projection of that name, too.
    attends = attends and (not layer.recurrent or _has_both(net.hparams))
    if attends and (cache is not None or not net.hparams.has_kv_cache):
        found = attention(net, layer, cache, source)
    if layer.recurrent and _has_both(net.hparams):
        # The norm is there twice.
        dims = (net.hparams.n_embd, net.tokens)
        again = net.norm(hidden, dims, here + "attn_norm.weight", layer.index)
        beside = recurrent_layer(net, layer, again)
        found = beside if found is None else net.graph.add("ADD", dims, found, beside)
    return found


def _has_both(hparams: HParams) -> bool:
    """Return True if recurrent layers have attention beside their state."""
    recurrent = hparams.architecture.recurrent
    return recurrent is not None and recurrent.layers == "beside attention"


def _sequential(net: Network, layer: Layer, cache: Cache | None, hidden: Tensor) -> Tensor:
    here, width, tokens = f"blk.{layer.index}.", net.hparams.n_embd, net.tokens
    dims = (width, tokens)
    source = hidden
    if net.norms(here + "attn_norm.weight"):
        source = net.norm(hidden, dims, here + "attn_norm.weight", layer.index)
    if net.hparams.architecture.expands_norm:
        net.graph.expand(source)
    found = token_mixing(net, layer, cache, source, hidden)
    if found is None:
        return _forward(net, layer, hidden, tokens, here + "attn_norm.weight")
    scores = _router_ahead(net, layer, hidden)
    if net.hparams.architecture.sums_all_rows:
        hidden = add_residual(net, dims, found, hidden)
        if is_last_layer(net, layer):
            hidden, tokens = select_output_rows(net, hidden), net.outputs
    else:
        hidden, tokens = _after_attention(net, layer, found, hidden)
    return _forward(net, layer, hidden, tokens, scores=scores)


def _router_ahead(net: Network, layer: Layer, hidden: Tensor) -> Tensor | None:
    """SmallThinker's router views at what comes into a layer."""
    if not net.hparams.architecture.router.before_attention:
        return None
    name = f"blk.{layer.index}.ffn_gate_inp.weight"
    scores = net.multiply(name, hidden, net.tokens)
    return (
        select_output_rows(net, scores, net.length(name, 1))
        if is_last_layer(net, layer)
        else scores
    )


def _after_attention(
    net: Network, layer: Layer, found: Tensor, hidden: Tensor
) -> tuple[Tensor, int]:
    """The sum with what came in; of the last layer only for the tokens with logits."""
    here, width, tokens = f"blk.{layer.index}.", net.hparams.n_embd, net.tokens
    post = here + "post_attention_norm.weight"
    # Without a norm before the feed-forward this one is it, unless there is one behind as well.
    behind = net.has(here + "ffn_norm.weight") or net.has(here + "post_ffw_norm.weight")
    norms = net.has(post) and behind
    cut = is_last_layer(net, layer)
    if norms and net.hparams.architecture.norms_all_rows:
        found, norms = net.norm(found, (width, tokens), post, layer.index), False
    if cut:
        found, tokens = select_output_rows(net, found), net.outputs
    if norms:
        found = net.norm(found, (width, tokens), post, layer.index)
    return add_residual(
        net, (width, tokens), found, select_output_rows(net, hidden) if cut else hidden
    ), tokens


def _forward(
    net: Network,
    layer: Layer,
    hidden: Tensor,
    tokens: int,
    only: str = "",
    scores: Tensor | None = None,
) -> Tensor:
    """The feed-forward with its norms; `only` is the norm of a layer that has nothing else."""
    here, dims = f"blk.{layer.index}.", (net.hparams.n_embd, tokens)
    source = hidden
    names = [here + "ffn_norm.weight", here + "attn_output_norm.weight"]
    if not net.has(here + "post_ffw_norm.weight"):
        names.append(here + "post_attention_norm.weight")
    names.append(only)
    for name in names:
        if name and net.norms(name):
            source = net.norm(hidden, dims, name, layer.index)
            break
    found = feed_forward(net, layer.index, source, tokens, scores)
    if found is None:
        return hidden
    post = here + "post_ffw_norm.weight"
    if net.has(post):
        own = layer.index if net.hparams.architecture.post_norm_of_layer else None
        found = net.norm(found, dims, post, own)
    if net.hparams.architecture.residual_first == "feed-forward":
        return net.graph.add("ADD", dims, hidden, found)
    return add_residual(net, dims, found, hidden)


def _parallel(net: Network, layer: Layer, cache: Cache | None, hidden: Tensor) -> Tensor:
    """Attention and feed-forward of the same, added up."""
    here, width, tokens = f"blk.{layer.index}.", net.hparams.n_embd, net.tokens
    dims = (width, tokens)
    source = net.norm(hidden, dims, here + "attn_norm.weight", layer.index)
    own = source
    if net.has(here + "attn_norm_2.weight"):
        own = net.norm(hidden, dims, here + "attn_norm_2.weight", layer.index)
        source, own = own, source
    found = token_mixing(net, layer, cache, source, hidden)
    if found is None:
        raise UnknownGraphError(f"layer {layer.index} has no attention beside its feed-forward")
    if is_last_layer(net, layer):
        found, hidden, own = (
            select_output_rows(net, found),
            select_output_rows(net, hidden),
            select_output_rows(net, own),
        )
        tokens, dims = net.outputs, (width, net.outputs)
    wide = feed_forward(net, layer.index, own, tokens)
    if wide is None:
        raise UnknownGraphError(f"layer {layer.index} has no feed-forward beside its attention")
    add = net.graph.add
    match net.hparams.architecture.parallel_sum:
        case "residual":
            return add("ADD", dims, add("ADD", dims, wide, hidden), found)
        case "attention first":
            return add("ADD", dims, add("ADD", dims, found, wide), hidden)
    return add("ADD", dims, add("ADD", dims, wide, found), hidden)


def add_residual(net: Network, dims: tuple[int, int], found: Tensor, hidden: Tensor) -> Tensor:
    """Return the residual sum; some architectures have its operands the other way round."""
    if residual_scaled(net.hparams.architecture, net.facts):
        found = net.graph.add("SCALE", dims, found)
    if net.hparams.architecture.residual_first == "always":
        return net.graph.add("ADD", dims, hidden, found)
    return net.graph.add("ADD", dims, found, hidden)
