"""The graph of a block that drafts: the last state and the next token's embedding, one layer."""

from __future__ import annotations

from dataclasses import replace

from ....gguf import GgufFacts
from ..cparams import CParams
from ..flags import Flags
from ..hparams import HParams
from .kv_cache import Cache
from .layers import decoder_layer
from .network import Network
from .placement import Placement
from .tensors import Tensor


def drafting_network(
    facts: GgufFacts, hparams: HParams, flags: Flags, cparams: CParams, placement: Placement
) -> Network:
    """Build the graph of LLM_GRAPH_TYPE_DECODER_MTP for the first block that drafts."""
    outputs = min(cparams.n_tokens, cparams.n_seq_max)
    net = Network(facts, hparams, flags, cparams, placement, cparams.n_tokens, outputs)
    layer = replace(hparams.layers[hparams.n_layer], attention=True)
    dims, graph = (hparams.n_embd, net.tokens), net.graph
    here = f"blk.{layer.index}.nextn"
    own = f"{here}.embed_tokens.weight"
    table = net.weight(own if net.has(own) else "token_embd.weight")
    tokens = graph.add("GET_ROWS", dims, table, net.input("tokens", (net.tokens,), "i32"))
    state = net.norm(net.input("state", dims), dims, f"{here}.hnorm.weight", layer.index)
    token = net.norm(tokens, dims, f"{here}.enorm.weight", layer.index)
    both = graph.add("CONCAT", (2 * hparams.n_embd, net.tokens), token, state)
    hidden = net.multiply(f"{here}.eh_proj.weight", both, net.tokens)
    hidden = decoder_layer(net, layer, Cache((layer,), cparams.n_ctx_seq, False), hidden)
    _logits(net, hidden, here)
    return net


def _logits(net: Network, hidden: Tensor, here: str) -> None:
    wide, graph = net.hparams.n_embd, net.graph
    norm, head = f"{here}.shared_head_norm.weight", f"{here}.shared_head_head.weight"
    norm = norm if net.has(norm) else "output_norm.weight"
    found = net.norm(hidden, (wide, net.tokens), norm, None)
    ids = net.input("out_ids", (net.outputs,), "i32")
    found = graph.add("GET_ROWS", (wide, net.outputs), found, ids)
    tied = not net.has("output.weight")
    name = head if net.has(head) else "token_embd.weight" if tied else "output.weight"
    weight = net.weight(name, output=tied and name == "token_embd.weight")
    graph.expand(graph.add("MUL_MAT", (net.hparams.n_vocab, net.outputs), weight, found))
