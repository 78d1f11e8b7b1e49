"""The network that grows: a model's weights by name, its inputs, and the steps of a layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ....gguf import GgufFacts
from ....gguf import Tensor as Stored
from ..cparams import CParams
from ..flags import Flags
from ..hparams import HParams
from ..terms import HOST
from .placement import Placement
from .tensors import Graph, Tensor, UnknownGraphError, external_tensor, graph_input
from .traits import positions


@dataclass(slots=True)
class Network:
    """A graph that grows: `tokens` at once, of which `outputs` give logits.

    `flash` is True with flash attention: not every cache that is laid out for it gets it.
    """

    facts: GgufFacts
    hparams: HParams
    flags: Flags
    cparams: CParams
    placement: Placement
    tokens: int
    outputs: int
    flash: bool = True
    graph: Graph = field(default_factory=Graph)
    named: dict[str, Tensor] = field(default_factory=dict)
    weights: dict[str, Tensor] = field(default_factory=dict)
    tensors: dict[str, Stored] = field(init=False)

    def __post_init__(self) -> None:
        # Norms of Falcon-H1 and PLaMo 3 have no ".weight" in their names.
        bare = {
            f"{name}.weight": each
            for name, each in self.facts.by_name.items()
            if name.endswith("_norm")
        }
        self.tensors = {**self.facts.by_name, **bare}

    @property
    def windows(self) -> bool:
        """Return True if layers with a window have a cache of their own."""
        return bool(self.hparams.n_swa)

    @property
    def encodes(self) -> bool:
        """Return True if it is put together as BERT is."""
        return self.hparams.architecture.graph == "encoder"

    def has(self, name: str) -> bool:
        """Return True if the model has a tensor of this name."""
        return name in self.tensors

    def stored(self, name: str) -> Stored:
        """Return a tensor of the model; raise UnknownGraphError where it has none of that name."""
        found = self.tensors.get(name)
        if found is None:
            raise UnknownGraphError(f"it has no tensor {name}")
        return found

    def dims(self, name: str) -> tuple[int, ...]:
        """Return the dimensions of a weight, contiguous one first."""
        return self.stored(name).dims

    def length(self, name: str, axis: int) -> int:
        """Return one dimension of a weight; raise UnknownGraphError where it has fewer of them."""
        found = self.dims(name)
        if axis >= len(found):
            raise UnknownGraphError(f"{name} has only {len(found)} dimensions")
        return found[axis]

    def weight(self, name: str, output: bool = False) -> Tensor:
        """Return a weight where it lies; `output` is the second copy of tied embeddings.

        Raises UnknownGraphError where the model has none of that name.
        """
        key = f"{name} output" if output else name
        if key not in self.weights:
            stored = self.stored(name)
            where = self.placement.output if output else self.placement.of(stored.name)
            self.weights[key] = external_tensor(stored.size, where, name=name)
        return self.weights[key]

    def input(self, name: str, dims: Sequence[int], kind: str = "f32") -> Tensor:
        """Return an input of the graph, made when it is first asked for."""
        if name not in self.named:
            self.named[name] = graph_input(dims, kind, name)
        return self.named[name]

    def shared(self, name: str, make: Callable[[], Tensor]) -> Tensor:
        """Return a tensor that all layers share, made when it is first asked for."""
        if name not in self.named:
            self.named[name] = make()
        return self.named[name]

    def positions(self) -> Tensor:
        """Return the positions of all tokens."""
        return self.input(
            "inp_pos", (self.tokens * positions(self.hparams.architecture, self.facts),), "i32"
        )

    def multiply(self, name: str, by: Tensor, columns: int, bias: bool = True) -> Tensor:
        """Multiply a matrix by `by`, and add its bias."""
        found = self.graph.add("MUL_MAT", (self.length(name, 1), columns), self.weight(name), by)
        with_bias = name.removesuffix("weight") + "bias"
        if bias and self.has(with_bias):
            dims = (self.length(name, 1), columns)
            found = self.graph.add("ADD", dims, found, self.weight(with_bias))
        return found

    def norm(self, source: Tensor, dims: Sequence[int], name: str, layer: int | None) -> Tensor:
        """Norm and weigh. A layer's norms stay on its device if all layers have one."""
        op = "NORM" if self.hparams.architecture.norm == "layer" else "RMS_NORM"
        found = self.graph.add(op, dims, source)
        if not self.has(name):
            return found
        if layer is not None and (self.placement.full or self.tokens < 32):
            found.backend = self.placement.layers[layer]
        found = self.graph.add("MUL", dims, found, self.weight(name))
        bias = name.removesuffix("weight") + "bias"
        if self.has(bias):
            found = self.graph.add("ADD", dims, found, self.weight(bias))
        return found

    def norms(self, name: str) -> bool:
        """Return True if the model norms here: mostly where it has the norm's weight."""
        return self.has(name) or self.hparams.architecture.unweighted_norms

    def cached(self, layer: int, size: int) -> Tensor:
        """Return a layer's cache or state of `size` bytes."""
        where = self.placement.layers[layer] if self.flags.kv_offload else HOST
        return external_tensor(size, where, weight=False)

    def add(self, left: Tensor, right: Tensor) -> Tensor:
        """Add two tensors."""
        layout = left.layout
        dims = layout[1] if len(layout) > 1 and isinstance(layout[1], tuple) else (1,)
        return self.graph.add("ADD", dims, left, right)
