"""By which words a model's server is found to listen on every address."""

from __future__ import annotations

import json
import shlex

import pytest

from llamafleet.compiler import compile_text
from llamafleet.rules.listening import listens_everywhere

EVERYWHERE = [
    ("/x/llama-server --host 0.0.0.0 --port 1", "--host 0.0.0.0"),
    ("/x/llama-server --host :: --port 1", "--host ::"),
    ("/x/llama-server --host 127.0.0.1,0.0.0.0", "--host 127.0.0.1,0.0.0.0"),
    ("/x/llama-server --host=0.0.0.0", "--host=0.0.0.0"),
    ("/x/server --listen 0.0.0.0:${PORT}", "--listen 0.0.0.0:${PORT}"),
    ("/x/server -listen :${PORT}", "-listen :${PORT}"),
    ("gunicorn -b [::]:8000 app", "-b [::]:8000"),
    ("gunicorn --bind=:8000 app", "--bind=:8000"),
    ("python main.py --listen --port 1", "--listen"),
    ("python main.py --listen", "--listen"),
    ("/x/sd-server --listen-ip 0.0.0.0", "--listen-ip 0.0.0.0"),
    ("bash -c 'cd /x && exec ./server --host 0.0.0.0'", "--host 0.0.0.0"),
    ("sh -c 'OLLAMA_HOST=0.0.0.0:11434 ollama serve'", "OLLAMA_HOST=0.0.0.0:11434"),
    ("env OLLAMA_HOST=0.0.0.0 ollama serve", "OLLAMA_HOST=0.0.0.0"),
    ("vllm serve /m --port ${PORT}", "vllm without --host"),
    (
        "python -m vllm.entrypoints.openai.api_server --port 1",
        "vllm.entrypoints.openai.api_server without --host",
    ),
    ("/opt/koboldcpp --port 1", "koboldcpp without --host"),
    ("docker run -p 8080:8080 x", "-p 8080:8080"),
    ("docker run -p ${PORT}:8080/tcp x", "-p ${PORT}:8080/tcp"),
    ("podman run --publish=0.0.0.0:80:80 x", "--publish=0.0.0.0:80:80"),
    ("docker run -p [::]:80:80 x", "-p [::]:80:80"),
    ("docker run -P x", "-P"),
    ("sudo docker run --network host x --host 0.0.0.0", "--host 0.0.0.0"),
    (
        "docker run --net=host vllm/vllm-openai:v1 --model x",
        "vllm-openai:v1 without --host",
    ),
]
NOT = [
    "/x/llama-server --port ${PORT}",
    "/x/llama-server --host 127.0.0.1",
    "/x/llama-server --host 0.0.0.0 --host 127.0.0.1",
    "/x/llama-server --host 10.0.0.5",
    "/x/llama-server -b 2048 -m /m.gguf",
    "/x/llama-server --host /run/s.sock",
    "python main.py --listen 127.0.0.1",
    "docker run -p 127.0.0.1:8080:8080 x --host 0.0.0.0",
    "docker run -p [::1]:80:80 x",
    "docker run --network llm x --host 0.0.0.0",
    "docker run --net host x --host 127.0.0.1",
    "vllm serve /m --host 127.0.0.1",
    "vllm serve /m --uds /run/v.sock",
    "ollama serve",
    "echo 0.0.0.0",
]


def found(command: str, *, verbatim: bool) -> str | None:
    text = json.dumps(command)
    said = f"pass-through {{\n cmd = {text}\n }}" if verbatim else f"command = [{words(command)}]"
    fleet = compile_text(
        f"fleet 1\nhost h {{}}\nmodel m {{\n {said}\n}}\n"
        "llama-swap s {\n host = h\n models = [m]\n}\n"
    )
    assert fleet.fleet is not None, [each.message for each in fleet.diagnostics]
    return listens_everywhere(fleet.fleet.models["m"])


def words(command: str) -> str:
    return ", ".join(json.dumps(each) for each in shlex.split(command))


@pytest.mark.parametrize("verbatim", [False, True])
@pytest.mark.parametrize(("command", "by"), EVERYWHERE)
def test_it_is_found(command: str, by: str, verbatim: bool) -> None:
    if not verbatim and "${PORT}" not in command and "-c" not in command:
        command += " --port ${PORT}"
    assert found(command, verbatim=verbatim) == by


@pytest.mark.parametrize("verbatim", [False, True])
@pytest.mark.parametrize("command", NOT)
def test_others_are_left_alone(command: str, verbatim: bool) -> None:
    if not verbatim and "${PORT}" not in command:
        command += " --port ${PORT}"
    assert found(command, verbatim=verbatim) is None
