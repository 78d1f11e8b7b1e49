"""`--spec-type draft-mtp`: a second context over the model's own layers that draft."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...gguf import GgufFacts
from .cparams import CParams
from .engine.compute import SOURCE as COMPUTE
from .engine.drafting import drafting_network
from .engine.kv_cache import row
from .engine.placement import Placement
from .engine.scheduler import buffers, machine
from .engine.tensors import UnknownGraphError
from .flags import Flags
from .hparams import HParams
from .outputs import SOURCE as OUTPUTS
from .terms import HOST, Estimate, Term

SOURCE = "src/llama-model.cpp, llama_model::create_memory for LLAMA_CONTEXT_TYPE_MTP"


def mtp(
    found: Estimate,
    facts: GgufFacts,
    hparams: HParams,
    flags: Flags,
    cparams: CParams,
    placement: Placement,
) -> Iterator[Term]:
    """Yield the terms of a context for draft layers: a cache, outputs and compute buffers."""
    drafts = replace(flags, cache_type_k=flags.draft_type_k, cache_type_v=flags.draft_type_v)
    sizes: dict[str, int] = {}
    drafting = hparams.layers[hparams.n_layer :]
    for layer in drafting:
        device = placement.layers[layer.index] if flags.kv_offload else HOST
        wide = row(drafts.cache_type_k, layer.n_embd_k_gqa)
        wide += 0 if hparams.is_mla else row(drafts.cache_type_v, layer.n_embd_v_gqa)
        cells = cparams.n_ctx_seq * cparams.n_stream
        sizes[device] = sizes.get(device, 0) + wide * cells
    for device, size in sizes.items():
        formula = f"{len(drafting)} layers x {cparams.n_ctx_seq} cells x {cparams.n_stream}"
        yield Term(device, "kv", "KV cache of layers that draft", size, formula, SOURCE)
    size = hparams.n_vocab * cparams.n_seq_max * 4
    formula = f"{hparams.n_vocab} values x {cparams.n_seq_max} slots x 4 bytes"
    yield Term(HOST, "output", "output buffer to draft", size, formula, OUTPUTS)
    yield from _computed(found, facts, hparams, drafts, cparams, placement)


def _computed(
    found: Estimate,
    facts: GgufFacts,
    hparams: HParams,
    flags: Flags,
    cparams: CParams,
    placement: Placement,
) -> Iterator[Term]:
    try:
        net = drafting_network(facts, hparams, flags, cparams, placement)
    except UnknownGraphError:
        for term in found.terms:
            if term.kind == "compute":
                formula = "rule of thumb, the graph is not known: as much as the model's"
                what = "compute buffer to draft, about"
                yield replace(term, what=what, formula=formula, margin=term.size // 2)
        return
    sizes = buffers(net.graph, net.graph.inputs, machine(flags, placement), cparams.n_tokens)
    for device in (*placement.devices, HOST):
        formula = f"{cparams.n_tokens} tokens, {net.outputs} outputs"
        yield Term(device, "compute", "compute buffer to draft", sizes[device], formula, COMPUTE)
