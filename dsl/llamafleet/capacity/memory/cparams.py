"""The context of a process, cut into slots: llama_cparams of src/llama-cparams.h."""

from __future__ import annotations

from ...dataclasses import dataclass
from .flags import Flags
from .hparams import HParams

CELLS = 256
"""Contexts are padded to it; so are the caches of windows."""


def padded(value: int, unit: int) -> int:
    """Return the next multiple of `unit`: GGML_PAD."""
    return -(-value // unit) * unit


@dataclass(frozen=True, slots=True)
class CParams:
    """The context of a process, as llama_context's constructor sets it."""

    n_ctx: int
    n_ctx_seq: int
    n_seq_max: int
    n_stream: int
    n_batch: int
    n_ubatch: int
    n_outputs_max: int

    @property
    def kv_unified(self) -> bool:
        """Return True if all slots share one pool of cells."""
        return self.n_stream == 1

    @property
    def n_tokens(self) -> int:
        """Return the tokens of the largest graph."""
        return padded(min(self.n_ctx, self.n_ubatch), self.n_seq_max)


def cparams_of(flags: Flags, hparams: HParams) -> CParams:
    """Return the context that these flags give this model (src/llama-context.cpp)."""
    slots, batch, ubatch = flags.slots, flags.batch_size, flags.ubatch_size
    asked = flags.ctx_size or 0
    if flags.kv_unified_per_slot > 0 and flags.ctx_size is None:
        asked = slots * flags.kv_unified_per_slot
    asked = asked or hparams.n_ctx_train
    if flags.embedding and batch > ubatch:
        batch = ubatch
    if batch < 0 or hparams.causal_attn:
        # A negative number is read as a very large one.
        batch = min(asked, batch) if batch > 0 else asked
    ubatch = min(batch, ubatch) if ubatch > 0 else batch
    n_ctx = padded(asked, CELLS)
    sequence = n_ctx
    if not flags.unified:
        sequence = padded(n_ctx // slots, CELLS)
        n_ctx = sequence * slots
    outputs = min(batch, slots * (1 + flags.drafted))
    if flags.pools:
        outputs = batch
    return CParams(
        n_ctx=n_ctx,
        n_ctx_seq=sequence,
        n_seq_max=slots,
        n_stream=1 if flags.unified else slots,
        n_batch=batch,
        n_ubatch=ubatch,
        n_outputs_max=outputs,
    )
