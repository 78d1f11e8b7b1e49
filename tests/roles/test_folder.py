"""The files of a folder, as the script on hosts lists them, and what a rollout says of them."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from llamafleet.fleet.observed import ObservedFile
from llamafleet.targets.plan_types import DiscoverPlan
from llamafleet_roles.gguf_files.folder import FolderFiles, FolderState, news


def listed(folder: Path) -> FolderState:
    """What the fact says of a folder of this machine."""
    fact = FolderFiles()
    command = fact.command(folder=str(folder))
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=True)
    assert not done.stderr
    state = fact.process(done.stdout.decode("utf-8", "replace").splitlines())
    assert state is not None
    return state


def paths(state: FolderState, folder: Path) -> list[str]:
    return sorted(str(Path(each.file.file).relative_to(folder)) for each in state.files)


def plan(folder: Path, known: tuple[ObservedFile, ...] | None, *declared: str) -> DiscoverPlan:
    unit = "llama-swap-models.service"
    return DiscoverPlan("models", unit, str(folder), ("*.gguf",), (), declared, known)


def test_files_of_all_folders_but_hidden_ones(tmp_path: Path) -> None:
    for name in ("a.gguf", "it's $HOME.gguf", "in/deep/b.gguf", ".hidden.gguf", ".cache/c.gguf"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 7)
    os.utime(tmp_path / "a.gguf", (1000, 1000))
    state = listed(tmp_path)
    assert paths(state, tmp_path) == ["a.gguf", "in/deep/b.gguf", "it's $HOME.gguf"]
    first = next(each for each in state.files if each.file.file.endswith("a.gguf"))
    assert first.file == ObservedFile(str(tmp_path / "a.gguf"), 7, 1000)
    assert state.problems == ()


def test_a_hidden_folder_that_is_asked_for_is_listed(tmp_path: Path) -> None:
    (tmp_path / ".models").mkdir()
    (tmp_path / ".models/a.gguf").touch()
    assert paths(listed(tmp_path / ".models"), tmp_path) == [".models/a.gguf"]


def test_links_have_the_inode_of_what_they_link_to(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs/0123").write_bytes(b"x" * 9)
    (tmp_path / "a.gguf").symlink_to("blobs/0123")
    (tmp_path / "b.gguf").hardlink_to(tmp_path / "blobs/0123")
    (tmp_path / "lost.gguf").symlink_to("nothing")
    (tmp_path / "round").symlink_to(".")
    state = listed(tmp_path)
    assert paths(state, tmp_path) == ["a.gguf", "b.gguf", "blobs/0123"]
    assert len({each.inode for each in state.files}) == 1
    assert {each.file.size for each in state.files} == {9}
    assert f"{tmp_path}/lost.gguf links to nothing" in state.problems
    assert any("loop" in each for each in state.problems)


def test_names_with_line_ends_are_counted_and_nothing_else_is_lost(tmp_path: Path) -> None:
    (tmp_path / "file\t1\t2\t3\t.gguf").touch()
    (tmp_path / "a\nfile\t9\t9\t9\t/etc/x.gguf".replace("/", "_")).touch()
    (tmp_path / "b.gguf").touch()
    (tmp_path / os.fsdecode(b"\xff.gguf")).touch()
    state = listed(tmp_path)
    assert "b.gguf" in paths(state, tmp_path)
    assert all(Path(each.file.file).parent == tmp_path for each in state.files)
    assert state.problems == ("2 paths have control characters in them: rename those files",)


def test_a_folder_that_is_missing_or_closed(tmp_path: Path) -> None:
    assert listed(tmp_path / "none") == FolderState(there=False)
    (tmp_path / "file").touch()
    assert not listed(tmp_path / "file").there
    if os.geteuid() != 0:
        (tmp_path / "closed").mkdir(mode=0)
        assert "denied" in listed(tmp_path).problems[0]


def test_thousands_of_files_take_one_command(tmp_path: Path) -> None:
    for number in range(5000):
        (tmp_path / f"{number:04}.gguf").touch()
    begun = time.monotonic()
    state = listed(tmp_path)
    assert len(state.files) == 5000
    # A second would be a hundred times of what it takes; a machine may be busy.
    assert time.monotonic() - begun < 20


def test_a_host_that_says_something_else_is_unknown() -> None:
    assert FolderFiles().process(["sh: find: not found"]) is None
    assert FolderFiles().process([]) is None


@pytest.mark.parametrize("name", ["new.gguf", "old.gguf"])
def test_a_rollout_says_what_the_lock_does_not_know(tmp_path: Path, name: str) -> None:
    (tmp_path / "new.gguf").write_bytes(b"12")
    (tmp_path / "mine.gguf").write_bytes(b"12")
    os.utime(tmp_path / "new.gguf", (5, 5))
    known = (ObservedFile(f"{tmp_path}/{name}", 2, 5),)
    said = list(news(plan(tmp_path, known, f"{tmp_path}/mine.gguf"), listed(tmp_path)))
    since = f"in {tmp_path} since fleet.lock was written: {tmp_path}"
    expected = [f"new {since}/new.gguf", f"gone {since}/old.gguf"]
    assert said == ([] if name == "new.gguf" else expected)


def test_a_replaced_file_and_many_new_ones(tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / f"{number}.gguf").touch()
    known = (ObservedFile(f"{tmp_path}/0.gguf", 3, 5),)
    new, changed = news(plan(tmp_path, known), listed(tmp_path))
    assert new.endswith(f"{tmp_path}/5.gguf and 3 more")
    assert changed.startswith("changed in ")
    assert changed.endswith("/0.gguf")
    (missing,) = news(plan(tmp_path / "none", None), listed(tmp_path / "none"))
    assert missing == f"{tmp_path}/none does not exist: nothing can be discovered there"
