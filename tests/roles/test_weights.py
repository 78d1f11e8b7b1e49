"""The weights role's scripts against a local Hub, with the real client."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from llamafleet.fleet.model import Gguf
from llamafleet.targets.plan_types import GgufPlan
from llamafleet_roles.gguf_files.download import transfer_files
from llamafleet_roles.gguf_files.facts import (
    FILES,
    GgufFiles,
    WeightsState,
    path_key,
    weights_source,
)
from tests.lab.hub import Hub, running_hub
from tests.roles.machine import ORIGIN

CONTENT = b"GGUF" + bytes(200_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class WeightsFolder:
    """A folder that stands for a host's disk, and a Hub."""

    folder: Path
    endpoint: str

    @property
    def path(self) -> Path:
        return self.folder / "models" / "owner" / "repo" / "a.gguf"

    @property
    def store(self) -> Path:
        return self.folder / "models" / ".store"

    @property
    def memory(self) -> Path:
        return self.folder / "memory"

    def download(self, **changed: object) -> subprocess.CompletedProcess[str]:
        """Run the transfer as its unit would."""
        work = self.folder / "work"
        for name, text in transfer_files().items():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_text(text)
        job = {
            "label": "weights a",
            "repo": "owner/repo",
            "file": "a.gguf",
            "revision": "main",
            "sha256": None,
            "size": None,
            "path": str(self.path),
            "store": str(self.store),
            "record": str(self.memory / path_key(str(self.path))),
            "before": str(self.path),
            "endpoint": self.endpoint,
        }
        (work / "job.json").write_text(json.dumps(job | changed))
        done = subprocess.run(
            [sys.executable, "-m", "transfer", work],
            cwd=work,
            capture_output=True,
            text=True,
            env={**os.environ, "HF_HOME": str(work / "home")},
        )
        assert (work / "status").read_text() == f"{done.returncode}\n"
        assert "Traceback" not in done.stdout + done.stderr
        return done

    def observe(self) -> WeightsState:
        """Return the output of the probe, with the folder of records replaced."""
        fact = GgufFiles()
        command = fact.command(paths=(str(self.path),), store=str(self.store))
        command = command.replace("/var/lib/llamafleet/weights", str(self.memory))
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
        seen = fact.process(done.stdout.splitlines())
        assert seen is not None
        return seen


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[WeightsFolder]:
    tree = tmp_path / "hub" / "owner" / "repo"
    tree.mkdir(parents=True)
    (tree / "a.gguf").write_bytes(CONTENT)
    hub = Hub()
    hub.add_tree(tmp_path / "hub")
    with running_hub(hub) as endpoint:
        (tmp_path / "disk").mkdir()
        yield WeightsFolder(tmp_path / "disk", endpoint)


def gguf(**changed: object) -> Gguf:
    values = {
        "name": "a",
        "path": None,
        "repo": "owner/repo",
        "file": "a.gguf",
        "revision": "main",
        "sha256": None,
        "size": None,
        "origin": ORIGIN,
    }
    return Gguf(**(values | changed))  # type: ignore[arg-type]


def test_a_download_is_put_in_place_and_remembered(disk: WeightsFolder) -> None:
    done = disk.download(sha256=SHA256)
    assert done.returncode == 0, done.stdout + done.stderr
    assert disk.path.read_bytes() == CONTENT
    assert [path.name for path in disk.path.parent.iterdir()] == ["a.gguf"]
    assert disk.path.samefile(disk.store / SHA256)
    assert {path.name for path in disk.store.iterdir()} == {SHA256, f"{SHA256}.pieces"}
    seen = disk.observe()
    assert seen.stored == {SHA256}
    assert (seen.free or 0) > 0
    assert seen.verified(str(disk.path), gguf(sha256=SHA256))
    assert seen.verified(str(disk.path), gguf())
    assert not seen.verified(str(disk.path), gguf(sha256="0" * 64))
    assert not seen.verified(str(disk.path), gguf(revision="other"))
    assert seen.verified(str(disk.path), gguf(revision="other", sha256=SHA256))


def test_a_file_that_was_touched_is_not_trusted(disk: WeightsFolder) -> None:
    disk.download()
    os.utime(disk.path, (1, 1))
    assert not disk.observe().verified(str(disk.path), gguf())


def test_a_file_that_is_there_and_right_is_not_downloaded_again(disk: WeightsFolder) -> None:
    disk.path.parent.mkdir(parents=True)
    disk.path.write_bytes(CONTENT)
    done = disk.download(endpoint="http://127.0.0.1:9", sha256=SHA256)
    assert done.returncode == 0, done.stdout
    assert disk.observe().verified(str(disk.path), gguf(sha256=SHA256))


def test_a_wrong_file_is_replaced(disk: WeightsFolder) -> None:
    disk.path.parent.mkdir(parents=True)
    disk.path.write_bytes(b"half of it")
    assert disk.download().returncode == 0
    assert disk.path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sha256": "0" * 64}, "but the fleet file says"),
        ({"size": 1}, f"has {len(CONTENT)} bytes, but the fleet file says 1"),
        ({"file": "b.gguf"}, "owner/repo has no file b.gguf at main"),
        ({"repo": "owner/nothing"}, "repository owner/nothing does not exist or is private"),
        ({"revision": "v9"}, "has no revision v9"),
        ({"endpoint": "http://127.0.0.1:9"}, "weights a: "),
    ],
)
def test_what_cannot_be_had_is_said_in_a_line(
    disk: WeightsFolder, changed: dict[str, object], message: str
) -> None:
    done = disk.download(**changed)
    assert done.returncode == 1
    assert message in done.stdout
    assert not disk.path.exists()


def test_two_memories_never_mix() -> None:
    assert path_key("/a") != path_key("/b")
    assert weights_source(gguf()) == "owner/repo@main:a.gguf"


def verified_at(disk: WeightsFolder, path: Path, source: str = "owner/repo@main:a.gguf") -> None:
    """Weights at another path, as an earlier rollout has left them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(CONTENT)
    path.chmod(0o644)  # whatever the umask: Debian's users have one that lets their group write
    disk.memory.mkdir(exist_ok=True)
    state = path.stat()
    note = f"{state.st_size} {int(state.st_mtime)} {SHA256} {source}\n{path}\n"
    (disk.memory / path_key(str(path))).write_text(note)


def test_bytes_that_are_there_under_another_path_are_not_downloaded_again(
    disk: WeightsFolder,
) -> None:
    old = disk.folder / "models" / "owner" / "repo@0123456789ab" / "a.gguf"
    verified_at(disk, old)
    done = disk.download(endpoint="http://127.0.0.1:9", sha256=SHA256)
    assert done.returncode == 0, done.stdout
    assert f"== reused {old}" in done.stdout
    assert disk.path.samefile(old)
    assert disk.observe().verified(str(disk.path), gguf(sha256=SHA256))
    assert [path.name for path in disk.path.parent.iterdir()] == ["a.gguf"]


def test_a_note_of_an_earlier_release_is_found_by_the_usual_path(disk: WeightsFolder) -> None:
    old = disk.folder / "models" / "owner" / "usual" / "a.gguf"
    verified_at(disk, old)
    note = disk.memory / path_key(str(old))
    note.write_text(note.read_text().splitlines()[0] + "\n")
    done = disk.download(endpoint="http://127.0.0.1:9", sha256=SHA256, before=str(old))
    assert done.returncode == 0, done.stdout
    assert disk.path.samefile(old)


@pytest.mark.parametrize("doubt", ["touched", "writable", "gone", "other"])
def test_what_may_have_changed_since_is_downloaded(disk: WeightsFolder, doubt: str) -> None:
    old = disk.folder / "elsewhere.gguf"
    verified_at(disk, old)
    match doubt:
        case "touched":
            os.utime(old, (1, 1))
        case "writable":
            old.chmod(0o666)
        case "gone":
            old.unlink()
        case "other":
            note = disk.memory / path_key(str(old))
            note.write_text(note.read_text().replace(SHA256, "0" * 64))
    done = disk.download(sha256=SHA256)
    assert done.returncode == 0, done.stdout
    assert "reused" not in done.stdout
    assert disk.path.read_bytes() == CONTENT


def test_what_a_killed_download_left_is_removed_and_does_not_count(disk: WeightsFolder) -> None:
    left = disk.path.with_name(".a.gguf.llamafleet-partial") / ".cache" / "x.incomplete"
    left.parent.mkdir(parents=True)
    left.write_bytes(bytes(150_000))
    done = disk.download()
    assert done.returncode == 0, done.stdout
    assert [path.name for path in disk.path.parent.iterdir()] == ["a.gguf"]


def test_another_revision_of_a_file_has_a_place_of_its_own() -> None:
    moved = GgufPlan(
        gguf(folder="owner/repo@v2"), "/models/owner/repo@v2/a.gguf", True, "/models/.store"
    )
    assert moved.usual_path == "/models/owner/repo/a.gguf"
    assert GgufPlan(gguf(), "/models/owner/repo/a.gguf", True, "/models/.store").usual_path == (
        "/models/owner/repo/a.gguf"
    )


def test_bytes_on_another_file_system_are_copied(disk: WeightsFolder) -> None:
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK) or memory.stat().st_dev == disk.folder.stat().st_dev:
        pytest.skip("needs a second file system at /dev/shm")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        old = Path(folder) / "a.gguf"
        verified_at(disk, old)
        done = disk.download(endpoint="http://127.0.0.1:9", sha256=SHA256)
        assert done.returncode == 0, done.stdout
        assert f"== copying {old}" in done.stdout
        assert disk.path.read_bytes() == CONTENT
        assert not disk.path.samefile(old)


def test_a_file_that_somebody_put_there_is_hashed_and_remembered(disk: WeightsFolder) -> None:
    path = disk.folder / "mine.gguf"
    path.write_bytes(CONTENT)
    key = path_key(str(path))
    words = ["sh", str(FILES / "verify.sh"), str(path)]
    began = time.monotonic()
    done = subprocess.run(
        [*words, SHA256, str(disk.memory), key, "here"], capture_output=True, text=True
    )
    # What reports every minute that it is still at work holds nothing open afterwards.
    assert time.monotonic() - began < 30
    assert done.returncode == 0, done.stderr
    first, second = (disk.memory / key).read_text().splitlines()
    assert first.endswith(f" {SHA256} here")
    assert second == str(path)
    done = subprocess.run(
        [*words, "0" * 64, str(disk.memory), key, "here"], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert f"{path} has SHA-256 {SHA256}, but the fleet file says 000" in done.stderr
