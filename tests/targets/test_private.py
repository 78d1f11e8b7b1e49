"""A file that holds a secret is for its reader alone; any other one is for all to read."""

from __future__ import annotations

import pytest

from llamafleet.compiler import compile_text
from llamafleet.plan import plan_host
from llamafleet.targets.plan_types import Artifact

FLEET = """fleet 1

host box {{}}

model a {{
    command = ["serve", "--port", "${{PORT}}"]
    env     = [{}]
}}

llama-swap voice {{
    host   = box
    models = [a]
    listen = "127.0.0.1:8080"
    user   = swap
}}

llama-server single {{
    host   = box
    model  = a
    listen = "127.0.0.1:9000"
}}
"""


SERVER = """fleet 1

host box {}

gguf w {
    path = "/m/w.gguf"
}

model a {
    program    = "/opt/llama-server"
    gguf       = w
    api-key    = ["sesame-1"]
    extra-args = ["--api-key", "sesame-2$x"]
    env        = ["HF_TOKEN=sesame-3"]
}

llama-swap voice {
    host   = box
    models = [a]
    listen = "127.0.0.1:8080"
}

llama-server single {
    host   = box
    model  = a
    listen = "127.0.0.1:9000"
}
"""


def test_llama_server_gets_keys_in_no_argument_and_no_unit() -> None:
    fleet = compile_text(SERVER).resolved
    assert fleet is not None
    found = [each for service in plan_host(fleet, "box").services for each in service.artifacts]
    secret = [each for each in found if "sesame" in each.content]
    assert not any("--api-key" in each.content for each in found)
    assert {(each.path, each.mode) for each in secret} == {
        (CONFIG, "400"),
        ("/etc/llamafleet/llama-server-single-0.secrets.env", "600"),
    }
    file = next(each for each in secret if each.path.endswith(".env"))
    assert 'LLAMA_API_KEY="sesame-1,sesame-2\\$x"' in file.content
    unit = next(each for each in found if each.path.endswith("single-0.service"))
    assert f"EnvironmentFile={file.path}" in unit.content
    config = next(each for each in secret if each.path == CONFIG)
    assert "LLAMA_API_KEY=sesame-1,sesame-2$x" in config.content


def artifacts(env: str) -> dict[str, Artifact]:
    fleet = compile_text(FLEET.format(env)).resolved
    assert fleet is not None
    plan = plan_host(fleet, "box")
    return {each.path: each for service in plan.services for each in service.artifacts}


CONFIG = "/etc/llamafleet/llama-swap/voice.yaml"


@pytest.mark.parametrize("secret", ['"HF_TOKEN=sesame-1"', '"URL=https://me:sesame-1@host/"'])
def test_a_file_with_a_secret_is_for_its_reader_alone(secret: str) -> None:
    found = artifacts(secret)
    assert (found[CONFIG].mode, found[CONFIG].owner) == ("400", "swap")
    file = found["/etc/llamafleet/llama-server-single-0.secrets.env"]
    assert (file.mode, file.owner) == ("600", "root")


def test_a_unit_whose_command_holds_a_secret_is_for_root_alone() -> None:
    text = FLEET.format("").replace('"serve", ', '"serve", "--api-key", "sesame-1", ')
    fleet = compile_text(text).resolved
    assert fleet is not None
    found = [each for service in plan_host(fleet, "box").services for each in service.artifacts]
    modes = {(each.mode, each.owner) for each in found if "sesame" in each.content}
    assert modes == {("400", "swap"), ("400", "root")}


def test_other_files_are_for_all() -> None:
    assert {each.mode for each in artifacts('"MAX_TOKENS=4096"').values()} == {"644"}


def test_an_environment_that_passes_through_leaves_a_key_where_it_is() -> None:
    passing = '    pass-through {\n        env = ["A=${env.B}"]\n    }\n}\n\nllama-swap voice'
    text = SERVER.replace('    env        = ["HF_TOKEN=sesame-3"]\n', "")
    fleet = compile_text(text.replace("}\n\nllama-swap voice", passing)).resolved
    assert fleet is not None
    found = [each for service in plan_host(fleet, "box").services for each in service.artifacts]
    (config,) = (each for each in found if each.path == CONFIG)
    assert config.content.count("sesame") == 2
    assert config.mode == "400"
