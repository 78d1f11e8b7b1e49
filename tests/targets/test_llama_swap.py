"""llama-swap's configuration: what text becomes, what each release gets, what is refused."""

from __future__ import annotations

import re
import shlex

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.targets.swap.quoting import command_lines
from tests.targets.compiling import config_of, content_of, errors_of, plan_of, swap

MACRO = re.compile(r"\$\{[A-Za-z0-9_-]+\}")
ENVIRONMENT = re.compile(r"\$\{env\.[A-Za-z_][A-Za-z0-9_]*\}")

arguments = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=20
) | st.sampled_from(
    [
        "",
        "#",
        "# a",
        "${PORT}",
        "$${X}",
        "a${env.HOME}b",
        "'${X}'",
        "\\",
        "a\\",
        '"',
        "'",
        "${",
        "{}",
    ]
)


def as_llama_swap_splits(cmd: str) -> list[str]:
    """Its way from `cmd` to argv: comment lines go, continued lines join, then a POSIX shlex."""
    assert not MACRO.search(cmd), "a macro is left"
    assert not ENVIRONMENT.search(cmd), "a variable of the environment is left"
    lines = [line for line in cmd.split("\n") if not line.strip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return shlex.split(joined)


@given(st.lists(st.lists(arguments, min_size=1, max_size=3).map(tuple), max_size=4).map(tuple))
@settings(max_examples=300, deadline=None)
def test_a_command_reaches_the_process_as_it_was(groups: tuple[tuple[str, ...], ...]) -> None:
    lines = command_lines((("llama-server",), *groups))
    argv = ["llama-server", *(word for group in groups for word in group)]
    assert as_llama_swap_splits("\n".join(lines)) == argv


@given(arguments.filter(lambda text: "${PID}" not in text))
@settings(max_examples=100, deadline=None)
def test_a_stop_command_keeps_its_one_macro(argument: str) -> None:
    [line] = command_lines(((argument, "--pid=${PID}"),), keep="${PID}")
    assert line.count("${PID}") == 1
    assert as_llama_swap_splits(line.replace("${PID}", "42")) == [argument, "--pid=42"]


def test_text_that_looks_like_a_macro_arrives_literally() -> None:
    text = 'extra-args = ["--chat-template-kwargs", "{\\"a\\": \\"${PORT} ${env.HOME} $HOME\\"}"]'
    file = content_of(swap(model=text), ".yaml")
    assert not ENVIRONMENT.search(file)
    cmd = yaml.safe_load(file)["models"]["m"]["cmd"]
    assert as_llama_swap_splits(cmd)[-1] == '{"a": "${PORT} ${env.HOME} $HOME"}'


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('description = "uses ${MODEL_ID}"', "description"),
        ('name = "${X}"', "name"),
        ('description = "${env.HOME}"', "description"),
        ('env = ["A=${PORT}"]', "env"),
        ('health = "/${X}"', "health"),
        ('aliases = ["${X}"]', "aliases"),
    ],
)
def test_what_cannot_be_kept_from_being_a_macro_is_refused(line: str, key: str) -> None:
    [error] = errors_of(swap(model=line))
    assert error.startswith("llama-swap-macro: llama-swap would take ${")
    assert f'in {key} of model "m"' in error


def test_an_id_that_would_be_replaced_is_refused() -> None:
    text = swap('"a${env.HOME}"').replace("model m ", 'model "a${env.HOME}" ')
    assert errors_of(text) == [
        "llama-swap-macro: llama-swap would replace ${env.HOME} in the name of a model"
    ]


MATRIX = """matrix {{
        a = m
        {handle}
        set zulu = a & {other}
        set alpha = +zulu | {other}
        evict-cost {{
            {other} = 7
        }}
    }}
    version = "v{version}"
}}
model "long-named" {{
    gguf = g
"""


def matrix_of(version: int, handle: str = "", other: str = "long-named") -> tuple[object, object]:
    """The matrix at top level, and the routing section."""
    rest = MATRIX.format(version=version, handle=handle, other=other)
    config = config_of(swap("m, long-named", rest))
    return config.get("matrix"), config.get("routing")


@pytest.mark.parametrize("version", [202, 211, 224])
def test_before_routing_the_matrix_stands_at_top_level(version: int) -> None:
    matrix, routing = matrix_of(version)
    assert routing is None
    assert matrix == {
        "vars": {"a": "m", "m1": "long-named"},
        "evict_costs": {"m1": 7},
        "sets": {"p001.zulu": "a & m1", "p002.alpha": "+p001.zulu | m1"},
    }


@pytest.mark.parametrize("version", [225, 242])
def test_since_routing_it_stands_there_and_still_needs_vars(version: int) -> None:
    matrix, routing = matrix_of(version)
    assert matrix is None
    assert routing == {
        "router": {
            "use": "matrix",
            "settings": {
                "matrix": {
                    "vars": {"a": "m", "m1": "long-named"},
                    "evict_costs": {"m1": 7},
                    "sets": {"p001.zulu": "a & m1", "p002.alpha": "+p001.zulu | m1"},
                }
            },
        }
    }


@pytest.mark.parametrize("version", [243, 250])
def test_later_a_set_names_models_by_their_ids(version: int) -> None:
    _, routing = matrix_of(version)
    assert routing["router"]["settings"]["matrix"] == {  # type: ignore[index]
        "vars": {"a": "m"},
        "evict_costs": {"long-named": 7},
        "sets": {"p001.zulu": "a & long-named", "p002.alpha": "+p001.zulu | long-named"},
    }


def test_a_handle_named_like_its_model_is_a_var_where_vars_are_needed() -> None:
    rest = 'version = "v211"\n matrix {\n m = m\n set x = m\n }\n'
    assert config_of(swap(rest=rest))["matrix"]["vars"] == {"m": "m"}


def test_the_written_order_of_sets_is_their_natural_order() -> None:
    sets = "\n".join(f"set s{100 - index} = m" for index in range(20))
    rest = f"matrix {{\n{sets}\n}}\n"
    names = list(config_of(swap(rest=rest))["routing"]["router"]["settings"]["matrix"]["sets"])
    assert names == sorted(names)
    assert [name.split(".")[1] for name in names] == [f"s{100 - index}" for index in range(20)]


@pytest.mark.parametrize(
    ("version", "rest", "message"),
    [
        ("v201", "matrix {\n set x = m\n }", "llama-swap v201 has no matrix"),
        ("v170", "send-loading-state = on", "llama-swap v170 ignores send-loading-state"),
        ("v239", "unload-timeout = 20s", "llama-swap v239 ignores unload-timeout"),
        (
            "v162",
            "",
            "llama-swap v162 is too old: it cannot report the digest of its configuration",
        ),
    ],
)
def test_what_a_release_does_not_know_is_refused(version: str, rest: str, message: str) -> None:
    found = errors_of(swap(rest=f'version = "{version}"\n{rest}'))
    assert found == [f"version-needed: {message}"]


def test_a_model_of_weights_needs_a_build() -> None:
    text = swap().replace("    build = b\n", "")
    assert errors_of(text) == ['missing-key: this llama-swap has no build for model "m"']


def test_ports_are_explicit_and_follow_the_written_order() -> None:
    more = "}\nmodel a {\n gguf = g\n}\nmodel z {\n gguf = g\n"
    models = config_of(swap("z, m, a", "start-port = 9001", model=more))["models"]
    assert [(name, model["proxy"]) for name, model in models.items()] == [
        ("z", "http://127.0.0.1:9001"),
        ("m", "http://127.0.0.1:9002"),
        ("a", "http://127.0.0.1:9003"),
    ]
    for name, port in (("z", "9001"), ("m", "9002"), ("a", "9003")):
        argv = shlex.split(models[name]["cmd"])
        assert argv[argv.index("--port") + 1] == port


@pytest.mark.parametrize(
    ("line", "limit"),
    [
        ("", 10),
        ("parallel = 2", 10),
        ("parallel = 4", 16),
        ("parallel = -1", 16),
        ("concurrency-limit = 3", 3),
    ],
)
def test_the_concurrency_limit_covers_the_slots_and_a_queue(line: str, limit: int) -> None:
    assert config_of(swap(model=line))["models"]["m"]["concurrencyLimit"] == limit


@pytest.mark.parametrize(
    ("line", "wanted", "unwanted"),
    [
        ("", ["--parallel 1", "--fit off"], ["--device"]),
        ("parallel = 3", ["--parallel 3", "--fit off"], ["--parallel 1"]),
        ("fit = on", ["--fit on"], ["--fit off"]),
        ("fit-target = [512]", ["--fit-target 512"], ["--fit off"]),
        ("gpus = []", ["--device none"], []),
    ],
)
def test_what_upstream_would_choose_is_said(
    line: str, wanted: list[str], unwanted: list[str]
) -> None:
    cmd = config_of(swap(model=line))["models"]["m"]["cmd"].split("\n")
    assert [each for each in wanted if each not in cmd] == []
    assert [each for each in unwanted if any(part.startswith(each) for part in cmd)] == []


def test_gpus_become_the_variable_of_the_backend_and_the_model_wins() -> None:
    assert config_of(swap(model="gpus = [1]"))["models"]["m"]["env"] == [
        "CUDA_DEVICE_ORDER=PCI_BUS_ID",
        "CUDA_VISIBLE_DEVICES=1",
    ]
    line = 'gpus = [1]\n    env = ["CUDA_VISIBLE_DEVICES=0", "A=b c"]'
    assert config_of(swap(model=line))["models"]["m"]["env"] == [
        "CUDA_DEVICE_ORDER=PCI_BUS_ID",
        "CUDA_VISIBLE_DEVICES=0",
        "A=b c",
    ]


def test_another_server_gets_its_port_and_is_stopped_its_own_way() -> None:
    other = """
}
model o {
    command = ["/bin/serve", "--port=${PORT}", "${HOME}", "#no"]
    stop-command = ["/bin/stop", "${PID}"]
    health = "/ready"
"""
    model = config_of(swap("o", "start-port = 7000", model=other))["models"]["o"]
    assert as_llama_swap_splits(model["cmd"]) == ["/bin/serve", "--port=7000", "${HOME}", "#no"]
    assert model["cmdStop"] == "/bin/stop ${PID}"
    assert (model["proxy"], model["checkEndpoint"]) == ("http://127.0.0.1:7000", "/ready")


def digests(text: str) -> dict[str, str]:
    models = config_of(text)["models"]
    return {name: model["metadata"]["llamafleet"]["digest"] for name, model in models.items()}


def test_the_digest_follows_the_configuration_and_nothing_else() -> None:
    base = digests(swap(model="ctx-size = 4096"))
    assert digests(swap(model="# why\n    ctx-size = 4096  # because")) == base
    assert digests(swap(model="ctx-size = 4097")) != base
    assert digests(swap(model='ctx-size = 4096\n    env = ["A=1"]')) != base
    assert digests(swap(model="ctx-size = 4096\n    ttl = 1m")) != base


def test_the_probe_says_what_the_api_must() -> None:
    plan = plan_of(swap("m", model="aliases = [x]\n    ctx-size = 512"))
    [probe] = plan.services[0].probes
    assert (probe.address, probe.port, probe.unit) == ("127.0.0.1", 8080, "llama-swap-s.service")
    assert {each.id: each.digest for each in probe.models} == digests(
        swap("m", model="aliases = [x]\n    ctx-size = 512")
    )
    assert probe.models[0].ctx_size == 512
    assert probe.models[0].aliases == ("x",)


PROXY = """health-check-timeout = 300s
}
nginx n {
    host = h
    listen = "127.0.0.1:99"
    upstream = s
"""


def test_a_proxy_waits_for_a_load_and_the_first_token() -> None:
    assert "proxy_read_timeout 900s;" in content_of(swap(rest=PROXY), ".conf")


@pytest.mark.parametrize(
    ("rest", "kept"),
    [
        ("", 0),
        ("capture-buffer = 7", 7),
        ("pass-through {\n captureBuffer = 3\n }", 3),
        ('version = "v189"', None),
        ('version = "v190"', 0),
    ],
)
def test_prompts_are_kept_only_where_it_is_asked_for(rest: str, kept: int | None) -> None:
    assert config_of(swap(rest=rest)).get("captureBuffer") == kept
