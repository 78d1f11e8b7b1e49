"""Weights in a smaller quant."""

from __future__ import annotations

from dataclasses import replace

from ....gguf import GgufFacts
from ....gguf.tensor import Tensor
from ....gguf.tensor_types import BY_NAME, TensorType
from .candidate import Candidate, Remedy

QUANTS = ("Q8_0", "Q6_K", "Q5_K", "Q4_K", "IQ4_XS", "Q3_K", "Q2_K")


def quant(candidate: Candidate) -> Remedy | None:
    """Find the largest quant that fits for all larger matrices; None if none does."""
    name = candidate.model.gguf or ""
    facts = candidate.footprints.fleet.facts.get(name)
    if facts is None:
        return None
    for each in QUANTS:
        smaller = _in(facts, BY_NAME[each])
        if smaller.tensor_bytes < facts.tensor_bytes:
            left = candidate.left(
                candidate.model, {**candidate.footprints.fleet.facts, name: smaller}
            )
            if left is not None:
                size = smaller.tensor_bytes / 2**30
                return Remedy(candidate.model.name, f"a quant like {each} ({size:.1f} GiB)", left)
    return None


def _in(facts: GgufFacts, kind: TensorType) -> GgufFacts:
    return replace(facts, tensors=tuple(_stored(each, kind) for each in facts.tensors))


def _stored(tensor: Tensor, kind: TensorType) -> Tensor:
    own = BY_NAME[tensor.type]
    matrix = len(tensor.dims) > 1 and min(tensor.dims[:2]) >= kind.block // 8
    larger = own.bytes * kind.block > kind.bytes * own.block
    whole = tensor.dims[0] % kind.block == 0
    return replace(tensor, type=kind.name) if matrix and larger and whole else tensor
