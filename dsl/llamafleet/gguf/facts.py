"""Facts of a model from its GGUF header: architecture, dimensions, vocabulary, tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TypeAlias

from ..dataclasses import dataclass, replace
from .header import Header
from .metadata import Scalar, Skipped, Value
from .problem import GgufError
from .tensor import Tensor

Fact: TypeAlias = Scalar | tuple[Scalar, ...]

KEPT_TEXT = 200
MAX_VOCABULARY = 1 << 31
"""Texts of a vocabulary; what a header claims beyond is taken for nothing."""
GENERAL = frozenset(
    {
        "general.type",
        "general.name",
        "general.file_type",
        "general.size_label",
        "general.quantization_version",
        "tokenizer.ggml.model",
    }
)
"""Keys outside of the architecture's own that are kept; `adapter.*` is LoRA's."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One file of a model: where its tensor data begins, ends, and to what it is aligned.

    `end` counts from the file's first byte: a shorter file is cut off.
    """

    data: int
    end: int
    alignment: int = 32


@dataclass(frozen=True)
class GgufFacts:
    """A model, however many files it has; `tensors` are in the order of the files.

    `metadata` has the architecture's own keys without its name in front (`attention.head_count`),
    and a few general ones; lists are tuples, one item a layer.
    """

    architecture: str
    metadata: Mapping[str, Fact]
    vocabulary: int
    tensors: tuple[Tensor, ...]
    files: tuple[FileFacts, ...]

    def integer(self, key: str) -> int | None:
        """Return an integer of the metadata, the largest of a list; None without one."""
        match self.metadata.get(key):
            case bool() | str() | None:
                return None
            case int() | float() as number:
                return int(number)
            case tuple() as items:
                numbers = [int(each) for each in items if not isinstance(each, str)]
                return max(numbers, default=None)

    def number(self, key: str) -> float | None:
        """Return a number of the metadata; None without one."""
        found = self.metadata.get(key)
        return float(found) if isinstance(found, int | float) else None

    def text(self, key: str) -> str | None:
        """Return a text of the metadata; None without one."""
        found = self.metadata.get(key)
        return found if isinstance(found, str) else None

    def per_layer(self, key: str, layers: int) -> tuple[int, ...] | None:
        """Return a number for each layer, or None: one is repeated, short lists end in zeros."""
        match self.metadata.get(key):
            case str() | None:
                return None
            case int() | float() as number:
                return (int(number),) * layers
            case tuple() as items:
                numbers = tuple(int(each) for each in items if not isinstance(each, str))
                return (*numbers, *(0,) * layers)[:layers]

    @cached_property
    def by_name(self) -> Mapping[str, Tensor]:
        """Return the tensors by name."""
        return {each.name: each for each in self.tensors}

    @property
    def parameters(self) -> int:
        """Return the number of weights."""
        return sum(each.elements for each in self.tensors)

    @property
    def tensor_bytes(self) -> int:
        """Return the bytes of all tensors, without padding."""
        return sum(each.size for each in self.tensors)


def facts_of(headers: Sequence[Header], source: str = "") -> GgufFacts | GgufError:
    """Return the facts of a model from the headers of its shards, in order, or a GgufError."""
    first = headers[0]
    if problem := _not_one_model(headers):
        return GgufError(problem, source)
    architecture = first.metadata.get("general.architecture")
    if not isinstance(architecture, str) or not architecture:
        return GgufError("its header has no general.architecture", source)
    tensors = tuple(
        replace(tensor, file=number) if number else tensor
        for number, header in enumerate(headers)
        for tensor in header.tensors
    )
    if len({each.name for each in tensors}) < len(tensors):
        return GgufError("two of its files have a tensor of the same name", source)
    return GgufFacts(
        architecture=architecture,
        metadata=_kept(first.metadata, architecture),
        vocabulary=_vocabulary(first.metadata, architecture),
        tensors=tensors,
        files=tuple(FileFacts(each.data, each.end, each.alignment) for each in headers),
    )


def _not_one_model(headers: Sequence[Header]) -> str | None:
    """Return why the files are not the shards of one model, in order; None if they are."""
    claimed = headers[0].metadata.get("split.count", 0)
    if (claimed or 1) != len(headers):
        return f"it is a shard of {claimed}, but {len(headers)} were read"
    for number, header in enumerate(headers):
        if len(headers) > 1 and header.metadata.get("split.no") != number:
            said = header.metadata.get("split.no")
            return f"file {number + 1} of {len(headers)} has shard number {said}, counted from 0"
    total = headers[0].metadata.get("split.tensors.count")
    found = sum(len(each.tensors) for each in headers)
    if len(headers) > 1 and isinstance(total, int) and total != found:
        return f"its files have {found} tensors, but the first says {total}"
    return None


def _kept(metadata: Mapping[str, Value], architecture: str) -> dict[str, Fact]:
    kept: dict[str, Fact] = {}
    for key, value in metadata.items():
        own = key.startswith(f"{architecture}.")
        if isinstance(value, Skipped) or not (own or key in GENERAL or key.startswith("adapter.")):
            continue
        # Not a number: JSON has no word for it, and it says nothing.
        if isinstance(value, float) and value - value != 0:
            continue
        if isinstance(value, str) and len(value) > KEPT_TEXT:
            continue
        kept[key.removeprefix(f"{architecture}.") if own else key] = value
    return kept


def _vocabulary(metadata: Mapping[str, Value], architecture: str) -> int:
    match metadata.get("tokenizer.ggml.tokens"):
        case Skipped(length):
            return length
        case tuple() as items:
            return len(items)
    said = metadata.get(f"{architecture}.vocab_size", 0)
    if isinstance(said, bool) or not isinstance(said, int):
        return 0
    return said if 0 <= said <= MAX_VOCABULARY else 0
