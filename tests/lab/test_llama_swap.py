"""Finding a llama-swap, and the double as one executable file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab import llama_swap, llama_swap_release
from tests.lab.llama_swap import find_llama_swap
from tests.lab.llama_swap_double import build_double


@pytest.fixture(scope="module")
def double(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The double's executable."""
    return build_double(tmp_path_factory.mktemp("double") / "llama-swap")


def test_double_needs_only_python3(double: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-I", "-S", double, "-version"],
        capture_output=True,
        text=True,
        check=True,
        env={},
    )
    assert said.stdout == "version: v250 (double), built at unknown\n"


def test_double_is_built_the_same_every_time(double: Path, tmp_path: Path) -> None:
    assert build_double(tmp_path / "again").read_bytes() == double.read_bytes()


def test_double_ends_with_one_line_for_a_missing_file(double: Path, tmp_path: Path) -> None:
    missing = tmp_path / "none.yaml"
    said = subprocess.run([double, "-config", missing], capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert said.stderr.count("\n") == 1
    assert f"open {missing}: no such file or directory" in said.stderr


def test_the_variable_comes_first(
    double: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(llama_swap.VARIABLE, str(double))
    found = find_llama_swap(tmp_path)
    assert (found.kind, found.found) == ("double", llama_swap.VARIABLE)
    assert "DOUBLE" in str(found)


def test_a_variable_that_names_no_program_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(llama_swap.VARIABLE, str(tmp_path / "none"))
    with pytest.raises(RuntimeError, match="is no llama-swap that runs"):
        find_llama_swap(tmp_path)


def test_the_double_where_nothing_else_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(llama_swap.VARIABLE, raising=False)
    monkeypatch.setattr("shutil.which", lambda _: None)
    nowhere = (tmp_path / "none.tar.gz").as_uri()
    monkeypatch.setattr(llama_swap_release, "archive_url", lambda *_: nowhere)
    found = find_llama_swap(tmp_path)
    assert found.kind == "double"
    assert found.path.parent == tmp_path


def test_another_archive_than_the_pinned_one_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "llama-swap.tar.gz"
    archive.write_bytes(b"something else")
    monkeypatch.setattr(llama_swap_release, "archive_url", lambda *_: archive.as_uri())
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    with pytest.raises(RuntimeError, match="has SHA-256"):
        llama_swap_release.download_release(tmp_path)
