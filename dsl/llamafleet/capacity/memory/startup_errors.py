"""Flags that make llama-server stop once it has read the model."""

from __future__ import annotations

from collections.abc import Iterator

from ...gguf.tensor_types import BY_NAME
from .flags import Flags
from .hparams import HParams
from .spread import tensor_split_problem

NEEDS_DRAFT = ("draft-simple", "draft-eagle3", "draft-dflash", "draft-dspark")


def startup_error(hparams: HParams, flags: Flags) -> str | None:
    """Return why llama-server does not start; None where nothing is known against it."""
    return next(_reasons(hparams, flags), None)


def _reasons(hparams: HParams, flags: Flags) -> Iterator[str]:
    asked = flags.ctx_size or flags.kv_unified_per_slot
    if not asked and not hparams.n_ctx_train:
        yield "the model does not say its context length: give --ctx-size"
    if not flags.flash_attn and _block(flags.cache_type_v) > 1:
        yield f"--cache-type-v {flags.cache_type_v} needs flash attention: llama-server stops"
    if hparams.is_mla and flags.cache_type_k != flags.cache_type_v:
        kinds = f"{flags.cache_type_k} and {flags.cache_type_v}"
        yield f"this model's K and V share a cache, so {kinds} do not go together"
    if flags.flash_attn:
        yield from _rows(hparams, flags)
    yield from _drafts(hparams, flags)
    if problem := tensor_split_problem(hparams, flags):
        yield problem


def _rows(hparams: HParams, flags: Flags) -> Iterator[str]:
    """A head is a whole number of the cache type's blocks."""
    for layer in hparams.layers[: hparams.n_layer]:
        if not layer.attention:
            continue
        for letter, kind, size in (
            ("k", flags.cache_type_k, layer.n_embd_head_k),
            ("v", flags.cache_type_v, layer.n_embd_head_v),
        ):
            if size % _block(kind):
                yield (
                    f"--cache-type-{letter} {kind}: its blocks of {_block(kind)} do not divide "
                    f"a head of {size}; llama-server stops"
                )


def _drafts(hparams: HParams, flags: Flags) -> Iterator[str]:
    if flags.draft:
        return
    for kind in flags.spec_types:
        if kind in NEEDS_DRAFT:
            yield f"--spec-type {kind} needs --model-draft: llama-server stops"
        if kind == "draft-mtp" and hparams.n_layer == len(hparams.layers):
            yield "--spec-type draft-mtp: the model has no such layers; llama-server stops"


def _block(kind: str) -> int:
    return BY_NAME[kind.upper()].block
