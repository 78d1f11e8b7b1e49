"""The words of a llama-swap and its models: what each becomes, what is inherited, what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.targets.compiling import compiled, config_of, errors_of, plan_of, server, swap

# Values of keys that llamafleet does not know.

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).filter(
    lambda text: "${" not in text
) | st.sampled_from(["", "true", "null", "1e3", "0x10", "a: b", "- a", "# a", '"', "\\", "a\nb\t"])
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.integers(-(10**6), 10**6).map(lambda number: number / 64)
    | texts
)
lists = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3), max_leaves=4)
objects = st.recursive(
    st.dictionaries(texts, lists, max_size=3),
    lambda inner: st.dictionaries(texts, lists | inner, max_size=3),
    max_leaves=4,
)


def quoted(text: str) -> str:
    """A text in a fleet file."""
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t")):
        text = text.replace(plain, escaped)
    return f'"{text}"'


def in_fleet(value: Any) -> str:
    """A value in a fleet file."""
    match value:
        case str():
            return quoted(value)
        case list():
            return f"[{', '.join(map(in_fleet, value))}]"
        case float():
            return f"{value:.10f}"
    return json.dumps(value)


def entries(values: dict[str, Any]) -> str:
    """The entries of a block."""
    return "\n".join(
        f"{quoted(key)} {{\n{entries(value)}\n}}"
        if isinstance(value, dict)
        else f"{quoted(key)} = {in_fleet(value)}"
        for key, value in values.items()
    )


@given(objects)
@settings(max_examples=80, deadline=None)
def test_what_a_key_of_ones_own_holds_arrives_as_it_was(values: dict[str, Any]) -> None:
    blocks = f"set-params {{\n{entries(values)}\n}}\nvariant low {{\n{entries(values)}\n}}"
    model = config_of(swap(model=blocks))["models"]["m"]
    filters = model["filters"]
    assert filters.get("setParams", {}) == values
    assert filters["setParamsByID"] == {"low": values}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a = on", "a takes a number, text in quotes, true, false, null, or a list of these, not "
         "the word on"),
        ("a = 12GiB", "a takes a number, text in quotes, true, false, null, or a list of these, "
         "not the size 12GiB"),
        ("a = [yes]", "a takes a number, text in quotes, true, false, null, or a list of these, "
         "not the word yes"),
    ],
)  # fmt: skip
def test_words_of_the_language_are_no_values(line: str, message: str) -> None:
    assert errors_of(swap(model=f"set-params {{\n{line}\n}}")) == [f"wrong-type: {message}"]


def test_a_key_may_look_like_a_macro() -> None:
    lines = 'metadata {\n "${X}" = 1\n }'
    rest = 'profile p {\n pins {\n "${X}" = m\n }\n }'
    config = config_of(swap(rest=rest, model=lines))
    assert config["models"]["m"]["metadata"]["${X}"] == 1
    assert config["profiles"]["p"]["pins"] == {"${X}": "m"}


def test_items_are_a_list_of_blocks() -> None:
    lines = """set-params {
        item tools {
            type = "function"
            function {
                name = "look"
            }
        }
        item tools {}
        item "a b" {
            item x {}
        }
        item {
            y = 1
        }
    }"""
    assert config_of(swap(model=lines))["models"]["m"]["filters"]["setParams"] == {
        "tools": [{"type": "function", "function": {"name": "look"}}, {}],
        "a b": [{"x": [{}]}],
        "item": {"y": 1},
    }


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("a = 1\n item a {}", "duplicate-key: a is set twice in this block"),
        ("item a {}\n a {}", "duplicate-key: a is set twice in this block"),
        ("a = []\n item a {}", "duplicate-key: a is set twice in this block"),
        ("a b {}", "bad-name: a blocks have no name"),
    ],
)
def test_a_list_of_blocks_is_nothing_else_too(lines: str, message: str) -> None:
    assert errors_of(swap(model=f"set-params {{\n{lines}\n}}")) == [message]


# What a model takes from others.

INHERITS = """
defaults model {
    unload-timeout = 20s
    set-params {
        temperature = 0.5
        top_k = 1
    }
    timeouts {
        connect = 5s
    }
}
model base {
    gguf = g
    set-params {
        temperature = 0.7
    }
    variant "base:low" {
        a = 1
    }
    port = 9001
    use-model-name = "b"
    aliases = [foundation]
}
model none {
    gguf = g
    set-params {}
}
"""


def test_a_block_is_inherited_as_a_whole_and_names_are_not() -> None:
    text = INHERITS + swap("m, base, none", model="like = base")
    models = config_of(text)["models"]
    assert models["m"]["filters"] == {"setParams": {"temperature": 0.7}}
    assert models["base"]["filters"] == {
        "setParams": {"temperature": 0.7},
        "setParamsByID": {"base:low": {"a": 1}},
    }
    assert "filters" not in models["none"]
    assert [model["timeouts"] for model in models.values()] == [{"connect": 5}] * 3
    assert [model["unloadTimeout"] for model in models.values()] == [20] * 3
    assert {"useModelName", "aliases"} & models["m"].keys() == set()
    assert models["base"]["proxy"] == "http://127.0.0.1:9001"


def test_a_mistake_in_a_block_that_is_inherited_is_told_once() -> None:
    text = (
        "defaults model {\n set-params {\n a = on\n }\n}\n"
        + swap("m")
        + "model n {\n gguf = g\n}\n"
    )
    assert len(errors_of(text)) == 1


# Where a model runs.


def test_a_port_of_its_own_moves_nobody_elses() -> None:
    more = "port = 9100\n}\nmodel a {\n gguf = g\n}\nmodel z {\n gguf = g\n"
    models = config_of(swap("a, m, z", model=more))["models"]
    assert [model["proxy"][-4:] for model in models.values()] == ["5800", "9100", "5801"]


def test_a_port_that_is_taken_is_refused() -> None:
    assert errors_of(swap(model="port = 8080")) == [
        'listen-conflict: port 8080 of host "h" is used twice'
    ]


@pytest.mark.parametrize(
    ("model", "argv"),
    [
        (
            'program = "llama-server"',
            "llama-server\n--model /g.gguf\n--host 127.0.0.1\n--port 5800",
        ),
        (
            'program = "/opt/a b"\n    ctx-size = 1\n    extra-args = ["--x", "y"]',
            "'/opt/a b'\n--model /g.gguf\n--host 127.0.0.1\n--port 5800\n--ctx-size 1\n--x y",
        ),
    ],
)
def test_a_program_that_is_there_is_told_what_is_written(model: str, argv: str) -> None:
    text = swap(model=model).replace("    build = b\n", "")
    [written] = config_of(text)["models"].values()
    assert written["cmd"] == argv + "\n"


def test_a_program_runs_as_a_service_too() -> None:
    text = server(model='program = "/usr/bin/llama-server"').replace("    build = b\n", "")
    plan = plan_of(text)
    [unit] = [each.content for each in plan.artifacts]
    assert "ExecStart=/usr/bin/llama-server --model /g.gguf" in unit.replace("\\\n", "")
    assert plan.services[0].units[0].executable == "/usr/bin/llama-server"
    assert plan.services[0].probes[0].models[0].digest is None


VERBATIM = 'gguf = none\n    pass-through {\n cmd = "a ${PORT} ${env.X}"\n "a b" = [1]\n }'


def verbatim(service: Callable[..., str]) -> str:
    """A service of a model that has nothing but a command in llama-swap's own words."""
    return service(model=VERBATIM).replace("    gguf = g\n", "").replace("    build = b\n", "")


def test_a_command_in_llama_swaps_own_words_gets_our_port() -> None:
    [written] = config_of(verbatim(swap))["models"].values()
    assert (written["cmd"], written["a b"]) == ("a 5800 ${env.X}", [1])
    assert written["metadata"]["llamafleet"]["digest"]


def test_llama_server_takes_no_command_of_llama_swaps() -> None:
    assert errors_of(verbatim(server)) == [
        'conflicting-keys: model "m" has a cmd in pass-through, which only llama-swap can run'
    ]


# Routes, by release.

GROUP = "group pair {\n models = [m, n]\n swap = off\n }\n"
TWO = "}\nmodel n {\n gguf = g\n"
PAIR = {"pair": {"swap": False, "exclusive": True, "persistent": False, "members": ["m", "n"]}}


@pytest.mark.parametrize("version", [202, 224])
def test_before_routing_groups_stand_at_top_level(version: int) -> None:
    config = config_of(swap("m, n", f'version = "v{version}"\n    {GROUP}', model=TWO))
    assert (config["groups"], config.get("routing")) == (PAIR, None)


@pytest.mark.parametrize("version", [225, 250])
def test_since_routing_groups_stand_there(version: int) -> None:
    config = config_of(swap("m, n", f'version = "v{version}"\n    {GROUP}', model=TWO))
    assert "groups" not in config
    assert config["routing"]["router"] == {"use": "group", "settings": {"groups": PAIR}}


def test_priority_stands_beside_the_router() -> None:
    rest = "matrix {\n set x = m\n }\n priority {\n m = 5\n }\n"
    routing = config_of(swap(rest=rest))["routing"]
    assert routing["router"]["use"] == "matrix"
    assert routing["scheduler"]["settings"] == {"fifo": {"priority": {"m": 5}}}


def test_a_file_that_is_written_may_be_written() -> None:
    plan = plan_of(swap(rest='store-path = "/srv/figures/a.db"'))
    [unit] = [each.content for each in plan.artifacts if each.path.endswith(".service")]
    assert "ReadWritePaths=-/srv/figures" in unit


ALIASED = 'aliases = [al]\n    variant "m:low" {\n a = 1\n }\n' + TWO
PEER = 'peer box {\n proxy = "http://b:1"\n models = [big]\n }\n'


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("group a {\n models = [al]\n }",
         'unknown-member: "al" is an alias; a group takes models'),
        ("group a {\n models = [nobody]\n }",
         'unknown-member: this llama-swap serves no model "nobody"'),
        ("group a {\n models = [m, m]\n }", 'duplicate-name: model "m" is already in group "a"'),
        ("group a {\n models = [m]\n }\n group b {\n models = [m]\n }",
         'duplicate-name: model "m" is already in group "a"'),
        ("group a {\n models = [m]\n }\n group a {\n models = [n]\n }",
         'duplicate-name: group "a" is declared twice'),
        ("group a {\n models = [m]\n }\n matrix {\n set x = m & n\n }",
         "conflicting-keys: this llama-swap has both groups and a matrix"),
        ("priority {\n al = 1\n }", 'unknown-member: "al" is an alias; priority takes models'),
        ("preload = [nobody]", 'unknown-member: this llama-swap serves no model "nobody"'),
        ("selector s {\n strategy = pin\n targets = []\n }",
         "missing-key: this selector has no targets"),
        ("selector s {\n targets = [m]\n }", "missing-key: this selector has no strategy"),
        ('selector s {\n strategy = pin\n targets = ["x"]\n }',
         'unknown-member: "x" is not a model, an alias or a model of a peer of this llama-swap'),
        ("selector s {\n strategy = pin\n targets = [s]\n }",
         'unknown-member: "s" is a selector, which cannot be the target of another'),
        ("selector m {\n strategy = pin\n targets = [n]\n }",
         'duplicate-name: "m" is the name of both a selector and a model'),
        ('selector "m:low" {\n strategy = pin\n targets = [n]\n }',
         'duplicate-name: "m:low" is the name of both a selector and an alias'),
        (PEER + 'selector s {\n strategy = warm\n targets = ["box/big"]\n }',
         'unknown-member: "box/big" runs on peer "box", but warm takes local models'),
        ("selector s {\n strategy = spillover\n targets = [m, n]\n }",
         'conflicting-keys: selector "s" spills over to models that never run together'),
        ("group a {\n models = [m, n]\n }\n"
         "selector s {\n strategy = spillover\n targets = [al, n]\n }",
         'conflicting-keys: selector "s" spills over to models that never run together'),
        ("matrix {\n set x = m | n\n }\n"
         "selector s {\n strategy = spillover\n targets = [m, n]\n }",
         'conflicting-keys: selector "s" spills over to models that never run together'),
        ("selector s {\n strategy = spillover\n targets = [m, al]\n }",
         'duplicate-name: this selector has target "m" twice'),
        (PEER + 'selector s {\n strategy = spillover\n targets = [m, big, "box/big"]\n }',
         'duplicate-name: this selector has target "box/big" twice'),
        ('upstream-ignore-paths = ["(?=x)"]',
         "wrong-type: llama-swap cannot read the regular expression (?=x): Go has no lookahead "
         "or lookbehind"),
        ("profile p {}", 'missing-key: profile "p" has no pins'),
        ("profile p {\n pins {\n a = x\n }\n }",
         'unknown-member: "x" is not a model, an alias or a model of a peer of this llama-swap'),
        ('peer p {\n proxy = "http://b:1"\n models = []\n }',
         'missing-key: peer "p" has no models'),
        ('peer p {\n proxy = "b:1"\n models = [a]\n }',
         'wrong-type: proxy takes a URL in quotes such as "http://10.0.0.2:80", '
         'not the text "b:1"'),
        ('profile p {\n description = "${X}"\n pins {\n a = m\n }\n }',
         "llama-swap-macro: llama-swap would take ${X} for a macro"),
        ('peer p {\n proxy = "http://b:1"\n models = ["${env.A}"]\n }',
         "llama-swap-macro: llama-swap would take ${env.A} for a macro"),
        ("pass-through {\n models = null\n }",
         "refused-key: models cannot be set in pass-through blocks"),
        ("log-level = warn\n pass-through {\n logLevel = 1\n }",
         "conflicting-keys: logLevel in pass-through sets the same as log-level"),
        (PEER + "pass-through {\n peers {}\n }",
         "conflicting-keys: peers in pass-through sets the same as peer"),
    ],
)  # fmt: skip
def test_routes_that_lead_nowhere_are_refused(rest: str, message: str) -> None:
    assert errors_of(swap("m, n", rest, model=ALIASED)) == [message]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("metadata {\n llamafleet = 1\n }",
         "refused-key: llamafleet cannot be set in metadata blocks"),
        ('metadata {\n a = ["${X}"]\n }',
         'llama-swap-macro: llama-swap would take ${X} in metadata of model "m" for a macro'),
        ('metadata {\n "${env.X}" = 1\n }',
         'llama-swap-macro: llama-swap would take ${env.X} in metadata of model "m" for a macro'),
        ('variant "${X}" {\n a = 1\n }',
         'llama-swap-macro: llama-swap would take ${X} in variant of model "m" for a macro'),
        ("ttl = 1m\n pass-through {\n ttl = 60\n }",
         "conflicting-keys: ttl in pass-through sets the same as ttl"),
        ("pass-through {\n metadata {}\n }",
         "refused-key: metadata cannot be set in pass-through blocks"),
        ("pass-through {\n cmd = \"x\"\n }",
         'conflicting-keys: model "m" has both gguf and a cmd in pass-through'),
        ('strip-params = ["a,b"]',
         'wrong-type: strip-params takes the name of a request parameter, not the text "a,b"'),
        ("set-params {\n a = 1\n a = 2\n }", "duplicate-key: a is set twice in this block"),
        ("set-params {\n a = 1\n a {}\n }", "duplicate-key: a is set twice in this block"),
        ("variant {\n a = 1\n }", "missing-name: this variant has no name"),
    ],
)  # fmt: skip
def test_what_a_model_cannot_mean_is_refused(model: str, message: str) -> None:
    assert errors_of(swap(model=model)) == [message]


@pytest.mark.parametrize("name", ["n", "al"])
def test_a_variant_is_no_other_models_id(name: str) -> None:
    more = f'variant "{name}" {{\n a = 1\n }}\n}}\nmodel n {{\n gguf = g\n aliases = [al]\n'
    assert errors_of(swap("m, n", model=more)) == [
        f'alias-conflict: variant "{name}" of model "m" is also an id of "n"'
    ]


@pytest.mark.parametrize(
    "rest",
    ["matrix {\n set x = m & n\n }\n", "group a {\n models = [m, n]\n swap = off\n }\n"],
)
def test_models_that_run_together_spill_over(rest: str) -> None:
    selector = "selector s {\n strategy = spillover\n targets = [al, n]\n }\n"
    assert errors_of(swap("m, n", rest + selector, model=ALIASED)) == []


BEHIND = """api-key-env = [SWAP_KEY]
    environment-file = "/etc/secrets"
}}
nginx n {{
    host = {host}
    listen = "0.0.0.0:80"
    upstream = s
"""


@pytest.mark.parametrize(("host", "file"), [("h", "/etc/secrets"), ("bare", None)])
def test_probes_know_which_key_is_asked_for(host: str, file: str | None) -> None:
    text = swap(rest='listen = "0.0.0.0:8080"\n    ' + BEHIND.format(host=host))
    probes = {
        each.kind: each
        for name in ("h", "bare")
        for service in plan_of(text, name).services
        for each in service.probes
    }
    assert (probes["llama-swap"].key, probes["llama-swap"].key_file) == ("SWAP_KEY", "/etc/secrets")
    assert (probes["nginx"].key, probes["nginx"].key_file) == ("SWAP_KEY", file)


@pytest.mark.parametrize(
    "rest", ["api-key-env = [KEY]", PEER.replace(" }", ' api-key-env = "KEY"\n }')]
)
def test_somebody_must_set_a_variable(rest: str) -> None:
    warnings = [
        each for each in compiled(swap(rest=rest)).diagnostics if each.severity == "warning"
    ]
    assert [(each.code, each.message) for each in warnings] == [
        ("unset-variable", "llama-swap does not start without the environment variable KEY")
    ]
    rest += '\nenvironment-file = "/etc/secrets"'
    assert not compiled(swap(rest=rest)).diagnostics
