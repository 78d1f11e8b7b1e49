"""The wheel has all of the product, and needs PyYAML alone for what asks no host."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import FLEET
from tests.lab.tiny_gguf import write_tiny_gguf
from tests.product.conftest import ROOT, Environment, done, run

SWAP = """\
models:
  chat:
    cmd: llama-server --port ${PORT} -m /models/chat.gguf -c 4096
"""


def tracked(folder: str) -> set[str]:
    """Return what git knows of a folder, relative to it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = listed.stdout.rstrip("\0").split("\0")
    return {name.removeprefix(f"{folder}/") for name in names}


@pytest.mark.parametrize(
    ("folder", "package"),
    [
        ("dsl/llamafleet", "llamafleet"),
        ("roles/llamafleet_roles", "llamafleet_roles"),
        ("tests/verify", "llamafleet_verify"),
    ],
)
def test_every_file_of_the_product_is_in_the_wheel(wheel: Path, folder: str, package: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    packed = {each.removeprefix(f"{package}/") for each in names if each.startswith(f"{package}/")}
    assert packed == tracked(folder)


def test_a_wheel_of_the_source_archive_is_the_same(dist: Path, wheel: Path, tmp_path: Path) -> None:
    (archive,) = dist.glob("*.tar.gz")
    shutil.unpack_archive(archive, tmp_path)
    (folder,) = tmp_path.iterdir()
    build = "from setuptools import build_meta; build_meta.build_wheel('.')"
    done(sys.executable, "-c", build, folder=folder)
    (again,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(again) as second:
        assert {each.filename: each.CRC for each in first.infolist() if _code(each.filename)} == {
            each.filename: each.CRC for each in second.infolist() if _code(each.filename)
        }


def _code(name: str) -> bool:
    return ".dist-info/" not in name


def test_all_that_asks_no_host_works_on_pyyaml_alone(core: Environment, tmp_path: Path) -> None:
    program = core.program("llamafleet")
    assert "llama-swap: v" in done(program, "--version", folder=tmp_path)
    done(program, "init", "site", folder=tmp_path)
    site = tmp_path / "site"
    done(program, "check", "--strict", "fleet.fleet", folder=site)
    done(program, "fmt", "--check", "fleet.fleet", folder=site)
    done(program, "render", "fleet.fleet", "-o", "rendered", folder=site)
    assert list(site.glob("rendered/workstation/etc/**/main.yaml"))
    done(program, "map", "fleet.fleet", "-o", "fleet.svg", folder=site)
    assert (site / "fleet.svg").read_text().startswith("<svg")
    assert "ctx-size" in done(program, "explain", "model.ctx-size", folder=site)
    schemas = (ROOT / "dsl" / "llamafleet" / "schemas").glob("*.schema.json")
    listed = [line.split()[0] for line in done(program, "schema", folder=site).splitlines()]
    assert listed == sorted(each.name.removesuffix(".schema.json") for each in schemas)
    for name in ("plan", "lock"):
        printed = json.loads(done(program, "schema", name, folder=site))
        assert printed["$id"] == f"urn:llamafleet:{name}:1"
    (tmp_path / "swap.yaml").write_text(SWAP)
    done(program, "check", "swap.yaml", folder=tmp_path)
    assert "model chat" in done(program, "import", "swap.yaml", "--verify", folder=tmp_path)
    write_tiny_gguf(tmp_path / "tiny.gguf", seed=1, name="tiny")
    assert "KV" in done(program, "memory", "tiny.gguf", "-c", "4096", folder=tmp_path)


@pytest.mark.parametrize(
    ("command", "extra"),
    [(("lock", "fleet.fleet"), "lock"), (("verify", "fleet.fleet"), "verify"), (("lsp",), "lsp")],
)
def test_a_command_without_its_extra_names_it(
    core: Environment, tmp_path: Path, command: tuple[str, ...], extra: str
) -> None:
    (tmp_path / "fleet.fleet").write_text(FLEET)
    ended = run(core.program("llamafleet"), *command, folder=tmp_path)
    assert ended.returncode == 3
    assert f"pip install 'llamafleet[{extra}]'" in ended.stderr
    assert "Traceback" not in ended.stderr
