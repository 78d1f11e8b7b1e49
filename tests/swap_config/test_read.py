"""Reading a configuration: values with places, macros, ports, and what is said of them."""

from __future__ import annotations

import pytest

from llamafleet.diagnostics.model import Diagnostics
from llamafleet.llama_swap.key_table import NOT_OF_A_FLEET, fleet_keys, known_keys
from llamafleet.llama_swap.keys import paths
from llamafleet.llama_swap.load import read_swap_config
from llamafleet.llama_swap.model import SwapConfig
from llamafleet.llama_swap.versions import SINCE, since
from llamafleet.source import Source, Span

BASE = "models:\n  a: {cmd: 'serve --port ${PORT}'}\n  b: {cmd: 'serve ${PORT}'}\n"


def read(text: str, version: int = 250, **environment: str) -> tuple[SwapConfig, Diagnostics]:
    config, found = read_swap_config(Source("config.yaml", text), version, environment)
    assert config is not None, [each.message for each in found]
    return config, found


def written(text: str, span: Span) -> str:
    """What stands at a place on one line."""
    line = text.splitlines()[span.start.line - 1]
    return line[span.start.column - 1 : span.end.column - 1]


def test_keys_and_versions_are_one_list() -> None:
    """Every key has a type, and a release that brought it."""
    assert set(SINCE) == set(paths())


def test_no_key_is_said_twice() -> None:
    """What the tables of the fleet's language say of a key is said nowhere else."""
    said = [each.path for each in known_keys()]
    assert sorted(said) == sorted(set(said))
    assert not {each.path for each in NOT_OF_A_FLEET} & {each.path for each in fleet_keys()}


def test_the_reader_goes_by_the_tables_of_the_fleet() -> None:
    known = paths()
    for each in fleet_keys():
        path = each.path.rstrip(".*")
        assert SINCE[path] == each.since, path
        if path == each.path:
            assert known[path] == each.shape, path


def test_since() -> None:
    assert since("models", "a.b", "ttl") == 1
    assert since("routing", "router", "settings", "groups", "g", "swap") == 225
    assert since("models", "a", "nope") is None


def test_values_have_places() -> None:
    text = BASE + "healthCheckTimeout: 600\nhooks: {on_startup: {preload: [a, 'b']}}\n"
    config, found = read(text)
    assert not found.found
    assert config.health_check_timeout is not None
    assert written(text, config.health_check_timeout.span) == "600"
    assert [written(text, each.span) for each in config.preload] == ["a", "'b'"]
    assert [written(text, each.id.span) for each in config.models] == ["a", "b"]


def test_macros_and_ports() -> None:
    text = (
        "startPort: 6000\n"
        "macros: {bin: serve, args: '${bin} --port ${PORT}', n: 4096}\n"
        "models:\n"
        "  b: {cmd: '${args} -c ${n}', metadata: {n: '${n}', text: 'n=${n}'}}\n"
        "  a: {cmd: '${args} --name ${MODEL_ID}', macros: {bin: own}}\n"
    )
    config, found = read(text)
    assert not found.found
    a, b = config.model("a"), config.model("b")
    assert a is not None
    assert b is not None
    assert a.cmd is not None
    assert b.cmd is not None
    assert a.cmd.text == "own --port 6000 --name a"
    assert b.cmd.text == "serve --port 6001 -c 4096"
    assert b.cmd.written == "${args} -c ${n}"
    assert (a.port, b.port) == (6000, 6001)
    assert b.metadata is not None
    assert b.metadata.plain() == {"n": 4096, "text": "n=4096"}


def test_comment_lines_are_no_part_of_a_command() -> None:
    config, _ = read(
        "models:\n  a:\n    cmd: |\n      serve ${PORT}\n      # not this\n      --more\n"
    )
    assert config.models[0].cmd is not None
    assert config.models[0].cmd.text == "serve 5800\n--more\n"


def test_anchors_and_merge_keys() -> None:
    text = (
        "x-common: &common {ttl: 60, env: [A=1]}\n"
        "models:\n"
        "  a: {<<: *common, cmd: 'serve ${PORT}'}\n"
        "  b: {cmd: 'serve ${PORT}', ttl: 70, <<: *common}\n"
    )
    config, found = read(text)
    assert not found.found
    assert [each.ttl.value for each in config.models if each.ttl] == [60, 70]


def test_unknown_variables_are_not_judged() -> None:
    text = "startPort: ${env.FIRST}\n" + BASE
    config, found = read(text)
    assert [each.code for each in found] == ["unset-variable"]
    assert config.start_port is None
    config, found = read(text, FIRST="6100")
    assert not found.found
    assert config.models[0].port == 6100
    _, found = read(text, FIRST="many")
    assert [each.refused for each in found] == [True]


def test_variables_keep_places_in_flow_lists() -> None:
    text = BASE + "apiKeys: [${env.KEY}, 'plain']\n"
    _, found = read(text, KEY="secret")
    assert [written(text, each.primary.span) for each in found] == ["'plain'"]


@pytest.mark.parametrize(
    ("top", "code", "hint"),
    [
        ("ttl: 3600", "misplaced-key", "globalTTL"),
        ("listen: ':8080'", "unknown-key", "-listen"),
        ("health_check_timeout: 5", "unknown-key", "did you mean healthCheckTimeout?"),
        ("healthChekTimeout: 5", "unknown-key", "did you mean healthCheckTimeout?"),
        ("maxRunningModels: 1", "unknown-key", "matrix or groups"),
        ("preload: [a]", "misplaced-key", "on_startup"),
        ("readyTimeout: 60", "unknown-key", "healthCheckTimeout"),
    ],
)
def test_what_is_ignored_is_said(top: str, code: str, hint: str) -> None:
    _, found = read(f"{BASE}{top}\n")
    (only,) = found
    assert (only.code, only.refused) == (code, False)
    assert hint in only.hint


def test_keys_that_only_hold_anchors_are_left_alone() -> None:
    _, found = read(
        "templates:\n  one: &one {ttl: 5}\nmodels:\n  a: {<<: *one, cmd: 'x ${PORT}'}\n"
    )
    assert not found.found


def test_models_vanish_beside_an_odd_key() -> None:
    config, found = read(BASE + "  7: {cmd: 'serve ${PORT}'}\n")
    assert [(each.code, each.refused) for each in found] == [("odd-key", False)]
    assert config.models == ()
    config, _ = read(BASE + "  7: {cmd: 'serve ${PORT}'}\n", 242)
    assert [each.id.text for each in config.models] == ["a", "b", "7"]


def test_older_releases_ignore_newer_keys() -> None:
    text = BASE + "routing: {router: {use: matrix, settings: {matrix: {sets: {s: a & b}}}}}\n"
    config, found = read(text, 224)
    assert [each.code for each in found] == ["version-needed"]
    assert config.matrix is None
    config, found = read(text)
    assert config.matrix is not None
    assert not found.found


def test_many_aliases_of_aliases_are_refused_quickly() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    config, found = read_swap_config(Source("bomb.yaml", "\n".join(lines)))
    assert config is None
    assert [each.refused for each in found] == [True]


@pytest.mark.parametrize("text", ["[" * 5000, "{a: " * 5000, "models: {a: " + "[" * 3000])
def test_deep_nesting_is_no_traceback(text: str) -> None:
    _, found = read_swap_config(Source("deep.yaml", text))
    assert any(each.refused for each in found)
