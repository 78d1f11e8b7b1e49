"""Commands of a llama-swap configuration against the flags of the build that is said to run."""

from __future__ import annotations

import pytest

from llamafleet.source import Source
from llamafleet.swap_check import check_swap_config

CONFIG = "models:\n  chat:\n    cmd: {program} --port ${{PORT}} -m /m/a.gguf {flags}\n"


def found(flags: str, ref: str | None = "b11434", program: str = "llama-server") -> list[str]:
    """`code` of everything that is found."""
    text = CONFIG.format(program=program, flags=flags)
    checked = check_swap_config(Source("config.yaml", text), 250, ref)
    return [each.code for each in checked.diagnostics]


@pytest.mark.parametrize(
    ("flags", "codes"),
    [
        ("-ngl 99 -c 4096 -fa on", []),
        ("--no-mmap", ["removed-flag"]),
        ("--draft-max 4", ["removed-flag"]),
        ("--flash-attn", ["flag-value"]),
        ("--flash-attn --jinja", ["flag-value"]),
        ("--ctx-sise 4096", ["unknown-flag"]),
        ("-c 4k", ["flag-value"]),
        ("-fa off -ctv q8_0", ["quantised-cache"]),
        ("-sm row", ["split-mode"]),
        ("-c 4096 -np 4", ["context-per-slot"]),
        ("--no-webui", []),
    ],
)
def test_flags(flags: str, codes: list[str]) -> None:
    assert found(flags) == codes


def test_nothing_is_known_of_flags_without_a_build() -> None:
    assert found("--no-mmap --what", None) == []


def test_an_older_build_had_them() -> None:
    assert found("--no-mmap", "b9093") == []


def test_a_build_without_a_table() -> None:
    assert found("--no-mmap", "b11000") == ["flag-table", "removed-flag"]


@pytest.mark.parametrize(
    "program", ["/usr/local/bin/ik-llama-server", "/opt/ik_llama.cpp/llama-server"]
)
def test_a_fork_has_flags_of_its_own(program: str) -> None:
    assert found("--merge-qkv", program=program) == []


@pytest.mark.parametrize("program", ["whisper-server", "python -m vllm.entrypoints"])
def test_other_servers_are_left_alone(program: str) -> None:
    assert found("--flash-attn --no-mmap", program=program) == []


@pytest.mark.parametrize(
    "program",
    [
        "/opt/llama.cpp/llama-server",
        "env A=1 llama-server",
        "taskset -c 0-3 /usr/bin/llama-server",
    ],
)
def test_behind_a_wrapper(program: str) -> None:
    assert found("--no-mmap", program=program) == ["removed-flag"]


@pytest.mark.parametrize("text", ["exec llama-server --no-mmap", "a && llama-server --no-mmap; b"])
def test_in_a_shell(text: str) -> None:
    assert found("", program=f"bash -lc '{text}'") == ["removed-flag"]


def test_what_follows_in_a_shell_is_not_its_own() -> None:
    assert found("", program="bash -c 'llama-server -v && other --no-mmap'") == []
