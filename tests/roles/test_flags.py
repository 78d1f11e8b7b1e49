"""The table of a build's flags, from its own help into the controller's cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamafleet.compiler import compile_text
from llamafleet.schema.flag_tables import bundled, nearest
from roles.llama_cpp.flags import keep_table

HELP = (
    "----- common params -----\n\n"
    + "".join(
        f"--flag-{number:<33}does what flag {number} does (default: {number})\n"
        for number in range(60)
    )
    + "-c,    --ctx-size N                     size of the context (default: 0)\n"
)

FLEET = """fleet 1
host box {
}
build cpu {
    ref = "b12000"
    backend = cpu
}
gguf small {
    path = "/small.gguf"
}
model chat {
    gguf = small
    extra-args = ["--flag-7"]
    threads = 4
}
llama-swap voice {
    host = box
    build = cpu
    models = [chat]
}
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LLAMAFLEET_CACHE", str(tmp_path))
    nearest.cache_clear()
    return tmp_path


def codes() -> list[str]:
    return [each.code for each in compile_text(FLEET).diagnostics]


def test_a_fetched_table_is_what_the_next_check_goes_by() -> None:
    assert codes() == ["flag-table", "unknown-flag"]
    kept = keep_table("b12000", HELP)
    assert kept is not None
    assert kept.name == "b12000.json"
    # The flag that only this build has is known now, and one that it lacks is missed.
    assert codes() == ["removed-flag"]


@pytest.mark.parametrize("text", ["", "error: no such file", HELP[:400]])
def test_what_is_no_help_is_not_kept(cache: Path, text: str) -> None:
    assert keep_table("b12000", text) is None
    assert not list(cache.rglob("*.json"))


@pytest.mark.parametrize("ref", ["../b1", "a/b", ".hidden"])
def test_a_ref_that_is_no_file_name_is_not_kept(cache: Path, ref: str) -> None:
    assert keep_table(ref, HELP) is None


def test_the_tables_that_come_along_are_never_replaced() -> None:
    assert nearest(bundled()[0].ref).exact
