"""`llamafleet render`: the listing, the tree, and whose directory it may write into."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llamafleet.cli.files import inside, replace_tree
from llamafleet.targets.plan_types import Artifact
from tests.cli.conftest import FLEET, Run
from tests.formats.test_schemas import hold


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


UNIT = "etc/systemd/system/llama-server-worker-0.service"


def test_without_a_directory_it_prints(run: Run) -> None:
    done = run("render", "fleet.fleet")
    assert done.returncode == 0
    assert f"==> box/{UNIT} (mode 644) <==" in done.stdout
    assert "ExecStart=" in done.stdout
    only = run("render", "fleet.fleet", "--host", "spare")
    assert "==> spare/" in only.stdout
    assert "==> box/" not in only.stdout


def test_the_tree_is_shaped_like_each_host(run: Run, folder: Path) -> None:
    done = run("render", "fleet.fleet", "-o", "out")
    assert (done.returncode, done.stdout) == (0, "")
    out = folder / "out"
    assert {f"box/{UNIT}", f"spare/{UNIT}"} <= tree(out)
    assert (out / "box" / UNIT).read_text() in run("render", "fleet.fleet").stdout
    assert (out / "box" / UNIT).stat().st_mode & 0o777 == 0o644


def test_what_no_host_gets_any_more_is_gone(run: Run, folder: Path) -> None:
    run("render", "fleet.fleet", "-o", "out")
    (folder / "out" / "box" / "left-over").write_text("x")
    smaller = FLEET.replace("hosts  = [box, spare]", "hosts  = [box]").replace("host spare {}", "")
    (folder / "fleet.fleet").write_text(smaller)
    assert run("render", "fleet.fleet", "-o", "out").returncode == 0
    found = tree(folder / "out")
    assert f"box/{UNIT}" in found
    assert "box/left-over" not in found
    assert not (folder / "out" / "spare").exists()
    assert sorted(each.name for each in (folder / "out").iterdir()) == [".llamafleet", "box"]


def test_one_host_leaves_the_others_alone(run: Run, folder: Path) -> None:
    run("render", "fleet.fleet", "-o", "out")
    (folder / "out" / "box" / "mine").write_text("x")
    assert run("render", "fleet.fleet", "-o", "out", "--host", "spare").returncode == 0
    assert (folder / "out" / "box" / "mine").exists()
    assert run("render", "fleet.fleet", "-o", "out").returncode == 0
    assert not (folder / "out" / "box" / "mine").exists()


def test_other_peoples_directories_are_safe(run: Run, folder: Path) -> None:
    out = folder / "out"
    out.mkdir()
    (out / "letter").write_text("dear")
    done = run("render", "fleet.fleet", "-o", "out")
    assert done.returncode == 2
    assert "--force" in done.stderr
    assert tree(out) == {"letter"}
    assert run("render", "fleet.fleet", "-o", "out", "--force").returncode == 0
    assert {"letter", f"box/{UNIT}"} <= tree(out)
    assert run("render", "fleet.fleet", "-o", "fleet.fleet").returncode == 2


def test_where_nothing_can_be_written_it_says_so(run: Run) -> None:
    done = run("render", "fleet.fleet", "-o", "/proc/out")
    assert done.returncode == 3
    assert 'cannot write "/proc/out"' in done.stderr
    assert "internal error" not in done.stderr


def test_an_empty_directory_will_do(run: Run, folder: Path) -> None:
    (folder / "out").mkdir()
    assert run("render", "fleet.fleet", "-o", "out").returncode == 0


def test_unknown_hosts_and_broken_fleets(run: Run, folder: Path) -> None:
    unknown = run("render", "fleet.fleet", "--host", "boxx")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert 'did you mean "box"?' in unknown.stderr
    (folder / "fleet.fleet").write_text("fleet 2\n")
    broken = run("render", "fleet.fleet", "-o", "out")
    assert (broken.returncode, broken.stdout) == (1, "")
    assert "error[language-version]" in broken.stderr
    assert not (folder / "out").exists()


def test_a_failure_in_the_middle_leaves_the_old_tree(tmp_path: Path) -> None:
    folder = tmp_path / "box"
    replace_tree(folder, [Artifact("/etc/a", "old")])
    with pytest.raises(ValueError, match="plain absolute path"):
        replace_tree(folder, [Artifact("/etc/a", "new"), Artifact("/etc/../../b", "bad")])
    assert (folder / "etc" / "a").read_text() == "old"
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("path", ["etc/a", "/etc/../a", "/", "//a", "/a/./b", "/a/", ""])
def test_no_path_leads_out_of_the_tree(path: str) -> None:
    with pytest.raises(ValueError, match="plain absolute path"):
        inside(Path("/tmp/x"), path)


def test_render_prints_a_line_a_host(run: Run) -> None:
    done = run("render", "fleet.fleet", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    plans = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["host"] for each in plans] == ["box", "spare"]
    for plan in plans:
        hold("plan", plan)
    only = run("render", "fleet.fleet", "--format", "json", "--host", "spare")
    assert [json.loads(line) for line in only.stdout.splitlines()] == plans[1:]


def test_render_as_json_writes_no_files_and_prints_nothing_of_a_bad_fleet(
    run: Run, folder: Path
) -> None:
    done = run("render", "fleet.fleet", "--format", "json", "-o", "out")
    assert (done.returncode, done.stdout) == (2, "")
    assert not (folder / "out").exists()
    (folder / "fleet.fleet").write_text(FLEET.replace("model  = chat", "model  = caht"))
    done = run("render", "fleet.fleet", "--format", "json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "caht" in done.stderr
