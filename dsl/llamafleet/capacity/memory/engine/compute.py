"""Compute buffers: the graph of the largest batch, laid out as ggml does it."""

from __future__ import annotations

from collections.abc import Iterator

from ....gguf import GgufFacts
from ..architectures.record import Exactness
from ..cparams import CParams
from ..flags import Flags
from ..hparams import HParams
from ..terms import HOST, Term
from .indexer_cache import indexed
from .networks import network
from .placement import Placement
from .scheduler import buffers, machine
from .tensors import UnknownGraphError

MORE: dict[Exactness, float] = {"nearly": 1.15, "partly": 2.0}
"""Factors on the buffers of graphs that are not built in all parts."""

UNRECORDED = "no start of this architecture was recorded"
MARGIN_UNRECORDED = 0.25
"""Share of a buffer by which it may be off where no recorded start shows that it is right."""

INDEXED_BYTES = 17
"""Bytes of an indexer's scores for each token and cell; its graph is not built."""

THUMB = "rule of thumb, the graph of this architecture is not known"
SOURCE = "src/llama-context.cpp, llama_context::sched_reserve; ggml/src/ggml-alloc.c"


def compute(
    facts: GgufFacts, hparams: HParams, flags: Flags, cparams: CParams, placement: Placement
) -> Iterator[Term]:
    """Yield a term for each compute buffer of the log."""
    try:
        net = network(facts, hparams, flags, cparams, placement)
    except UnknownGraphError as unknown:
        # A graph that is put together in another way, of tensors with other names.
        yield from _by_rule_of_thumb(hparams, cparams, placement, str(unknown))
        return
    found = buffers(net.graph, net.graph.inputs, machine(flags, placement), cparams.n_tokens)
    copies = 4 if placement.pipelined else 1
    more = _not_built(facts, hparams, cparams)
    scores = {placement.layers[each] for each in indexed(facts, hparams)}
    for device in (*placement.devices, HOST):
        formula = f"{cparams.n_tokens} tokens, {net.outputs} outputs, inputs held {copies} times"
        size, margin = found[device], 0
        unbuilt = more is not None and size > 0
        if hparams.architecture.exact == "unrecorded":
            margin = int(size * MARGIN_UNRECORDED)
            formula = f"{formula}; {UNRECORDED}"
        if more is not None and size:
            factor, extra = more
            if extra and device not in scores:
                extra = cparams.n_ctx_seq * cparams.n_tokens * 2
            margin = int(size * (factor - 1)) + extra // 2
            size = int(size * factor) + extra
            formula = f"{formula}; {THUMB} in all parts: {factor} times, and {extra} bytes"
        yield Term(device, "compute", "compute buffer", size, formula, SOURCE, margin, unbuilt)


def _not_built(facts: GgufFacts, hparams: HParams, cparams: CParams) -> tuple[float, int] | None:
    """By what a buffer is taken larger because parts of the graph are not known."""
    if indexed(facts, hparams):
        cells = cparams.n_ctx_seq * cparams.n_stream
        return 1.0, cells * cparams.n_tokens * INDEXED_BYTES
    factor = MORE.get(hparams.architecture.exact)
    return None if factor is None else (factor, 0)


def _by_rule_of_thumb(
    hparams: HParams, cparams: CParams, placement: Placement, why: str
) -> Iterator[Term]:
    """Yield terms without a graph: what is live at once in a wide layer, and every cell's mask."""
    wide = max((each.n_ff for each in hparams.layers), default=0)
    values = 6 * hparams.n_embd + 3 * wide + cparams.n_ctx_seq // 2
    copies = 4 if placement.pipelined else 1
    size = max(values * cparams.n_tokens * copies, hparams.n_vocab * cparams.n_outputs_max) * 4
    for device in (*placement.devices, HOST):
        formula = f"{THUMB} ({why}): {cparams.n_tokens} tokens x {values} values"
        yield Term(device, "compute", "compute buffer", size, formula, SOURCE, size // 2, True)
