"""Facts of whole models: architecture, lists by layer, shards, and files that are cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamafleet.gguf import GgufError, GgufFacts, read_facts
from llamafleet.gguf.shards import shards
from tests.gguf.writing import write_gguf

GEMMA: dict[str, object] = {
    "general.architecture": "gemma3",
    "general.name": "Gemma",
    "general.file_type": 7,
    "general.license": "other",
    "gemma3.block_count": 4,
    "gemma3.attention.head_count": 8,
    "gemma3.attention.head_count_kv": (4, 4, 1, 4),
    "gemma3.attention.sliding_window": 512,
    "gemma3.rope.freq_base": 1e6,
    "gemma3.rope.broken": float("nan"),
    "tokenizer.ggml.tokens": tuple(f"t{at}" for at in range(300)),
    "tokenizer.chat_template": "{{ messages }}",
}
TENSORS = (
    ("token_embd.weight", "Q8_0", (64, 300)),
    ("blk.0.attn_q.weight", "Q4_0", (64, 128)),
    ("blk.1.attn_q.weight", "Q4_0", (64, 128)),
)


def facts(path: Path) -> GgufFacts:
    """The facts of a file that must be right."""
    found = read_facts(path)
    assert isinstance(found, GgufFacts), found
    return found


def problem(path: Path) -> str:
    """What is wrong with a file that must not be taken."""
    found = read_facts(path)
    assert isinstance(found, GgufError), found
    return str(found)


def test_what_the_memory_of_a_model_depends_on_is_kept(tmp_path: Path) -> None:
    found = facts(write_gguf(tmp_path / "m.gguf", GEMMA, TENSORS))
    assert found.architecture == "gemma3"
    assert found.vocabulary == 300
    assert found.integer("attention.sliding_window") == 512
    assert found.integer("attention.head_count_kv") == 4
    assert found.per_layer("attention.head_count_kv", 4) == (4, 4, 1, 4)
    assert found.per_layer("attention.head_count", 2) == (8, 8)
    assert found.integer("attention.key_length") is None
    assert found.number("rope.freq_base") == 1e6
    assert found.text("general.name") == "Gemma"
    assert "rope.broken" not in found.metadata
    assert "general.license" not in found.metadata
    assert found.parameters == 64 * 300 + 2 * 64 * 128
    assert found.tensor_bytes == 64 * 300 // 32 * 34 + 2 * 64 * 128 // 32 * 18
    assert found.by_name["blk.1.attn_q.weight"].offset == found.files[0].end - (
        found.files[0].data + 64 * 128 // 32 * 18
    )


def in_shards(folder: Path, numbers: tuple[object, ...] = (0, 1, 2), total: int = 3) -> list[Path]:
    """Three files of one model."""
    names = shards(str(folder / "m-00002-of-00003.gguf"))
    paths = [Path(each) for each in names]
    for at, (path, number) in enumerate(zip(paths, numbers, strict=True)):
        split = {"split.no": number, "split.count": 3, "split.tensors.count": total}
        write_gguf(path, {**(GEMMA if at == 0 else {}), **split}, TENSORS[at : at + 1])
    return paths


def test_shards_become_one_model(tmp_path: Path) -> None:
    one, two, three = in_shards(tmp_path)
    assert two.name == "m-00002-of-00003.gguf"
    found = facts(three)
    assert found == facts(one)
    assert [(each.name, each.file) for each in found.tensors] == [
        (name, at) for at, (name, _, _) in enumerate(TENSORS)
    ]
    assert [each.offset for each in found.tensors] == [0, 0, 0]
    assert [each.end for each in found.files] == [path.stat().st_size for path in (one, two, three)]
    two.unlink()
    assert problem(one) == f"{two}: no such file"


def test_shards_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    first, *_ = in_shards(tmp_path / "a", numbers=(0, 2, 1))
    assert "file 2 of 3 has shard number 2, counted from 0" in problem(first)
    first, *_ = in_shards(tmp_path / "b", total=9)
    assert "its files have 3 tensors, but the first says 9" in problem(first)
    alone = tmp_path / "alone.gguf"
    alone.write_bytes(first.read_bytes())
    assert "it is a shard of 3, but 1 were read" in problem(alone)


@pytest.mark.parametrize("missing", [33, 5000])
def test_a_file_that_is_cut_off_is_refused_unless_only_its_header_counts(
    tmp_path: Path, missing: int
) -> None:
    path = write_gguf(tmp_path / "m.gguf", GEMMA, TENSORS)
    size = path.stat().st_size
    with path.open("r+b") as stream:
        stream.truncate(size - missing)
    assert f"has {size - missing} bytes, but its weights end at {size}" in problem(path)
    assert isinstance(read_facts(path, whole=False), GgufFacts)


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    assert problem(tmp_path) == f"{tmp_path}: not a regular file"
    assert problem(tmp_path / "m.gguf") == f"{tmp_path}/m.gguf: no such file"
    assert problem(Path("a\0b")).endswith("cannot be read: no path")
    path = write_gguf(tmp_path / "n.gguf", {"general.name": "x"})
    assert "has no general.architecture" in problem(path)


def test_names_of_shards() -> None:
    assert shards("a/m.gguf") == ("a/m.gguf",)
    assert shards("m-00000-of-00002.gguf") == ("m-00000-of-00002.gguf",)
    assert shards("m-00001-of-00002.gguf") == ("m-00001-of-00002.gguf", "m-00002-of-00002.gguf")
