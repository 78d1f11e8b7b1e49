"""Quants as people name them, in repositories as people publish them."""

from __future__ import annotations

import pytest

from llamafleet.fleet.model import GgufFile
from llamafleet.lock.quants import Weights, find, label_of

NAMES = (
    "Qwen3-27B-Q4_K_M.gguf",
    "Qwen3-27B-UD-Q4_K_XL.gguf",
    "Qwen3-27B-IQ4_XS.gguf",
    "Qwen3-27B-UD-Q2_K_XL.gguf",
    "Qwen3-27B-Q2_K_XL.gguf",
    "BF16/Qwen3-27B-BF16-00001-of-00002.gguf",
    "BF16/Qwen3-27B-BF16-00002-of-00002.gguf",
    "Q8_0/Qwen3-27B-Q8_0-00001-of-00002.gguf",
    "mmproj-F16.gguf",
    "mmproj-BF16.gguf",
    "imatrix_unsloth.gguf",
    "config.json",
)
FILES = tuple(GgufFile(name, 3 << 30, "a" * 64) for name in NAMES)


def found(quant: str, files: tuple[GgufFile, ...] = FILES) -> str:
    """The first file of what is meant, or the message."""
    answer = find("o/r", files, quant)
    return answer.name if isinstance(answer, Weights) else answer


@pytest.mark.parametrize(
    ("quant", "name"),
    [
        ("Q4_K_M", "Qwen3-27B-Q4_K_M.gguf"),
        ("q4_k_m", "Qwen3-27B-Q4_K_M.gguf"),
        ("Q4_K_XL", "Qwen3-27B-UD-Q4_K_XL.gguf"),
        ("UD-Q4_K_XL", "Qwen3-27B-UD-Q4_K_XL.gguf"),
        ("Q2_K_XL", "Qwen3-27B-Q2_K_XL.gguf"),
        ("UD-Q2_K_XL", "Qwen3-27B-UD-Q2_K_XL.gguf"),
        ("BF16", "BF16/Qwen3-27B-BF16-00001-of-00002.gguf"),
        ("mmproj-F16", "mmproj-F16.gguf"),
        ("MMPROJ-BF16.gguf", "mmproj-BF16.gguf"),
        ("Qwen3-27B-IQ4_XS", "Qwen3-27B-IQ4_XS.gguf"),
        ("", "Qwen3-27B-Q4_K_M.gguf"),
    ],
)
def test_what_a_word_means(quant: str, name: str) -> None:
    assert found(quant) == name


def test_shards_come_together_and_halves_do_not_count() -> None:
    answer = find("o/r", FILES, "BF16")
    assert isinstance(answer, Weights)
    assert len(answer.files) == 2
    assert "it has" in found("Q8_0")


def test_what_is_missing_or_ambiguous_is_answered_with_what_there_is() -> None:
    assert found("Q4_K_S") == (
        "o/r has no Q4_K_S, did you mean Q4_K_M?; it has BF16 (6.0 GiB), IQ4_XS (3.0 GiB), "
        "Q2_K_XL (3.0 GiB), Q4_K_M (3.0 GiB), UD-Q2_K_XL (3.0 GiB), UD-Q4_K_XL (3.0 GiB), "
        "mmproj-BF16.gguf (3.0 GiB), mmproj-F16.gguf (3.0 GiB)"
    )
    assert found("mmproj") == (
        "o/r:mmproj is ambiguous: mmproj-BF16.gguf (3.0 GiB), mmproj-F16.gguf (3.0 GiB); "
        "choose one with hf-repo and hf-file"
    )
    two = (GgufFile("a-Q8_0.gguf", 5 << 20, None), GgufFile("b-Q8_0.gguf", 5, None))
    assert found("Q8_0", two) == (
        "o/r:Q8_0 is ambiguous: a-Q8_0.gguf (5.0 MiB), b-Q8_0.gguf (5 bytes); "
        "choose one with hf-repo and hf-file"
    )
    assert found("", two).startswith("o/r is ambiguous: a-Q8_0.gguf")
    assert found("Q8_0", (GgufFile("model.safetensors", 1, None),)) == "o/r has no GGUF files"


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("gemma-3-27b-it-q4_0.gguf", "Q4_0"),
        ("Meta-Llama-3.1-8B-Instruct.Q6_K.gguf", "Q6_K"),
        ("gpt-oss-20b-mxfp4.gguf", "MXFP4"),
        ("gpt-oss-20b-F16.gguf", "F16"),
        ("model-fp16.gguf", "FP16"),
        ("UD-Q2_K_XL/DeepSeek-V3-UD-Q2_K_XL-00001-of-00006.gguf", "UD-Q2_K_XL"),
        ("Q3_K_M/model-00001-of-00002.gguf", "Q3_K_M"),
        ("TriLM-TQ1_0.gguf", "TQ1_0"),
        ("Qwen3-4B.gguf", ""),
    ],
)
def test_labels(path: str, label: str) -> None:
    assert label_of(path) == label
