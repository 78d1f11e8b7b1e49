"""A secret planted anywhere, in any format, is in no output, and its variable is named."""

from __future__ import annotations

import contextlib
import io
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llamafleet.cli import main

ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CORE = st.text(ALPHABET, min_size=8, max_size=14).map(lambda text: f"Zq7{text}")
SECRETS = st.one_of(
    CORE,
    CORE.map(lambda core: f"sk-{core}"),
    CORE.map(lambda core: f"hf_{core}"),
    CORE.map(lambda core: f"{core}+/{core}=="),
    CORE.map(lambda core: f"{core}.{core}"),
    CORE.map(lambda core: f"{core},second-{core}"),
)
"""Each holds what no other text of a case does: three letters and something random."""
ODD = st.one_of(
    SECRETS,
    CORE.map(lambda core: f"{core} {core}"),
    CORE.map(lambda core: f"{core}='{core}"),
    CORE.map(lambda core: f'{core}"{core}'),
)
"""Values with blanks and quotes, where a place can hold them."""
SERVER = "llama-server -m /m/a.gguf --port ${PORT}"


def swap(model: dict[str, object], **more: object) -> str:
    tree = {"models": {"a": {"cmd": SERVER, **model}}, **more}
    return yaml.safe_dump(tree, sort_keys=False, width=10_000)


Place = Callable[[str], str]


def cmd(text: str) -> Place:
    """A model that is started so; `@` is the secret as one word of a command line."""
    return lambda it: swap({"cmd": text.replace("@", shlex.quote(it)) + " --port ${PORT}"})


def stop(text: str) -> Place:
    """A model that is stopped so; `@` is the secret as it is."""
    return lambda it: swap({"cmdStop": text.replace("@", it)})


def text_of(text: str) -> Place:
    """A file in which `@` is the secret as it is."""
    return lambda it: text.replace("@", it)


def unit(*lines: str) -> Place:
    """A unit of these lines; `@` is the secret as it is."""
    return text_of("\n".join(("[Service]", *lines, "")))


def peer(**more: object) -> dict[str, object]:
    return {"p": {"proxy": "http://h:1", "models": ["m"], **more}}


YAML: dict[str, Place] = {
    "apiKeys": lambda it: swap({}, apiKeys=[it.replace(" ", "")]),
    "env": lambda it: swap({"env": ["X=1", f"HF_TOKEN={it}"]}),
    "env of another name": lambda it: swap({"env": [f"EXTRA_ARGS=--api-key {shlex.quote(it)}"]}),
    "flag": cmd("llama-server -m /m/a.gguf --api-key @"),
    "flag with a sign": cmd("serve --api-key=@"),
    "token": cmd("llama-server -m /m/a.gguf -hft @ -c 10"),
    "container": lambda it: cmd("docker run -e @ image")(f"A_TOKEN={it}"),
    "macro": lambda it: swap(
        {"cmd": SERVER + " --api-key '${k}'"}, macros={"k": it.replace("'", "")}
    ),
    "parameters": lambda it: swap({"filters": {"setParams": {"deep": {"api_key": it}}}}),
    "variant": lambda it: swap({"filters": {"setParamsByID": {"v": {"token": it}}}}),
    "metadata": lambda it: swap({"metadata": {"deep": [{"password": it}]}}),
    "a key that is not read": lambda it: swap({"headers": {"Authorization": f"Bearer {it}"}}),
    "a list that is not read": lambda it: swap({}, secrets=[it]),
    "peer": lambda it: swap({}, peers=peer(apiKey=it)),
    "filters of a peer": lambda it: swap({}, peers=peer(filters={"setParams": {"api_key": it}})),
}
PLAIN: dict[str, Place] = {
    "shell": lambda it: cmd("sh -c @")(f"HF_TOKEN={it} exec vllm serve --port ${{PORT}}"),
    "flag in a shell": lambda it: cmd("bash -c @")(f"exec vllm --api-key {it}"),
    "header in a shell": stop("sh -c 'curl -H \"Authorization: Bearer @\" http://h/'"),
    "anchor": text_of(
        f'x: &e ["HF_TOKEN=@"]\nmodels:\n  a: {{cmd: "{SERVER}", env: *e}}\n',
    ),
    "command of several lines": text_of(
        f"models:\n  a:\n    cmd: |\n      {SERVER}\n      # was @\n      --api-key\n      @\n"
    ),
    "comment": lambda it: f"# HF_TOKEN={it}\n" + swap({"env": [f"HF_TOKEN={it}"]}),
    "body": stop('curl -d \'{"api_key": "@"}\' http://h/'),
    "query": lambda it: swap({"checkEndpoint": f"/health?token={it}"}),
    "description": lambda it: swap({"description": f"ask with token={it} please"}),
}
LLAMA = "ExecStart=/x/llama-server -m /m/a.gguf"
UNITS: dict[str, Place] = {
    "Environment": unit("User=u", 'Environment="HF_TOKEN=@" X=1', LLAMA),
    "flag of a server": unit("User=u", f'{LLAMA} --api-key "@"'),
    "flag of another server": unit('ExecStart=/x/vllm serve --port 9000 --api-key "@"'),
    "before the start": unit(
        "User=u", 'ExecStartPre=/bin/curl -H "X-Api-Key: @" h', f"{LLAMA} --hf-token '@'"
    ),
}
INIS: dict[str, Place] = {
    "key": text_of("[a]\nmodel = /m/a.gguf\napi-key = @\n"),
    "all": text_of("[*]\nhf-token = @\n[a]\nmodel = /m/a.gguf\n"),
    "variable": text_of("[a]\nmodel = /m/a.gguf\nLLAMA_API_KEY = @\n"),
}
RUN = "llama-server -m /m/a.gguf"
SCRIPTS: dict[str, Place] = {
    "export": lambda it: f"export HF_TOKEN={shlex.quote(it)}\n{RUN}\n",
    "before it": lambda it: f"LLAMA_API_KEY={shlex.quote(it)} {RUN} # {it}\n",
    "as flag": lambda it: f"{RUN} --api-key {shlex.quote(it)} -c 10\n",
}
FLEET = """fleet 1

host box {{}}

build b {{
    ref     = "b11434"
    backend = cpu
}}

gguf w {{
    path = "/m/w.gguf"
}}

model a {{
    gguf = w
{}
}}

model c {{
    command = ["serve", {}"--port", "${{PORT}}"]
}}

llama-swap voice {{
    host   = box
    build  = b
    models = [a, c]
    listen = "127.0.0.1:8080"
{}
}}
"""
FLEETS: dict[str, Place] = {
    "api-key": lambda it: FLEET.format(f'    api-key = "{it}"', "", ""),
    "api-key list": lambda it: FLEET.format(f'    api-key = ["none", "{it}"]', "", ""),
    "env": lambda it: FLEET.format(f'    env = ["X=1", "HF_TOKEN={it}"]', "", ""),
    "extra-args": lambda it: FLEET.format(f'    extra-args = ["--api-key", "{it}"]', "", ""),
    "command": lambda it: FLEET.format("", f'"--api-key={it}", ', ""),
    "word of a command": lambda it: FLEET.format("", f'"--auth-token", "{it}", ', ""),
    "set-params": lambda it: FLEET.format(f'    set-params {{\n api_key = "{it}"\n}}', "", ""),
    "metadata": lambda it: FLEET.format(f'    metadata {{\n a_token = "{it}"\n}}', "", ""),
    "pass-through": lambda it: FLEET.format(
        "", "", f'pass-through {{\n headers {{\n Authorization = "Bearer {it}"\n}}\n}}'
    ),
    "wrong type": lambda it: FLEET.format(f'    ctx-size = "token={it}"', "", ""),
    "bare word": lambda it: FLEET.format(f"    api-key = Zq7{len(it)}abcdefg", "", ""),
}
STYLES = ("text", "json", "sarif", "github")
NOT_DELIVERED = {
    "metadata", "a key that is not read", "a list that is not read", "description",
}  # fmt: skip
"""What nobody reads, and what everybody may read: it is left out, and said so."""


def hidden(text: str, name: str, secret: str, folder: Path, where: str) -> None:
    """Nothing printed or written holds the secret or a part of it."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    runs = [["import", str(file), "--verify"]]
    if name.endswith(".fleet"):
        runs = []
    if name.endswith((".yaml", ".fleet")):
        runs += [
            ["check", str(file), "--format", style] for style in ("text", "json", "sarif", "github")
        ]
    for arguments in runs:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(arguments)
        said = out.getvalue() + err.getvalue()
        assert "Zq7" not in said, f"{where}: {arguments}\n{text}\n{said}"
        if arguments[0] == "import":
            assert status == 0 or "verified: the" not in said, said
            delivered = " must hold " in said and "llamafleet_environment" in said
            assert delivered or where in NOT_DELIVERED, f"{where}\n{text}\n{said}"
            assert where not in NOT_DELIVERED or "not imported" in said, said
        elif where != "comment":
            assert "secret-in-file" in said, f"{where}: {arguments}\n{text}\n{said}"


SLOW = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("where", FLEETS)
@SLOW
@given(secret=SECRETS)
def test_of_a_fleet_file(where: str, secret: str, tmp_path: Path) -> None:
    hidden(FLEETS[where](secret), "x.fleet", secret, tmp_path, where)


@pytest.mark.parametrize("where", YAML)
@SLOW
@given(secret=ODD)
def test_of_a_configuration(where: str, secret: str, tmp_path: Path) -> None:
    hidden(YAML[where](secret), "c.yaml", secret, tmp_path, where)


@pytest.mark.parametrize("where", PLAIN)
@SLOW
@given(secret=SECRETS)
def test_of_a_text_in_a_configuration(where: str, secret: str, tmp_path: Path) -> None:
    hidden(PLAIN[where](secret), "c.yaml", secret, tmp_path, where)


@pytest.mark.parametrize("where", UNITS)
@SLOW
@given(secret=SECRETS)
def test_of_a_unit(where: str, secret: str, tmp_path: Path) -> None:
    hidden(UNITS[where](secret), "x.service", secret, tmp_path, where)


@pytest.mark.parametrize("where", INIS)
@SLOW
@given(secret=SECRETS)
def test_of_a_router(where: str, secret: str, tmp_path: Path) -> None:
    hidden(INIS[where](secret), "x.ini", secret, tmp_path, where)


@pytest.mark.parametrize("where", SCRIPTS)
@SLOW
@given(secret=ODD)
def test_of_a_script(where: str, secret: str, tmp_path: Path) -> None:
    hidden(SCRIPTS[where](secret), "x.sh", secret, tmp_path, where)
