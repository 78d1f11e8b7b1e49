"""Commands keep all their words but the secrets, and a shell puts those back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.importers.moving import Mover
from llamafleet.importers.secrets import SecretStore
from llamafleet.source import Source

SPAN = Source("x", "").whole()


def moved(*words: str, owner: str | None = None) -> tuple[tuple[str, ...], dict[str, str]]:
    safe = SecretStore()
    found = Mover(safe, "", SPAN, owner).moved(words)
    return (found.words if found else words), {each.variable: each.value for each in safe.found}


@pytest.fixture
def shown(tmp_path: Path) -> Path:
    """A program that prints its arguments, and its variable HF_TOKEN."""
    program = tmp_path / "serve"
    program.write_text(
        f"#!{sys.executable}\nimport os, sys\n"
        "print(repr((sys.argv[1:], os.environ.get('HF_TOKEN'))))\n"
    )
    program.chmod(0o755)
    return program


def run(words: tuple[str, ...], environment: dict[str, str]) -> str:
    done = subprocess.run(
        words, env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


COMMANDS: tuple[tuple[str, ...], ...] = (
    ("{serve}", "--api-key", "sesame 1", "--port", "80"),
    ("{serve}", "--api-key=se'same\"1$x", "two words", "$HOME", "*"),
    ("{serve}", "--url", "https://me:sesame-1@host/x?token=sesame-2&a=b"),
    ("{serve}", "-H", "Authorization: Bearer sesame-1", "-d", '{"api_key": "sesame-2", "n": 1}'),
    ("sh", "-c", "HF_TOKEN=sesame-1 exec {serve} --api-key sesame-2 --port 80"),
    ("sh", "-c", "HF_TOKEN='sesame 1' exec {serve} --api-key \"sesame 2\"x --port 80"),
    ("sh", "-c", "export HF_TOKEN=sesame-1; exec {serve} '--api-key=sesame-2' && true"),
    ("sh", "-c", 'exec {serve} \'{"api_key": "sesame-1", "b": "c"}\''),
    ("bash", "-lc", "true && HF_TOKEN=\"sesame-1\" exec {serve} --x 'Bearer sesame-12'"),
    ("env", "HF_TOKEN=sesame 1", "{serve}", "--port", "80"),
    ("/bin/sh", "-c", "exec {serve} --api-key=\"pre sesame\"'post' end"),
)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_runs_is_what_ran_before(command: tuple[str, ...], shown: Path) -> None:
    words = tuple(word.replace("{serve}", str(shown)) for word in command)
    found, variables = moved(*words)
    assert found != words
    assert not any("sesame" in word for word in found), found
    assert run(found, variables) == run(words, {})


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\n"), min_size=1, max_size=12))
def test_any_other_argument_survives_the_shell(text: str) -> None:
    found, variables = moved("printf", "%s|", "--api-key", "sesame-1", text, "x y")
    assert variables["API_KEY"] == "sesame-1"
    done = subprocess.run(
        found, env={"PATH": "/usr/bin:/bin", **variables}, capture_output=True, check=True
    )
    before = subprocess.run(
        ["printf", "%s|", "--api-key", "sesame-1", text, "x y"], capture_output=True, check=True
    )
    assert done.stdout == before.stdout


def test_llama_server_is_told_in_its_environment() -> None:
    words, variables = moved("/x/llama-server", "-m", "a", "--api-key", "k1", "--api_key", "k2")
    assert words == ("/x/llama-server", "-m", "a")
    assert variables == {"LLAMA_API_KEY": "k1,k2"}


def test_a_key_of_one_model_is_no_key_of_its_neighbours() -> None:
    safe = SecretStore()
    found = Mover(safe, "", SPAN, "big one").moved(("llama-server", "--api-key", "k1"))
    assert found is not None
    assert found.given == (("LLAMA_API_KEY", "BIG_ONE_API_KEY"),)


def test_a_container_gets_a_variable_by_its_name() -> None:
    words, variables = moved("docker", "run", "-e", "HF_TOKEN=sesame", "--env=A_TOKEN=b1", "image")
    assert words == ("docker", "run", "-e", "HF_TOKEN", "--env=A_TOKEN", "image")
    assert variables == {"HF_TOKEN": "sesame", "A_TOKEN": "b1"}


def test_sudo_passes_no_variables_on() -> None:
    words, _ = moved("sudo", "docker", "run", "-e", "HF_TOKEN=sesame", "image")
    assert words == ("/bin/sh", "-c", 'exec sudo docker run -e HF_TOKEN="$HF_TOKEN" image')


@pytest.mark.parametrize(
    "words",
    [
        ("serve", "--max-tokens", "4096", "-e", "MAX_TOKENS=4096"),
        ("serve", "-e", "TOKENIZERS_PARALLELISM=false", "--tokenizer", "org/model"),
        ("serve", "-e", "HF_HUB_ENABLE_HF_TRANSFER=1", "--api-key", "EMPTY"),
        ("serve", "--api-key", "sk-no-key-required", "-e", "OPENAI_API_KEY=none"),
        ("serve", "-e", "API_KEY=$KEY", "-e", "HF_TOKEN=${env.X}", "--api-key-file", "/run/key"),
        ("serve", "-e", "HF_TOKEN_PATH=/root/.cache/token", "--token", "/run/secrets/token"),
        ("sh", "-c", "HF_TOKEN=$(cat /run/token) exec serve --api-key \"$KEY\""),
        ("serve", "--eos-token", "<eos>", "-e", "NUM_TOKENS=5", "--stop-token", "abc"),
        ("docker", "run", "-u", "1000:1000", "-v", "/a:/b", "http://127.0.0.1:80/"),
    ],
)  # fmt: skip
def test_what_is_no_secret_stays(words: tuple[str, ...]) -> None:
    assert moved(*words) == (words, {})
