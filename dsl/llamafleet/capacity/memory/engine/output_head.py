"""The end of a network: logits, and what is pooled where embeddings are asked for."""

from __future__ import annotations

from .layers import select_output_rows
from .network import Network
from .tensors import Tensor
from .traits import output_scaled

POOLINGS = ("none", "mean", "cls", "last", "rank")
"""By their numbers in pooling_type."""


def output_head(net: Network, hidden: Tensor) -> None:
    """Build the last norm, the logits, and what llm_graph_context::build_pooling adds."""
    found = _normed(net, hidden)
    found.is_output = True
    logits = net.hparams.architecture.output_head.logits
    if logits == "never" or (logits == "unless pooled" and net.flags.pools):
        net.graph.expand(found)
    else:
        _logits(net, found)
    if net.flags.pools:
        pooled = _pooled(net, found)
        _projected(net, pooled)
        found.is_output = True


def _normed(net: Network, hidden: Tensor) -> Tensor:
    width, head = net.hparams.n_embd, net.hparams.architecture.output_head
    # LFM2 calls the norm of its output that of its embeddings; NeoBERT has a name of its own.
    names = ("output_norm.weight", "enc.output_norm.weight", "token_embd_norm.weight")
    name = next((each for each in names if net.has(each)), names[0])
    if head.logits == "never" and name == "token_embd_norm.weight":
        return hidden
    if head.rows == "normed":
        hidden.is_output = False
        normed = net.norm(hidden, (width, net.tokens), name, None)
        normed.is_output = True
        return select_output_rows(net, normed)
    if head.rows == "shown hidden":
        # A draft head may read it.
        hidden.is_output = True
    if head.rows != "last layer":
        hidden = select_output_rows(net, hidden)
    return net.norm(hidden, (width, net.outputs), name, None)


def _logits(net: Network, found: Tensor) -> None:
    tied = not net.has("output.weight")
    # BitNet multiplies with its embeddings where they lie.
    copied = tied and net.hparams.architecture.output_head.copies_tied
    matrix = net.weight("token_embd.weight" if tied else "output.weight", output=copied)
    dims = (net.hparams.n_vocab, net.outputs)
    found = net.graph.add("MUL_MAT", dims, matrix, found)
    if net.has("output.bias"):
        found = net.graph.add("ADD", dims, found, net.weight("output.bias"))
    for op in output_scaled(net.hparams.architecture.output_head, net.facts):
        found = net.graph.add(op, dims, found)
    found.is_output = True
    net.graph.expand(found)


def _projected(net: Network, found: Tensor) -> None:
    """llm_graph_context::build_dense_out: layers that sentence-transformers puts behind it."""
    dims = found.layout[1]
    assert isinstance(dims, tuple)
    columns = dims[1] if len(dims) > 1 else 1
    for name in ("dense_2.weight", "dense_3.weight"):
        if net.has(name):
            found.is_output = False
            found = net.multiply(name, found, columns)
            found.is_output = True
    net.graph.expand(found)


def _pooled(net: Network, found: Tensor) -> Tensor:
    graph, width, sequences = net.graph, net.hparams.n_embd, net.cparams.n_seq_max
    said = net.facts.integer("pooling_type") or 0
    kind = net.flags.pooling or POOLINGS[min(said, len(POOLINGS) - 1)]
    if kind == "none":
        return found
    if kind == "mean":
        turned = graph.view(found, (net.outputs, width), "TRANSPOSE")
        shares = net.input("mean", (net.tokens, sequences))
        turned = graph.add("CONT", (net.outputs, width), turned)
        found = graph.add("MUL_MAT", (width, sequences), turned, shares)
    else:
        found = graph.add("GET_ROWS", (width, sequences), found, _last(net))
    if kind == "rank":
        found = _classified(net, found)
    found.is_output = True
    graph.expand(found)
    return found


def _last(net: Network) -> Tensor:
    return net.input("cls", (net.cparams.n_seq_max,), "i32")


def _classified(net: Network, found: Tensor) -> Tensor:
    """A reranker's head."""
    graph, sequences = net.graph, net.cparams.n_seq_max
    if net.has("cls.weight"):
        width = net.length("cls.weight", 1)
        found = net.multiply("cls.weight", found, sequences)
        found = graph.add("UNARY", (width, sequences), found)
        if net.has("cls.norm.weight"):
            found = net.norm(found, (width, sequences), "cls.norm.weight", None)
    if net.has("cls.output.weight"):
        width = net.dims("cls.output.weight")[-1]
        found = net.multiply("cls.output.weight", found, sequences)
        if net.hparams.architecture.output_head.softmax_of_ranks:
            found = graph.add("SOFT_MAX", (width, sequences), found)
    elif net.hparams.architecture.output_head.softmax_of_ranks:
        found = graph.add("SOFT_MAX", (net.hparams.n_embd, sequences), found)
    return found
