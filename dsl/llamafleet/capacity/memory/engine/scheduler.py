"""ggml's scheduler: a backend for each node, and copies where a source lies on another one.

It follows ggml_backend_sched_split_graph of ggml/src/ggml-backend.cpp; the host comes last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..flags import Flags
from ..terms import HOST
from .allocator import sizes
from .placement import Placement
from .tensor_split import META
from .tensors import Graph, Tensor

MAX_COPIES = 4
"""GGML_SCHED_MAX_COPIES: graph inputs are held so often while devices work in turn."""

OFFLOADED_BATCH = 32
"""GGML_OP_OFFLOAD_MIN_BATCH: from here on devices compute with weights of the host."""

UNCHOSEN = frozenset({"ROPE", "FLASH_ATTN"})
"""Operations whose weights are too small to choose a backend."""


@dataclass(slots=True)
class _Split:
    backend: str
    nodes: list[Tensor] = field(default_factory=list)
    inputs: list[Tensor] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Machine:
    """The backends, and how they work together."""

    devices: tuple[str, ...]
    pipelined: bool = False
    offloads_to: str | None = None

    @property
    def copies(self) -> int:
        """Return the number of copies of each input."""
        return MAX_COPIES if self.pipelined else 1


def machine(flags: Flags, placement: Placement) -> Machine:
    """Return the backends in use; a device that is not RPC takes a batch's work from the host."""
    near = [each for each in placement.devices if not each.startswith(("RPC", META))]
    offloads_to = near[0] if near and flags.op_offload else None
    return Machine(placement.devices, placement.pipelined, offloads_to)


def placed(graph: Graph, machine: Machine, tokens: int) -> dict[int, str]:
    """Return the backend of each node, by the ids of tensors."""
    schedule = _Schedule(machine)
    for leaf in graph.inputs:
        schedule.backends[id(leaf)] = HOST
    schedule.assign(graph.nodes, tokens)
    return schedule.backends


def buffers(
    graph: Graph, inputs: Sequence[Tensor], machine: Machine, tokens: int
) -> dict[str, int]:
    """Return the bytes of each backend's compute buffer."""
    schedule = _Schedule(machine)
    leaves = [*inputs]
    for leaf in leaves:
        schedule.backends[id(leaf)] = HOST
    schedule.assign(graph.nodes, tokens)
    splits = schedule.split(graph.nodes)
    nodes = list(schedule.laid_out(splits))
    extra = list(schedule.pipeline_leaves(leaves, splits))
    placed = [*extra, *((leaf, HOST) for leaf in leaves)]
    units = {name: 128 for name in machine.devices} | {HOST: 32}
    return sizes(nodes, placed, units)


class _Schedule:
    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.backends: dict[int, str] = {}
        self.duplicates: dict[tuple[int, str], list[Tensor]] = {}

    def at(self, tensor: Tensor) -> str | None:
        return self.backends.get(id(tensor))

    def assign(self, nodes: Sequence[Tensor], tokens: int) -> None:
        """Passes 1 to 4: by weights and caches, then from neighbours, GPUs first."""
        for node in nodes:
            where = self._first(node, tokens)
            if where is not None:
                self.backends[id(node)] = where
        real = [node for node in nodes if not node.is_view_op]
        for devices_only in (True, False):
            self._expand(real, devices_only)
            self._expand(real[::-1], devices_only)
        for node in nodes:
            self._inherit(node)
            for source in node.sources:
                if self.at(source) is None:
                    self._inherit(source, self.at(node))

    def _first(self, node: Tensor, tokens: int) -> str | None:
        if node.backend is not None:
            return node.backend
        if node.root is not None and node.root.external:
            return node.root.backend
        if node.is_input:
            return HOST
        if node.op in UNCHOSEN:
            return None
        for source in node.sources:
            if source.weight:
                target = self.machine.offloads_to
                large = node.op != "GET_ROWS" and tokens >= OFFLOADED_BATCH
                if source.backend == HOST and target is not None and large:
                    return target
                return source.backend
        return None

    def _expand(self, nodes: Iterable[Tensor], devices_only: bool) -> None:
        current: str | None = None
        for node in nodes:
            own = self.at(node)
            if own is not None:
                current = None if devices_only and own == HOST else own
            elif current is not None:
                self.backends[id(node)] = current

    def _inherit(self, tensor: Tensor, reader: str | None = None) -> None:
        if self.at(tensor) is not None:
            return
        root = tensor.root
        if tensor.external:
            where = (root or tensor).backend
        elif root is not None:
            where = self.at(root)
        else:
            where = reader
        devices = self.machine.devices
        self.backends[id(tensor)] = where or (devices[0] if devices else HOST)

    def split(self, nodes: Sequence[Tensor]) -> list[_Split]:
        """Pass 5: runs of nodes on one backend, and what they need from others."""
        first = next(node for node in nodes if not node.is_view_op)
        splits = [_Split(self.backends[id(first)])]
        for node in nodes:
            if node.is_view_op:
                splits[-1].nodes.append(node)
                continue
            where = self.backends[id(node)]
            if where != splits[-1].backend or (splits[-1].inputs and self._foreign_weight(node)):
                splits.append(_Split(where))
            splits[-1].nodes.append(node)
            node.sources = [self._reached(source, splits[-1]) for source in node.sources]
        return splits

    def _foreign_weight(self, node: Tensor) -> bool:
        where = self.at(node)
        return any(source.weight and source.backend != where for source in node.sources)

    def _reached(self, source: Tensor, split: _Split) -> Tensor:
        if self.at(source) == split.backend:
            return source
        key = (id(source), split.backend)
        if key not in self.duplicates:
            self.duplicates[key] = [self._copy(source) for _ in range(self.machine.copies)]
            split.inputs.append(source)
        return self.duplicates[key][0]

    def _copy(self, source: Tensor) -> Tensor:
        kept = self.machine.copies > 1
        return Tensor("NONE", source.size, source.layout, [], is_input=kept, is_output=kept)

    def laid_out(self, splits: Sequence[_Split]) -> Iterable[tuple[Tensor, str]]:
        """The nodes with those that hold a source until it is copied, and its copy."""
        for split in splits:
            for source in split.inputs:
                held = Tensor("NONE", source.size, source.layout, [source], source.root or source)
                yield held, self.backends[id(source)]
                yield self.duplicates[id(source), split.backend][0], split.backend
            for node in split.nodes:
                yield node, self.backends[id(node)]

    def pipeline_leaves(
        self, leaves: Sequence[Tensor], splits: Sequence[_Split]
    ) -> Iterable[tuple[Tensor, str]]:
        """Every copy of every input, where devices work in turn."""
        if self.machine.copies == 1:
            return
        for leaf in leaves:
            leaf.is_output = True
            for _ in range(self.machine.copies - 1):
                yield self._copy(leaf), HOST
        for split in splits:
            for source in split.inputs:
                for copy in self.duplicates[id(source), split.backend]:
                    yield copy, split.backend
