"""Recurrent state: as large as it is, whatever the context."""

from __future__ import annotations

from collections.abc import Iterator

from ..cparams import CParams
from ..flags import Flags
from ..hparams import HParams
from ..terms import HOST, Term
from .placement import Placement

SOURCE = "src/llama-memory-recurrent.cpp, llama_memory_recurrent::llama_memory_recurrent"
KEEPS_STATES = frozenset({"draft-mtp", "draft-eagle3", "draft-dflash", "draft-dspark"})


def states(hparams: HParams, flags: Flags, cparams: CParams) -> int:
    """Return the number of states of a layer: one a slot, and one for each drafted token."""
    drafted = 0
    if KEEPS_STATES & set(flags.spec_types) and hparams.architecture.rolls_back:
        drafted = flags.draft_tokens
    return max(1, cparams.n_seq_max) * (1 + drafted)


def recurrent(
    hparams: HParams, flags: Flags, cparams: CParams, placement: Placement
) -> Iterator[Term]:
    """Yield a term for each device with recurrent layers."""
    rows = states(hparams, flags, cparams)
    counts: dict[str, int] = {}
    for layer in hparams.layers:
        if layer.recurrent:
            device = placement.layers[layer.index] if flags.kv_offload else HOST
            counts[device] = counts.get(device, 0) + 1
    for device, count in counts.items():
        size = count * rows * (hparams.n_embd_r + hparams.n_embd_s) * 4
        formula = (
            f"{count} layers x {rows} states x ({hparams.n_embd_r} + {hparams.n_embd_s}) x 4 bytes"
        )
        yield Term(device, "recurrent", "recurrent state", size, formula, SOURCE)
