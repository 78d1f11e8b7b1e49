"""Main memory besides buffers: cached prompts and checkpoints."""

from __future__ import annotations

from collections.abc import Iterator

from .cparams import CParams
from .engine.kv_cache import caches, row
from .engine.recurrent_state import states
from .flags import Flags
from .hparams import HParams
from .terms import HOST, MIB, Term

CACHE_RAM = "tools/server/server-task.h, server_prompt_cache"
PROMPTS = "prompt cache, at most"
CHECKPOINTS = "tools/server/server-context.cpp, create_checkpoint"


def host(hparams: HParams, flags: Flags, cparams: CParams) -> Iterator[Term]:
    """Yield upper bounds: these grow while the server works."""
    if flags.cache_ram > 0:
        formula = "the limit of --cache-ram; filled by prompts that lost their slot"
        size = flags.cache_ram * MIB
        yield Term(HOST, "other", PROMPTS, size, formula, CACHE_RAM)
    size = _checkpoint(hparams, flags, cparams)
    if size and flags.checkpoints > 0:
        count = cparams.n_seq_max * flags.checkpoints
        formula = f"{count} checkpoints x {size} bytes of windows or states"
        what = "context checkpoints, at most"
        yield Term(HOST, "other", what, count * size, formula, CHECKPOINTS)


def _checkpoint(hparams: HParams, flags: Flags, cparams: CParams) -> int:
    """Return the bytes of one sequence's checkpoint: its windows and states."""
    size = 0
    for cache in caches(hparams, flags, cparams):
        if cache.windowed and not flags.swa_full:
            cells = min(cache.cells, hparams.n_swa)
            k = sum(row(flags.cache_type_k, each.n_embd_k_gqa) for each in cache.layers)
            size += cells * (
                k + sum(row(flags.cache_type_v, each.n_embd_v_gqa) for each in cache.layers)
            )
    recurrent = sum(each.recurrent for each in hparams.layers)
    one = states(hparams, flags, cparams) // max(1, cparams.n_seq_max)
    return size + recurrent * one * (hparams.n_embd_r + hparams.n_embd_s) * 4
