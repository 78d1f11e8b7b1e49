"""Command lines as keys: random flags of the table keep their meaning, twice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.fleet.schema import llama_server
from llamafleet.fleet.server_argv import forms, normal
from llamafleet.fleet.words import Word
from llamafleet.importers.server_command import (
    ENDING,
    ServerCommand,
    is_server,
    parse_server_command,
    rendered,
)
from llamafleet.source import Position, Span

SPAN = Span("f", Position(1, 1), Position(1, 1))
SPELLINGS = sorted(
    name
    for name, form in forms().items()
    if form.key not in ENDING and not form.key.endswith(("-default", "-spec"))
)


def words(*texts: str) -> list[Word]:
    return [Word(text, SPAN) for text in texts]


def parsed(*texts: str) -> ServerCommand:
    found = parse_server_command(words(*texts))
    assert found is not None
    return found


def keys(found: ServerCommand) -> dict[str, Any]:
    return {each.key.text: each.value for each in found.keys}


def values(name: str) -> st.SearchStrategy[str]:
    form = forms()[name]
    odd = st.sampled_from(
        ["", "0", "-1", "1.50", "4k", "none", "on", "off", "a,b", "3,1", "-x", "x y"]
    )
    return st.one_of(odd, st.sampled_from(form.words)) if form.words else odd


@st.composite
def argvs(draw: st.DrawFn) -> list[str]:
    argv = ["/opt/llama-server"]
    for name in draw(st.lists(st.sampled_from(SPELLINGS), max_size=8)):
        argv.append(name)
        argv += [draw(values(name)) for _ in range(forms()[name].arity)]
        if draw(st.integers(0, 9)) == 0:
            argv.append(draw(st.sampled_from(["--not-a-flag", "-zz", "loose"])))
    return argv


def without_files(meaning: dict[str, object]) -> dict[str, object]:
    own = {"--model", "--mmproj", "--spec-draft-model", "--port"}
    return {key: value for key, value in meaning.items() if key not in own}


@settings(max_examples=300, deadline=None)
@given(argvs())
def test_what_is_lifted_means_the_same(argv: list[str]) -> None:
    found = parse_server_command(words(*argv))
    if found is None:
        return
    again = rendered(found)
    assert normal(again, SPAN) == without_files(normal(argv, SPAN))


@settings(max_examples=300, deadline=None)
@given(argvs())
def test_lifting_what_was_rendered_changes_nothing(argv: list[str]) -> None:
    found = parse_server_command(words(*argv))
    if found is None:
        return
    again = parse_server_command(words(*rendered(found)))
    assert again is not None
    assert rendered(again) == rendered(found)


@pytest.mark.parametrize(
    ("argv", "key", "text"),
    [
        (["-c", "4096"], "ctx-size", "4096"),
        (["--ctx_size", "4096"], "ctx-size", "4096"),
        (["-ngl", "all"], "n-gpu-layers", "all"),
        (["-ngl", "10", "-ngl", "20"], "n-gpu-layers", "20"),
        (["-fa", "auto"], "flash-attn", "auto"),
        (["--no-warmup"], "warmup", "off"),
        (["-nkvo"], "kv-offload", "off"),
        (["--temp", "1.0"], "temp", "1.0"),
        (["--min-p", "0.00"], "min-p", "0.00"),
        (["--warmup", "--no-warmup"], "warmup", "off"),
        (["--json-schema", "{}"], "json-schema", "{}"),
    ],
)
def test_a_flag_is_a_key(argv: list[str], key: str, text: str) -> None:
    found = parsed("llama-server", *argv)
    assert [each.text for each in keys(found).values()] == [text]
    assert set(keys(found)) == {key}
    assert found.extra == ()


def test_flags_that_collect_become_a_list() -> None:
    found = parsed("llama-server", "-ot", "a=CPU", "--override-tensor", "b=CUDA0")
    assert llama_server.argv(
        llama_server.flags()["override-tensor"], keys(found)["override-tensor"]
    ) == ("--override-tensor", "a=CPU,b=CUDA0")


@pytest.mark.parametrize(
    "argv",
    [
        ["-c", "4k"],
        ["--no-such-flag", "3"],
        ["-fa", "--merge-qkv"],
        ["--hf-repo", "org/repo:Q4"],
        ["--n-cpu-moe", "3", "--n-cpu-moe", "4"],
        ["--alias", "x"],
        ["--host", "0.0.0.0"],
    ],
)
def test_what_is_no_key_stays_an_argument(argv: list[str]) -> None:
    found = parsed("llama-server", *argv)
    assert keys(found) == {}
    assert list(found.extra_args) == argv


def test_order_is_kept_where_it_counts() -> None:
    found = parsed("llama-server", "--cpu-moe", "-ot", "x=CPU", "-c", "1")
    assert set(keys(found)) == {"ctx-size"}
    assert found.extra_args == ("--cpu-moe", "-ot", "x=CPU")


def test_files_and_ports_are_not_flags() -> None:
    found = parsed("llama-server", "-m", "/a", "-mm", "/b", "-md", "/c", "--port", "1")
    assert [
        word.text if word else None for word in (found.model, found.mmproj, found.draft, found.port)
    ] == ["/a", "/b", "/c", "1"]
    assert found.keys == ()


@pytest.mark.parametrize(
    ("program", "is_one"),
    [
        ("llama-server", True),
        ("/usr/bin/llama-server", True),
        ("/opt/llama-server-b11434", True),
        ("ik-llama-server", True),
        ("/opt/llama-server/whisper-server", False),
        ("llama-cli", False),
        ("docker", False),
    ],
)
def test_the_program_is_known_by_its_name(program: str, is_one: bool) -> None:
    assert is_server(words(program)) is is_one


def test_presets_and_questions_stay_commands() -> None:
    assert parse_server_command(words("llama-server", "--gpt-oss-20b-default")) is None
    assert parse_server_command(words("llama-server", "--version")) is None
    assert parse_server_command(words("docker", "run", "llama-server")) is None
