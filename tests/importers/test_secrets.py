"""Keys never enter a fleet file, and are never printed; who must hold which is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamafleet.cli import main
from llamafleet.importers.dispatch import ImportOptions, SourceKind, import_source
from llamafleet.secrets.find import in_words
from llamafleet.secrets.names import is_secret
from llamafleet.source import Source

KEYS = Path(__file__).parent / "cases" / "keys.yaml"


def test_no_key_is_in_the_file_nor_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(KEYS), "--verify"]) == 0
    out, err = capsys.readouterr()
    assert "never" not in out
    assert "never" not in err
    said = [line for line in err.splitlines() if " must hold " in line]
    assert {line.split()[0] for line in said} == {
        "HF_TOKEN",
        "OPENAI_API_KEY",
        "GUARDED_API_KEY",
        "LLAMA_SWAP_API_KEY",
        "LLAMA_SWAP_API_KEY_2",
        "PEER_FAR_AWAY_API_KEY",
    }
    assert all("keys.yaml:" in line for line in said)


def test_source_lines_that_are_shown_have_no_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(
        "apikeys: [sk-never-print-me-0123456789]\nmodels:\n  a:\n"
        "    cmd: llama-server --port ${PORT} -m /a.gguf\n"
        "    headers: {Authorization: Bearer never-print-me}\n"
    )
    assert main(["import", str(file)]) == 0
    out, err = capsys.readouterr()
    assert "never" not in out + err
    assert "apikeys" in err


def test_a_servers_key_moves_into_its_environment() -> None:
    text = "llama-server -m /m/a.gguf --api-key sk-secret-1 -c 10 # sk-secret-1\n"
    result = import_source(Source("run.sh", text), SourceKind.COMMAND, ImportOptions())
    assert result.text is not None
    assert "sk-secret-1" not in result.text
    assert 'environment-file = "/etc/llamafleet/a.env"' in result.text
    assert [(each.variable, each.value) for each in result.secrets] == [
        ("LLAMA_API_KEY", "sk-secret-1")
    ]
    assert result.differences() == []


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("HF_TOKEN", "hf_abc", True),
        ("OPENAI_API_KEY", "sk-1", True),
        ("DB_PASSWORD", "x1y2", True),
        ("HF_TOKEN", "${env.HF_TOKEN}", False),
        ("HF_TOKEN", "<token>", False),
        ("API_KEY", "none", False),
        ("CUDA_VISIBLE_DEVICES", "0", False),
        ("LLAMA_ARG_TOKENS_PER_SECOND", "5", False),
    ],
)
def test_what_is_a_secret(name: str, value: str, secret: bool) -> None:
    assert is_secret(name, value) is secret


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (["--api-key", "k1"], ["k1"]),
        (["--api-key=k1"], ["k1"]),
        (["-e", "OPENAI_API_KEY=k1"], ["k1"]),
        (["-H", "Authorization: Bearer k1"], ["k1"]),
        (["--api-key-file", "/k"], []),
        (["--api-key", "none"], []),
        (["--image-max-tokens", "9"], []),
    ],
)
def test_keys_in_command_lines(words: list[str], keys: list[str]) -> None:
    assert [words[at][each.start : each.end] for at, each in in_words(words)] == keys
