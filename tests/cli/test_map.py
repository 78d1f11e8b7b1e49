"""`llamafleet map`: what it writes where, and its exit codes."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import FLEET, Run

SVG = "{http://www.w3.org/2000/svg}svg"


def test_a_picture_goes_to_stdout_without_a_name(run: Run, folder: Path) -> None:
    for arguments in ((), ("-o", "-"), ("--format", "svg")):
        done = run("map", "fleet.fleet", *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        root = ElementTree.fromstring(done.stdout)
        assert root.tag == SVG
        assert root[0].text == folder.name
    page = run("map", "fleet.fleet", "--format", "html").stdout
    assert page.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("name", ["fleet.svg", "x.HTML", "x.htm"])
def test_the_name_of_the_file_says_what_it_becomes(run: Run, folder: Path, name: str) -> None:
    (folder / name).write_text("what was there")
    done = run("map", "fleet.fleet", "-o", name)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"{name}: 2 hosts · 1 model\n"
    text = (folder / name).read_text(encoding="utf-8")
    assert text.startswith("<svg" if name.endswith("svg") else "<!DOCTYPE html>")


def test_a_name_that_says_nothing(run: Run, folder: Path) -> None:
    done = run("map", "fleet.fleet", "-o", "fleet.png")
    assert (done.returncode, done.stdout) == (2, "")
    assert '"fleet.png" is neither .svg nor .html' in done.stderr
    assert not (folder / "fleet.png").exists()
    assert run("map", "fleet.fleet", "-o", "fleet.png", "--format", "svg").returncode == 0


def test_a_fleet_that_cannot_be_read(run: Run, folder: Path) -> None:
    (folder / "bad.fleet").write_text("fleet 1\nhost {\n")
    done = run("map", "bad.fleet", "-o", "bad.svg")
    assert done.returncode == 1
    assert "error[" in done.stderr
    assert not (folder / "bad.svg").exists()


def test_what_does_not_fit_is_drawn_all_the_same(run: Run, folder: Path) -> None:
    small = FLEET.replace("host box {}", "host box {\n    gpus = [tiny]\n}").replace(
        "fleet 1\n", "fleet 1\ngpu tiny {\n    vendor = nvidia\n    vram = 2GiB\n}\n"
    )
    small = small.replace("backend = cpu", "backend = cuda")
    too_much = small.replace("    ctx-size = 4096\n", "    vram = 3GiB\n")
    (folder / "large.fleet").write_text(too_much)
    assert run("check", "large.fleet").returncode == 1
    done = run("map", "large.fleet")
    assert done.returncode == 0
    assert "1 GiB too much" in done.stdout


def test_a_place_that_cannot_be_written(run: Run) -> None:
    done = run("map", "fleet.fleet", "-o", "none/fleet.svg")
    assert done.returncode == 3
    assert 'cannot write "none/fleet.svg"' in done.stderr
