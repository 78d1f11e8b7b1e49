"""Tensors of a compute graph, as far as memory goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

from .kv_cache import row

IN_PLACE = frozenset({
    "SCALE", "ADD", "ADD_ID", "SUB", "MUL", "DIV", "SQR", "SQRT", "LOG", "UNARY", "ROPE",
    "RMS_NORM", "CLAMP", "SOFT_MAX", "FILL",
})  # fmt: skip
"""ggml_op_can_inplace of ggml/src/ggml-alloc.c."""


class UnknownGraphError(Exception):
    """The header has tensors or sizes of which no graph is made here; the text says which."""


@dataclass(eq=False, slots=True)
class Tensor:
    """A node, an input, or something that lies elsewhere already (`external`).

    `backend` is where it must be, if that is known: weights and caches fix it. A `view` shares the
    memory of its `root`. `layout` tells which tensors may take each other's place.
    """

    op: str
    size: int
    layout: tuple[object, ...]
    sources: list[Tensor]
    root: Tensor | None = None
    external: bool = False
    weight: bool = False
    is_input: bool = False
    is_output: bool = False
    backend: str | None = None
    name: str = ""

    @property
    def view(self) -> bool:
        """Return True if it has no memory of its own."""
        return self.root is not None

    @property
    def is_view_op(self) -> bool:
        """Return True if it is only another view of its source: ggml_is_view_op."""
        return self.op in ("VIEW", "RESHAPE", "PERMUTE", "TRANSPOSE", "NONE")


@dataclass(slots=True)
class Graph:
    """Nodes and inputs in the order in which they are expanded: that is how they are laid out."""

    nodes: list[Tensor] = field(default_factory=list)
    inputs: list[Tensor] = field(default_factory=list)
    planned: set[int] = field(default_factory=set)

    def expand(self, *tensors: Tensor) -> None:
        """Add what tensors need, depth first, and the tensors: ggml_build_forward_expand.

        A loop, since a network of some hundred layers is deeper than Python calls itself.
        """
        open_tensors = [(tensor, False) for tensor in reversed(tensors)]
        while open_tensors:
            tensor, is_expanded = open_tensors.pop()
            if not is_expanded:
                if id(tensor) in self.planned:
                    continue
                self.planned.add(id(tensor))
                open_tensors.append((tensor, True))
                open_tensors += ((source, False) for source in reversed(tensor.sources))
            elif tensor.sources:
                self.nodes.append(tensor)
            elif tensor.is_input:
                self.inputs.append(tensor)

    def add(
        self,
        op: str,
        dims: Sequence[int],
        *sources: Tensor,
        kind: str = "f32",
        output: bool = False,
        name: str = "",
    ) -> Tensor:
        """Return a node with memory of its own."""
        shape = trimmed(dims)
        size = row(kind, shape[0]) * prod(shape[1:])
        return Tensor(op, size, (kind, shape), list(sources), is_output=output, name=name)

    def view(
        self, source: Tensor, dims: Sequence[int], op: str = "RESHAPE", size: int | None = None
    ) -> Tensor:
        """Return the same memory in other dimensions; a view not contiguous has its own layout.

        `size` is from the first to the last byte that it shows: so large is a copy of it.
        """
        layout: tuple[object, ...] = (source.layout[0], trimmed(dims))
        if op != "RESHAPE":
            layout = (*layout, op, source.layout)
        root = source.root or source
        shown = source.size if size is None else size
        node = Tensor(op, shown, layout, [source], root=root, external=root.external)
        node.backend = root.backend if root.external else None
        return node

    def view_rows(self, source: Tensor, dims: Sequence[int], whole: int, rows: int) -> Tensor:
        """Return a view of some values of each row of `whole`; UnknownGraphError without rows."""
        if rows < 1:
            raise UnknownGraphError("rows of no values")
        size = ((rows - 1) * whole + prod(dims) // rows) * 4
        return self.view(source, dims, "VIEW", size)

    def write(self, op: str, into: Tensor, *sources: Tensor) -> Tensor:
        """Return a node that writes into `into`."""
        root = into.root or into
        node = Tensor(op, into.size, into.layout, [*sources, into], root=root)
        node.external, node.backend = root.external, root.backend if root.external else None
        return node


def trimmed(dims: Sequence[int]) -> tuple[int, ...]:
    """Return dimensions without the ones at their end."""
    found = list(dims)
    while len(found) > 1 and found[-1] == 1:
        found.pop()
    return tuple(found)


def graph_input(dims: Sequence[int], kind: str = "f32", name: str = "") -> Tensor:
    """Return an input of the graph, which the host fills."""
    shape = trimmed(dims)
    size = (8 if kind == "i64" else row("f32" if kind == "i32" else kind, 1)) * prod(shape)
    if kind not in ("i64", "i32"):
        size = row(kind, shape[0]) * prod(shape[1:])
    return Tensor("NONE", size, (kind, shape), [], is_input=True, name=name)


def external_tensor(size: int, backend: str, weight: bool = True, name: str = "") -> Tensor:
    """Return a weight or a cache of `size` bytes."""
    return Tensor(
        "NONE", size, ("external",), [], external=True, weight=weight, backend=backend, name=name
    )
