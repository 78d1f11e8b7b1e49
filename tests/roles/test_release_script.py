"""release.sh, run for real with archives whose llama-server is a script."""

from __future__ import annotations

import os
import subprocess
import tarfile
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import pytest

from llamafleet.fleet.model import Asset
from llamafleet.targets.fingerprint import inputs_of, manifest_text, read_inputs
from llamafleet_roles.llama_cpp.job import BuildJob
from llamafleet_roles.llama_cpp.release import archives_for
from llamafleet_roles.llama_cpp.steps import script_command
from tests.roles.test_build_scripts import SETPRIV
from tests.roles.test_downloads import BUILD
from tests.roles.test_pure import FACTS, PLAN

SERVER = """#!/bin/sh
here=$(dirname "$0")
case $1 in
--version) echo "version: 11347" ;;
--list-devices)
    echo "Available devices:"
    [ ! -e "$here/libcudart.so.12" ] || echo "  CUDA0: Tesla P40 (24445 MiB, 24000 MiB free)"
    ;;
esac
"""


@dataclass
class Release:
    """A work folder with archives, as the controller uploads them."""

    folder: Path

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def final(self) -> Path:
        return self.folder / "llama.cpp" / "main-0123456789ab"

    def archive(self, number: int, files: dict[str, str], links: dict[str, str]) -> None:
        self.work.mkdir(exist_ok=True)
        with tarfile.open(self.work / f"archive-{number}.tar.gz", "w:gz") as archive:
            for name, text in files.items():
                entry = tarfile.TarInfo(f"llama-b11347/{name}")
                entry.size, entry.mode = len(text), 0o755
                archive.addfile(entry, BytesIO(text.encode()))
            for name, target in links.items():
                entry = tarfile.TarInfo(f"llama-b11347/{name}")
                entry.type, entry.linkname = tarfile.SYMTYPE, target
                archive.addfile(entry)

    def install(self, device: str = "") -> subprocess.CompletedProcess[str]:
        binaries = self.folder / "bin"
        binaries.mkdir(exist_ok=True)
        for name, text in (("sync", "#!/bin/sh\n"), ("setpriv", SETPRIV)):
            (binaries / name).write_text(text)
            (binaries / name).chmod(0o755)
        words = (str(self.work), str(self.final), device, "nobody", "video,render,no-such")
        return subprocess.run(
            ["sh", "-c", script_command("release.sh", *words)],
            input=manifest_text(released().inputs, released().made()),
            capture_output=True,
            text=True,
            env={**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}"},
        )


def released() -> BuildJob:
    assets = tuple(
        Asset(machine, f"{name}.tar.gz", "https://h/x", digest * 64, 1)
        for machine, name, digest in (("x86_64", "a", "1"), ("x86_64", "b", "2"), ("arm", "c", "3"))
    )
    build = replace(BUILD, kind="release", backend="cuda", assets=assets, sha256=None)
    plan = replace(PLAN, build=build)
    return BuildJob(plan, inputs_of(plan, **FACTS), fleet_host="box")


@pytest.fixture
def release(tmp_path: Path) -> Release:
    found = Release(tmp_path)
    files = {"llama-server": SERVER, "libggml-cuda.so": "plain GLIBC_2.2 GLIBC_2.17", "LICENSE": ""}
    found.archive(0, files, {"libggml.so": "libggml-cuda.so"})
    found.archive(1, {"libcudart.so.12": "x", "LICENSE": "other"}, {})
    return found


def test_archives_are_laid_beside_each_other_and_listed(release: Release) -> None:
    done = release.install("CUDA")
    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in release.final.iterdir())
    assert names == [
        "LICENSE", "SHA256SUMS", "libcudart.so.12", "libggml-cuda.so", "libggml.so",
        "llama-server", "manifest.json",
    ]  # fmt: skip
    assert read_inputs((release.final / "manifest.json").read_text()) == released().inputs
    command = ["sha256sum", "-c", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(command, cwd=release.final).returncode == 0


def test_without_the_archive_of_cudart_nothing_is_installed(release: Release) -> None:
    (release.work / "archive-1.tar.gz").unlink()
    done = release.install("CUDA")
    assert done.returncode != 0
    assert "names no CUDA card" in done.stderr
    assert "Available devices:" in done.stderr
    assert list(release.final.parent.iterdir()) == []


def test_a_host_whose_glibc_is_too_old_is_told(release: Release) -> None:
    release.archive(0, {"llama-server": SERVER, "libx.so": "GLIBC_2.9 GLIBC_2.99 GLIBC_2.4"}, {})
    done = release.install()
    assert done.returncode != 0
    assert "needs glibc 2.99, and this host has 2." in done.stderr
    assert list(release.final.parent.iterdir()) == []


@pytest.mark.parametrize("how", ["link", "truncated", "nothing", "crash"])
def test_a_bad_archive_leaves_nothing(release: Release, how: str) -> None:
    match how:
        case "link":
            release.archive(1, {}, {"libevil.so": "/etc/shadow"})
        case "truncated":
            path = release.work / "archive-1.tar.gz"
            path.write_bytes(path.read_bytes()[:40])
        case "nothing":
            release.archive(0, {"README": ""}, {})
        case _:
            release.archive(0, {"llama-server": "#!/bin/sh\necho no libssl >&2\nexit 127\n"}, {})
    done = release.install("CUDA")
    assert done.returncode != 0
    assert done.stderr
    assert not release.final.exists()
    assert list(release.final.parent.glob(".*")) == []


def test_a_release_is_known_by_the_digests_of_its_archives_for_a_machine() -> None:
    job = released()
    assert [each.file for each in archives_for(job)] == ["a.tar.gz", "b.tar.gz"]
    assert job.inputs.source == f"{'1' * 64} {'2' * 64}"
    assert job.inputs.compiler == ""
