"""The tiny models: same arguments, same bytes. In tests/e2e llama-server answers from them."""

from __future__ import annotations

from pathlib import Path

from tests.lab.tiny_gguf import Shape, main, tiny_gguf, vocabulary, write_tiny_gguf


def test_same_arguments_same_bytes() -> None:
    assert tiny_gguf(seed=3) == tiny_gguf(seed=3)
    assert tiny_gguf(seed=3) != tiny_gguf(seed=4)
    assert tiny_gguf(name="a") != tiny_gguf(name="b")


def test_is_small_and_starts_like_a_gguf(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "models" / "tiny.gguf")
    data = path.read_bytes()
    assert data[:8] == b"GGUF\x03\x00\x00\x00"
    assert len(data) < 5_000_000
    assert len(data) % 32 == 0


def test_tokens_are_unique_and_fill_blocks() -> None:
    tokens = vocabulary()
    assert len({each.text for each in tokens}) == len(tokens)
    assert len(tokens) % 32 == 0


def test_command_line_writes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "out.gguf"
    assert main([str(path), "--seed", "7", "--layers", "1"]) == 0
    assert path.read_bytes() == tiny_gguf(seed=7, shape=Shape(layers=1))
