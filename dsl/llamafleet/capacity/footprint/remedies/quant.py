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
    smaller = [
        each for each in QUANTS if _in(facts, BY_NAME[each]).tensor_bytes < facts.tensor_bytes
    ]
    largest = None
    while smaller:
        # A smaller quant takes less: halve them, for each try is an estimate of the whole model.
        middle = len(smaller) // 2
        found = _remedy(candidate, name, smaller[middle], _in(facts, BY_NAME[smaller[middle]]))
        largest = found or largest
        smaller = smaller[:middle] if found else smaller[middle + 1 :]
    return largest


def _remedy(candidate: Candidate, name: str, quant: str, smaller: GgufFacts) -> Remedy | None:
    left = candidate.left(candidate.model, {**candidate.footprints.fleet.facts, name: smaller})
    if left is None:
        return None
    size = smaller.tensor_bytes / 2**30
    return Remedy(candidate.model.name, f"a quant like {quant} ({size:.1f} GiB)", left)


def _in(facts: GgufFacts, kind: TensorType) -> GgufFacts:
    return replace(facts, tensors=tuple(_stored(each, kind) for each in facts.tensors))


def _stored(tensor: Tensor, kind: TensorType) -> Tensor:
    own = BY_NAME[tensor.type]
    matrix = len(tensor.dims) > 1 and min(tensor.dims[:2]) >= kind.block // 8
    larger = own.bytes * kind.block > kind.bytes * own.block
    whole = tensor.dims[0] % kind.block == 0
    return replace(tensor, type=kind.name) if matrix and larger and whole else tensor
