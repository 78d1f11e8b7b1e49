"""What llama-server stops at once it knows the model."""

from __future__ import annotations

from collections.abc import Iterator

from ...gguf import GgufFacts
from ...gguf.tensor_types import BY_NAME
from .flags import Flags
from .shape import Shape
from .spread import tensor_split_problem

NEEDS_DRAFT = ("draft-simple", "draft-eagle3", "draft-dflash", "draft-dspark")


LARGEST = 1 << 31
MOST_EXPERTS = 1024
"""LLAMA_MAX_EXPERTS."""


def beyond(facts: GgufFacts) -> str | None:
    """What of a header no model has, so that nobody computes with it."""
    for key, value in facts.metadata.items():
        for number in value if isinstance(value, tuple) else (value,):
            if not isinstance(number, str) and not -LARGEST < number < LARGEST:
                return f"its header says {key} = {number}: no model has that"
    count = facts.integer("expert_count") or 0
    used = facts.integer("expert_used_count") or 0
    if count > MOST_EXPERTS or used > max(count, 1):
        return f"its header says {used} of {count} experts: llama.cpp takes up to {MOST_EXPERTS}"
    return None


def stops(shape: Shape, flags: Flags) -> str | None:
    """Why it does not start, None where nothing is known against it."""
    return next(_reasons(shape, flags), None)


def _reasons(shape: Shape, flags: Flags) -> Iterator[str]:
    asked = flags.ctx_size or flags.kv_unified_per_slot
    if not asked and not shape.trained:
        yield "the model does not say its context length: give --ctx-size"
    if not flags.flash_attn and _block(flags.cache_type_v) > 1:
        yield f"--cache-type-v {flags.cache_type_v} needs flash attention: llama-server stops"
    if shape.latent and flags.cache_type_k != flags.cache_type_v:
        kinds = f"{flags.cache_type_k} and {flags.cache_type_v}"
        yield f"this model's K and V share a cache, so {kinds} do not go together"
    if flags.flash_attn:
        yield from _rows(shape, flags)
    yield from _drafts(shape, flags)
    if problem := tensor_split_problem(shape, flags):
        yield problem


def _rows(shape: Shape, flags: Flags) -> Iterator[str]:
    """A head is a whole number of the cache type's blocks."""
    for layer in shape.layers[: shape.attended]:
        if not layer.attention:
            continue
        for letter, kind, size in (
            ("k", flags.cache_type_k, layer.head_k), ("v", flags.cache_type_v, layer.head_v),
        ):  # fmt: skip
            if size % _block(kind):
                yield (
                    f"--cache-type-{letter} {kind}: its blocks of {_block(kind)} do not divide "
                    f"a head of {size}; llama-server stops"
                )


def _drafts(shape: Shape, flags: Flags) -> Iterator[str]:
    if flags.draft:
        return
    for kind in flags.spec_types:
        if kind in NEEDS_DRAFT:
            yield f"--spec-type {kind} needs --model-draft: llama-server stops"
        if kind == "draft-mtp" and shape.attended == len(shape.layers):
            yield "--spec-type draft-mtp: the model has no such layers; llama-server stops"


def _block(kind: str) -> int:
    return BY_NAME[kind.upper()].block
