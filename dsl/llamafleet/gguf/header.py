"""The header of a GGUF file: entries, then a table of its tensors, from its first bytes.

What llama.cpp refuses is refused here, too, with the reason. Nothing is trusted: every length is
held against the bytes that there are, and against limits far above those of real files.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..dataclasses import dataclass
from .cursor import MAX_NAME, Cursor
from .metadata import Reader, Value
from .problem import GgufError, Incomplete, StopReading, bad, shown
from .tensor import Tensor
from .tensor_types import BY_NUMBER, REMOVED, TensorType

MAGIC = b"GGUF"
VERSIONS = (2, 3)
ALIGNMENT = 32
MAX_ENTRIES = 1 << 14
MAX_TENSORS = 1 << 14
MAX_ALIGNMENT = 1 << 20
MAX_DIMS = 4
MAX_SIZE = 1 << 62


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a file: `data` is the offset of its weights, `end` of their end, in bytes."""

    version: int
    alignment: int
    metadata: Mapping[str, Value]
    tensors: tuple[Tensor, ...]
    data: int
    end: int


def parse_header(data: bytes) -> Header | GgufError | Incomplete:
    """Read a header from the first bytes of a file."""
    try:
        return _header(Cursor(data))
    except StopReading as stop:
        return stop.reason


def padded(size: int, alignment: int) -> int:
    """Return a size rounded up to a multiple of the alignment."""
    return (size + alignment - 1) // alignment * alignment


def _header(cursor: Cursor) -> Header:
    version = _version(cursor)
    tensors, entries = cursor.u64(), cursor.u64()
    for count, limit, what in ((tensors, MAX_TENSORS, "tensors"), (entries, MAX_ENTRIES, "keys")):
        if count > limit:
            raise bad(f"its header claims {count} {what}, more than {limit}: it is damaged")
    metadata = _metadata(cursor, entries)
    alignment = _alignment(metadata)
    table, end = _tensors(cursor, tensors, alignment)
    data = padded(cursor.at, alignment)
    return Header(version, alignment, metadata, table, data, data + end)


def _version(cursor: Cursor) -> int:
    magic = cursor.data[cursor.skip(4) : cursor.at]
    if magic != MAGIC:
        raise bad(f"not a GGUF file: it begins with {_begins(magic)}")
    version = cursor.u32()
    if version in VERSIONS:
        return version
    if version and version & 0xFFFF == 0:
        raise bad("this GGUF is big-endian; convert it, or use another file")
    if version == 1:
        raise bad("this GGUF has version 1, which llama.cpp no longer reads; use a newer file")
    raise bad(
        f"this GGUF has version {version}; only {VERSIONS[0]} and {VERSIONS[1]} are supported"
    )


def _begins(magic: bytes) -> str:
    if magic in (b"vers", b"<!DO", b"<htm", b"<HTM"):
        kind = "a pointer of Git LFS" if magic == b"vers" else "a web page"
        return f"{kind}; the download failed"
    return shown(magic.decode("latin-1"))


def _metadata(cursor: Cursor, count: int) -> dict[str, Value]:
    reader = Reader(cursor)
    found: dict[str, Value] = {}
    for _ in range(count):
        key, value = reader.entry()
        if key in found:
            raise bad(f"its header has the key {shown(key)} twice")
        found[key] = value
    return found


def _alignment(metadata: Mapping[str, Value]) -> int:
    found = metadata.get("general.alignment", ALIGNMENT)
    if isinstance(found, int) and 0 < found <= MAX_ALIGNMENT and found & (found - 1) == 0:
        return int(found)
    raise bad("general.alignment is not a power of two")


def _tensors(cursor: Cursor, count: int, alignment: int) -> tuple[tuple[Tensor, ...], int]:
    """The table, and where the last tensor ends, counted from the first."""
    found: dict[str, Tensor] = {}
    end = 0
    for _ in range(count):
        tensor = _tensor(cursor)
        if tensor.name in found:
            raise bad(f"its header has the tensor {shown(tensor.name)} twice")
        if tensor.offset != end:
            raise bad(
                f"the tensor {shown(tensor.name)} begins at {tensor.offset}, "
                f"but the one before it ends at {end}: the header is damaged"
            )
        found[tensor.name] = tensor
        end = padded(end + tensor.size, alignment)
        if end > MAX_SIZE:
            raise bad("its tensors are larger than any disk: the header is damaged")
    return tuple(found.values()), end


def _tensor(cursor: Cursor) -> Tensor:
    name = cursor.text(MAX_NAME, "the name of a tensor")
    count = cursor.u32()
    if count > MAX_DIMS:
        raise bad(f"the tensor {shown(name)} has {count} dimensions; the maximum is {MAX_DIMS}")
    dims = tuple(cursor.u64() for _ in range(count))
    type_, offset = _type(name, cursor.u32()), cursor.u64()
    if any(each > MAX_SIZE for each in dims):
        raise bad(f"the tensor {shown(name)} is larger than any disk: the header is damaged")
    if dims and dims[0] % type_.block:
        raise bad(
            f"the tensor {shown(name)} has rows of {dims[0]} values, "
            f"but {type_.name} stores blocks of {type_.block}"
        )
    return Tensor(name, type_.name, dims or (1,), offset)


def _type(name: str, number: int) -> TensorType:
    found = BY_NUMBER.get(number)
    if found is not None:
        return found
    if number in REMOVED:
        raise bad(
            f"the tensor {shown(name)} has type {REMOVED[number]}, which llama.cpp no longer reads"
        )
    raise bad(
        f"the tensor {shown(name)} has type {number}, which is unknown: "
        "the file is damaged, or newer than this llamafleet"
    )
