"""One tensor of a file: what it is called, how it is stored, and where."""

from __future__ import annotations

from math import prod

from ..dataclasses import dataclass
from .tensor_types import BY_NAME


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor; `dims` has the contiguous dimension first.

    `offset` counts from where the tensor data of its file begins; `file` is the number of the
    shard that holds it.
    """

    name: str
    type: str
    dims: tuple[int, ...]
    offset: int
    file: int = 0

    @property
    def elements(self) -> int:
        """Return the number of values."""
        return prod(self.dims)

    @property
    def size(self) -> int:
        """Return its bytes, without padding."""
        stored = BY_NAME[self.type]
        return self.elements // stored.block * stored.bytes
