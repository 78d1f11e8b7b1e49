"""Facts as JSON and back: small, and with a line for each thing that can change.

Blocks of layers that are alike are written once. Offsets are left out: tensors follow one another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from ..dataclasses import dataclass
from .facts import MAX_VOCABULARY, Fact, FileFacts, GgufFacts
from .header import MAX_ALIGNMENT, MAX_SIZE, MAX_TENSORS, padded
from .metadata import Scalar
from .problem import GgufError
from .tensor import Tensor
from .tensor_types import BY_NAME

_BLOCK = re.compile(r"blk\.(0|[1-9][0-9]{0,5})\.(.+)", re.DOTALL)
_RANGE = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?")


@dataclass(frozen=True, slots=True)
class _Run:
    """Tensors that follow one another, of one block or of none; `lines` leave out its number."""

    block: int | None
    lines: tuple[str, ...]


def to_json(facts: GgufFacts) -> dict[str, Any]:
    """Return facts as JSON."""
    return {
        "architecture": facts.architecture,
        "vocabulary": facts.vocabulary,
        "metadata": {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in facts.metadata.items()
        },
        "files": [
            {
                "data": file.data,
                "end": file.end,
                "alignment": file.alignment,
                "tensors": _written([each for each in facts.tensors if each.file == number]),
            }
            for number, file in enumerate(facts.files)
        ],
    }


def from_json(tree: Any) -> GgufFacts | GgufError:
    """Read facts from the JSON of `to_json`, which somebody may have edited."""
    try:
        files = tree["files"]
        tensors = tuple(
            tensor for number, file in enumerate(files) for tensor in _read(file, number)
        )
        return GgufFacts(
            architecture=str(tree["architecture"]),
            metadata={str(key): _fact(value) for key, value in tree["metadata"].items()},
            vocabulary=_within(tree["vocabulary"], MAX_VOCABULARY),
            tensors=tensors,
            files=tuple(
                FileFacts(
                    _within(file["data"], MAX_SIZE),
                    _within(file["end"], 2 * MAX_SIZE),
                    _within(file["alignment"], MAX_ALIGNMENT),
                )
                for file in files
            ),
        )
    except (TypeError, KeyError, ValueError, AttributeError, ArithmeticError, RecursionError):
        return GgufError("the facts of this model are malformed")


def _within(value: Any, most: int) -> int:
    """A number that is not negative, and not beyond what a header may say."""
    number = int(value)
    if not 0 <= number <= most:
        raise ValueError(number)
    return number


def _fact(value: Any) -> Fact:
    return tuple(map(_scalar, value)) if isinstance(value, list) else _scalar(value)


def _scalar(value: Any) -> Scalar:
    if isinstance(value, bool | int | float | str):
        return value
    raise TypeError(type(value).__name__)


def _written(tensors: list[Tensor]) -> list[Any]:
    written: list[Any] = []
    for lines, group in groupby(_runs(tensors), key=lambda run: (run.lines, run.block is None)):
        runs = list(group)
        if lines[1]:
            written += [line for run in runs for line in run.lines]
        else:
            blocks = [run.block for run in runs if run.block is not None]
            written.append({"blk": _ranges(blocks), "tensors": list(lines[0])})
    return written


def _runs(tensors: list[Tensor]) -> Iterator[_Run]:
    """Each block's tensors that stand together; every other tensor for itself."""
    for block, group in groupby(tensors, key=lambda each: _block(each.name)):
        lines = tuple(_line(each, block) for each in group)
        if block is None:
            yield from (_Run(None, (line,)) for line in lines)
        else:
            yield _Run(block, lines)


def _block(name: str) -> int | None:
    found = _BLOCK.fullmatch(name)
    return int(found[1]) if found else None


def _line(tensor: Tensor, block: int | None) -> str:
    name = tensor.name if block is None else tensor.name.removeprefix(f"blk.{block}.")
    return f"{name} {tensor.type} {'x'.join(map(str, tensor.dims))}"


def _ranges(blocks: list[int]) -> str:
    """`0-3,10`: numbers in their order, those that follow one another as a range."""
    spans: list[list[int]] = []
    for block in blocks:
        if spans and spans[-1][1] == block - 1:
            spans[-1][1] = block
        else:
            spans.append([block, block])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)


def _numbers(text: str) -> Iterator[int]:
    for part in text.split(","):
        found = _RANGE.fullmatch(part)
        if found is None:
            raise ValueError(part)
        yield from range(int(found[1]), int(found[2] or found[1]) + 1)


def _read(file: Mapping[str, Any], number: int) -> Iterator[Tensor]:
    alignment, offset = _within(file["alignment"], MAX_ALIGNMENT), 0
    if not alignment:
        raise ValueError(alignment)
    for count, line in enumerate(_lines(file["tensors"])):
        name, type_, dims = line.rsplit(" ", 2)
        if type_ not in BY_NAME or count == MAX_TENSORS:
            raise ValueError(line)
        sizes = tuple(_within(each, MAX_SIZE) for each in dims.split("x"))
        tensor = Tensor(name, type_, sizes, offset, number)
        offset = padded(_within(offset + tensor.size, MAX_SIZE), alignment)
        yield tensor


def _lines(written: list[Any]) -> Iterator[str]:
    for each in written:
        if isinstance(each, str):
            yield each
            continue
        lines = each["tensors"]
        if not lines:
            raise ValueError("a million blocks of nothing would be looked through, too")
        for block in _numbers(each["blk"]):
            yield from (f"blk.{block}.{line}" for line in lines)
