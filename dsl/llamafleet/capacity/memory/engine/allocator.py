"""ggml's graph allocator: where each tensor would lie, and so how large each buffer gets.

It follows ggml/src/ggml-alloc.c (ggml_gallocr_alloc_graph_impl and ggml_dyn_tallocr): best fit,
memory back as soon as the last reader is done, results in their source's place where they may.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..cparams import padded
from .tensors import IN_PLACE, Tensor

ENDLESS = 1 << 62


@dataclass(slots=True)
class Buffer:
    """Free blocks of one buffer in order; the last one never ends."""

    alignment: int
    free: list[tuple[int, int]] = field(default_factory=lambda: [(0, ENDLESS)])
    highest: int = 0

    def take(self, size: int) -> int:
        """Return the offset of a new block: in the smallest hole that fits, else at the end."""
        size = padded(size, self.alignment)
        best = len(self.free) - 1
        fitting = ENDLESS
        for index, (_, room) in enumerate(self.free[:-1]):
            if size <= room <= fitting:
                best, fitting = index, room
        offset, room = self.free[best]
        if room == size:
            del self.free[best]
        else:
            self.free[best] = (offset + size, room - size)
        self.highest = max(self.highest, offset + size)
        return offset

    def give(self, offset: int, size: int) -> None:
        """Free a block, and join it with its neighbours."""
        size = padded(size, self.alignment)
        if not size:
            return
        index = 0
        while index < len(self.free) and self.free[index][0] < offset:
            index += 1
        if index < len(self.free) and offset + size == self.free[index][0]:
            size += self.free.pop(index)[1]
        if index and sum(self.free[index - 1]) == offset:
            start, room = self.free[index - 1]
            self.free[index - 1] = (start, room + size)
        else:
            self.free.insert(index, (offset, size))


@dataclass(slots=True)
class _Place:
    children: int = 0
    views: int = 0
    allocated: bool = False
    buffer: str = ""
    offset: int = 0


class _Allocation:
    def __init__(self, alignments: Mapping[str, int]) -> None:
        self.buffers = {name: Buffer(each) for name, each in alignments.items()}
        self.places: dict[int, _Place] = {}

    def place(self, tensor: Tensor) -> _Place:
        found = self.places.get(id(tensor))
        if found is None:
            found = self.places[id(tensor)] = _Place()
        return found

    def allocate(self, tensor: Tensor, backend: str) -> None:
        place = self.place(tensor)
        if place.allocated or place.buffer or tensor.external or tensor.view:
            return
        place.allocated = True
        if tensor.op in IN_PLACE and self._takes_the_place_of_a_source(tensor, place):
            return
        place.buffer = backend
        place.offset = self.buffers[backend].take(tensor.size)

    def _takes_the_place_of_a_source(self, tensor: Tensor, place: _Place) -> bool:
        for source in tensor.sources:
            own = self.place(source)
            # What a view shares is never handed on: the view itself owns nothing.
            if not own.allocated or source.view or source.is_output:
                continue
            if source.layout != tensor.layout or own.children != 1 or own.views != 0:
                continue
            place.buffer, place.offset = own.buffer, own.offset
            own.allocated = False
            if source.size > tensor.size:
                self._give_the_rest(source.size, tensor.size, place)
            return True
        return False

    def _give_the_rest(self, had: int, needs: int, place: _Place) -> None:
        buffer = self.buffers[place.buffer]
        kept = padded(needs, buffer.alignment)
        rest = padded(had, buffer.alignment) - kept
        if rest:
            buffer.give(place.offset + kept, rest)

    def free(self, tensor: Tensor) -> None:
        if tensor.is_output or tensor.external:
            return
        place = self.place(tensor)
        self.buffers[place.buffer].give(place.offset, tensor.size)
        place.allocated = False

    def read(self, source: Tensor) -> None:
        """Count one reader of a tensor as done."""
        place = self.place(source)
        place.children -= 1
        if place.children or place.views:
            return
        if source.root is not None:
            below = self.place(source.root)
            below.views -= 1
            if not below.views and not below.children and below.allocated:
                self.free(source.root)
        elif place.allocated:
            self.free(source)


def sizes(
    nodes: Sequence[tuple[Tensor, str]],
    leaves: Sequence[tuple[Tensor, str]],
    alignments: Mapping[str, int],
) -> dict[str, int]:
    """Return the bytes of each backend's buffer for tensors with their backends."""
    found = _Allocation(alignments)
    for leaf, backend in leaves:
        found.allocate(leaf, backend)
    for node, backend in nodes:
        if node.root is not None and node.op != "NONE":
            found.place(node.root).views += 1
        if node.is_input:
            found.allocate(node, backend)
        for source in node.sources:
            found.place(source).children += 1
            if source.is_input:
                found.allocate(source, backend)
    for node, backend in nodes:
        for source in node.sources:
            found.allocate(source, backend)
        found.allocate(node, backend)
        for source in node.sources:
            found.read(source)
    return {name: buffer.highest for name, buffer in found.buffers.items()}
