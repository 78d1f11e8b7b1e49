"""What is read from headers, and what hostile or broken ones come to."""

from __future__ import annotations

import struct
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.gguf import GgufError, Header, Incomplete, parse_header, read_header
from llamafleet.gguf.metadata import Skipped
from tests.gguf.writing import LIST, STRING, Raw, header_bytes, text
from tests.lab.tiny_gguf import tiny_gguf

LLAMA = {
    "general.architecture": "llama",
    "llama.block_count": 2,
    "llama.attention.head_count_kv": (2, 0, 2),
    "llama.rope.freq_base": 10000.0,
    "llama.sliding": (True, False),
    "tokenizer.ggml.tokens": ("<s>", "</s>", "a"),
}
TENSORS = (
    ("token_embd.weight", "Q4_K", (256, 3)),
    ("blk.0.attn_norm.weight", "F32", (5,)),
    ("blk.0.ffn_up_exps.weight", "MXFP4", (64, 32, 4)),
)


def whole(entries: dict[str, object], tensors: tuple[object, ...] = ()) -> Header:
    """The header of a file that must be right."""
    found = parse_header(header_bytes(entries, tensors)[0])  # type: ignore[arg-type]
    assert isinstance(found, Header), found
    return found


def refused(data: bytes) -> str:
    """The message about a file that is broken."""
    found = parse_header(data)
    assert isinstance(found, GgufError), found
    return found.message


def test_entries_and_tensors_are_read() -> None:
    header = whole(dict(LLAMA), TENSORS)
    assert header.metadata["llama.block_count"] == 2
    assert header.metadata["llama.attention.head_count_kv"] == (2, 0, 2)
    assert header.metadata["llama.sliding"] == (True, False)
    assert header.metadata["tokenizer.ggml.tokens"] == Skipped(3)
    assert [each.size for each in header.tensors] == [3 * 144, 20, 64 * 32 * 4 // 32 * 17]
    # Q4_K: 432 bytes end at 448; 20 bytes end at 480.
    assert [each.offset for each in header.tensors] == [0, 448, 480]
    assert header.end - header.data == 480 + 64 * 32 * 4 // 32 * 17


def test_the_file_of_another_writer_is_read() -> None:
    data = tiny_gguf()
    header = parse_header(data)
    assert isinstance(header, Header)
    assert header.end == len(data)
    assert header.metadata["general.name"] == "tiny"


def test_every_prefix_asks_for_more_until_the_header_ends() -> None:
    data, _ = header_bytes(LLAMA, TENSORS)
    answers = [parse_header(data[:size]) for size in range(len(data) + 1)]
    ends = next(at for at, each in enumerate(answers) if isinstance(each, Header))
    assert len(data) - ends < 32
    for size, each in enumerate(answers[:ends]):
        assert isinstance(each, Incomplete)
        assert size < each.needed <= len(data)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_never_raises(draw: st.DataObject) -> None:
    data = bytearray(header_bytes(LLAMA, TENSORS)[0])
    for _ in range(draw.draw(st.integers(1, 6))):
        at = draw.draw(st.integers(0, len(data) - 1))
        data[at] = draw.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]))
    cut = draw.draw(st.integers(0, len(data)))
    assert isinstance(parse_header(bytes(data[:cut])), Header | GgufError | Incomplete)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_noise_never_raises(noise: bytes) -> None:
    assert isinstance(parse_header(noise), Header | GgufError | Incomplete)
    start = b"GGUF" + struct.pack("<IQQ", 3, 3, 3)
    assert isinstance(parse_header(start + noise), Header | GgufError | Incomplete)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\3\4....", 'not a GGUF file: it begins with "PK??"'),
        (b"<!DOCTYPE html>", "a web page; the download failed"),
        (b"version https://git-lfs", "a pointer of Git LFS; the download failed"),
        (header_bytes(LLAMA, version=1)[0], "version 1, which llama.cpp no longer reads"),
        (header_bytes(LLAMA, version=9)[0], "version 9; only 2 and 3 are supported"),
        (b"GGUF" + struct.pack(">IQQ", 3, 1, 1), "this GGUF is big-endian"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1 << 40, 1), "claims 1099511627776 tensors"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 1 << 40), "claims 1099511627776 keys"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 50), "the name of a key claims"),
        (header_bytes({"x": Raw(42, b"")})[0], '"x" has type 42, which GGUF does not have'),
        (
            header_bytes({"x": Raw(LIST, struct.pack("<IQ", STRING, 1 << 33))})[0],
            '"x" claims 8589934592 items',
        ),
        (
            header_bytes({"x": Raw(LIST, struct.pack("<IQ", 0, 1 << 33))})[0],
            "its header is larger than 128 MiB",
        ),
        (
            header_bytes({"x": Raw(LIST, struct.pack("<IQ", LIST, 1) * 5)})[0],
            '"x" has lists nested too deep',
        ),
        (header_bytes({"general.alignment": 24})[0], "general.alignment is not a power of two"),
        (header_bytes({}, [("a", "F32", (1,) * 5)])[0], '"a" has 5 dimensions; the maximum is 4'),
        (header_bytes({}, [("a", "F32", (1,))] * 2)[0], 'its header has the tensor "a" twice'),
        (header_bytes({}, [("a", "Q4_K", (32, 8))])[0], "rows of 32 values, but Q4_K stores"),
        (header_bytes({}, [("a\x1b[2J", "F32", (1 << 63,))])[0], '"a?[2J" is larger than any'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(data: bytes, message: str) -> None:
    assert message in refused(data)


def test_tensor_types_that_nobody_reads_are_named() -> None:
    data, _ = header_bytes({}, [("a", "F32", (4,))])
    at = data.index(struct.pack("<Q", 4)) + 8
    for number, message in ((31, "Q4_0_4_4, which llama.cpp no longer reads"), (99, "type 99")):
        assert message in refused(data[:at] + struct.pack("<I", number) + data[at + 4 :])


def test_tensors_out_of_order_are_refused() -> None:
    data, _ = header_bytes({}, [("a", "F32", (4,)), ("b", "F32", (4,))])
    at = data.rindex(struct.pack("<Q", 32))
    assert '"b" begins at 64, but the one before it ends at 32' in refused(
        data[:at] + struct.pack("<Q", 64) + data[at + 8 :]
    )


def test_long_lists_and_texts_are_counted_and_not_kept() -> None:
    header = whole({"a": (1,) * 5000, "b": "x" * 5000, "c": (1,) * 100})
    assert header.metadata == {"a": Skipped(5000), "b": Skipped(5000), "c": (1,) * 100}


def test_bytes_are_asked_for_once_and_only_as_far_as_the_header_goes() -> None:
    data, _ = header_bytes({**LLAMA, "pad": "x" * 3000}, TENSORS)
    asked: list[tuple[int, int]] = []

    def fetch(start: int, end: int) -> bytes:
        asked.append((start, end))
        return (data + bytes(100_000))[start:end]

    assert isinstance(read_header(fetch, first=1000), Header)
    assert asked[0] == (0, 1000)
    assert all(before[1] == after[0] for before, after in pairwise(asked))
    assert asked[-1][1] <= 2 * len(data)


def test_a_file_that_ends_early_says_so() -> None:
    data, _ = header_bytes(LLAMA, TENSORS)
    found = read_header(lambda start, end: data[start : min(end, 100)], "m.gguf")
    assert str(found) == (
        "m.gguf: the file ends after 100 bytes, inside its header: the copy is incomplete"
    )
    assert str(read_header(lambda start, end: b"")) == "the file is empty"


def test_a_header_made_to_be_read_for_long_is_not() -> None:
    """An endless file of empty texts, of which each list claims as many as are allowed."""
    one = text("k") + struct.pack("<IIQ", LIST, STRING, 1 << 21)
    start = b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 14) + one

    def fetch(begin: int, end: int) -> bytes:
        return (start[begin:end] + bytes(end - begin))[: end - begin]

    began = time.monotonic()
    assert isinstance(read_header(fetch), GgufError)
    assert time.monotonic() - began < 20


def test_a_small_file_cannot_fill_the_memory() -> None:
    lists: dict[str, object] = {f"k{at}": (True,) * 4000 for at in range(100)}
    kept = [each for each in whole(lists).metadata.values() if isinstance(each, tuple)]
    assert sum(map(len, kept)) <= 1 << 18
