"""Which fleet an edited file belongs to, and when it is read."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pygls.workspace import Workspace

from llamafleet.lsp import session
from llamafleet.lsp.project import Texts, diagnose, project_of, roots_of

NOTHING_OPEN = Texts({})


def write(folder: Path, name: str, *lines: str) -> str:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["fleet 1", *lines, ""]))
    return str(path)


def test_a_file_alone_is_its_own_fleet(tmp_path: Path) -> None:
    path = write(tmp_path, "a.fleet")
    assert roots_of(path, [str(tmp_path)], NOTHING_OPEN) == (path,)


def test_an_included_file_belongs_to_the_fleets_that_include_it(tmp_path: Path) -> None:
    part = write(tmp_path, "parts/gpus.fleet")
    middle = write(tmp_path, "hosts.fleet", 'include "parts/gpus.fleet"')
    one = write(tmp_path, "one.fleet", 'include "hosts.fleet"')
    two = write(tmp_path, "two.fleet", 'include "parts/gpus.fleet"')
    write(tmp_path, "other.fleet", 'include "none.fleet"')
    folders = [str(tmp_path)]
    assert roots_of(part, folders, NOTHING_OPEN) == (one, two)
    assert roots_of(middle, folders, NOTHING_OPEN) == (one,)
    assert roots_of(one, folders, NOTHING_OPEN) == (one,)
    assert roots_of(part, [], NOTHING_OPEN) == (part,)  # nothing above an open file is looked at
    project = project_of(part, folders, NOTHING_OPEN)
    assert [Path(each.path).name for each in project.files][-1] == "one.fleet"
    assert Path(project.path) == Path(part)


def test_files_that_include_each_other_are_no_endless_search(tmp_path: Path) -> None:
    one = write(tmp_path, "one.fleet", 'include "two.fleet"')
    two = write(tmp_path, "two.fleet", 'include "one.fleet"')
    assert roots_of(one, [], NOTHING_OPEN)
    found, _ = diagnose(two, NOTHING_OPEN)
    assert {each.code for told in found.values() for each in told} == {"include-cycle"}


def test_what_is_typed_counts_before_what_is_saved(tmp_path: Path) -> None:
    path = write(tmp_path, "a.fleet")
    typed = Texts({str(Path(path).resolve()): "fleet 2\n"})
    found, sources = diagnose(path, typed)
    assert [each.code for each in found[path]] == ["language-version"]
    assert sources[path].text == "fleet 2\n"


@pytest.mark.parametrize(("quick", "again"), [(0.0, False), (1e9, True)])
def test_a_fleet_that_takes_long_to_read_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick: float, again: bool
) -> None:
    path = Path(write(tmp_path, "a.fleet"))
    monkeypatch.setattr(session, "QUICK", quick)
    server = SimpleNamespace(workspace=Workspace(tmp_path.as_uri()))
    here = session.Session(cast(Any, server))
    first = here.project(path.as_uri())
    assert (here.project(path.as_uri()) is not first) is again
