"""A login in the address of a build is used, and stands in no log, manifest, lock or command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamafleet.fleet.model import Build
from llamafleet.lock.sources import locked_build
from llamafleet.secrets.url import split_login, without_secrets
from llamafleet.targets.fingerprint import inputs_of
from llamafleet_roles.llama_cpp.job import BuildJob
from tests.roles.git_server import ENCODED, PASSWORD, USER, make_repository, serving
from tests.roles.test_build_scripts import BuildFolder
from tests.roles.test_downloads import BUILD
from tests.roles.test_pure import FACTS, PLAN


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[Build, str]]:
    """A build from a repository that wants a login, and the repository's commit."""
    commit = make_repository(tmp_path / "git" / "llama.cpp")
    with serving(tmp_path / "git") as address:
        url = f"http://{USER}:{ENCODED}@{address}/llama.cpp/.git"
        yield replace(BUILD, source="git", url=url, sha256=None), commit


class PrivateBuildFolder(BuildFolder):
    """A workshop that clones; set `build` before it is prepared."""

    build: Build = BUILD

    @property
    def job(self) -> BuildJob:
        directory = f"{self.folder}/llama.cpp/main"
        plan = replace(PLAN, build=self.build, directory=directory, prepare="")
        return BuildJob(plan, inputs_of(plan, **FACTS))


def everything_below(folder: Path) -> str:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return "\n".join(path.read_bytes().decode("utf-8", "replace") for path in files)


@pytest.mark.parametrize("locked", [False, True])
def test_a_login_is_used_to_clone_and_leaves_no_trace(
    guarded: tuple[Build, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    locked: bool,
) -> None:
    build, commit = guarded
    workshop = PrivateBuildFolder(tmp_path / "shop")
    workshop.folder.mkdir()
    workshop.build = replace(build, commit=commit) if locked else build
    workshop.prepare()
    (workshop.work / "source.tar.gz").unlink()
    assert (workshop.work / "credentials").stat().st_mode & 0o077 == 0
    # git tells here every command that it starts, with all arguments.
    trace = tmp_path / "shop" / "trace"
    monkeypatch.setenv("GIT_TRACE", str(trace))
    done = workshop.compile()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "git remote-http" in trace.read_text()
    said = done.stdout + done.stderr + everything_below(workshop.folder)
    for secret in (ENCODED, PASSWORD, "s3cret"):
        assert secret not in said
    assert (workshop.work / "credentials").read_text() == ""


def test_a_login_that_is_refused_leaves_no_trace_either(
    guarded: tuple[Build, str], tmp_path: Path
) -> None:
    build, _ = guarded
    workshop = PrivateBuildFolder(tmp_path / "shop")
    workshop.folder.mkdir()
    workshop.build = replace(build, url=(build.url or "").replace("s3cret", "s3cret-old"))
    workshop.prepare()
    (workshop.work / "source.tar.gz").unlink()
    done = workshop.compile()
    assert done.returncode != 0
    assert "s3cret" not in done.stdout + done.stderr + everything_below(workshop.folder)


def test_a_lock_asks_with_the_login_and_does_not_keep_it(
    guarded: tuple[Build, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build, commit = guarded
    trace = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE", str(trace))
    found = locked_build(build)
    assert not isinstance(found, str), found
    assert found.commit == commit
    assert "s3cret" not in trace.read_text() + json.dumps(dict(found.asked))
    assert found.asked["url"] == without_secrets(build.url or "")


def test_a_locked_commit_is_part_of_a_numbered_build_too() -> None:
    plan = replace(PLAN, build=replace(BUILD, source="git", url="https://h/r", sha256=None))
    unlocked = inputs_of(plan, **FACTS)
    one, two = (
        inputs_of(replace(plan, build=replace(plan.build, commit=each * 40)), **FACTS)
        for each in "ab"
    )
    assert len({unlocked.fingerprint, one.fingerprint, two.fingerprint}) == 3
    # A ref that is a commit says it itself: locking it compiles nothing anew.
    named = replace(plan, build=replace(plan.build, ref="a" * 40))
    locked = replace(named, build=replace(named.build, commit="a" * 40))
    assert inputs_of(named, **FACTS) == inputs_of(locked, **FACTS)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:secret@index/simple/", "https://index/simple/"),
        ("https://u:p@ss@host/x", "https://host/x"),
        ("https://token@host:8443/x", "https://host:8443/x"),
        ("could not get 'https://u:p@h/x?key=1&b=2': no", "could not get 'https://h/x?...': no"),
        ("ssh://git@host/repository", "ssh://host/repository"),
        ("git@host:repository", "git@host:repository"),
        ("https://host/x#part", "https://host/x#part"),
        ("nothing of the kind?", "nothing of the kind?"),
    ],
)
def test_secrets_in_addresses_are_not_shown(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


WORD = st.text(st.characters(exclude_characters="/@", exclude_categories=["Z", "C"]), min_size=1)


@given(
    user=WORD,
    password=st.text(st.characters(exclude_characters="/", exclude_categories=["Z", "C"])),
)
def test_a_login_is_split_off_whole(user: str, password: str) -> None:
    url, login = split_login(f"https://{user}:{password}@host:1/path@x")
    assert url == "https://host:1/path@x"
    assert login == f"{user}:{password}"
    assert split_login(url) == (url, "")
    assert split_login(f"ssh://{user}@host/x") == (f"ssh://{user}@host/x", "")
