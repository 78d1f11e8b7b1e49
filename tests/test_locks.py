"""What is installed is known beforehand: every package has its version and hashes in a lock."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.newer import differences

ROOT = Path(__file__).parent.parent
OURS = "requirements.txt"
HOSTS = "roles/llamafleet_roles/gguf_files/files/requirements.txt"
LOCKS = (OURS, HOSTS, "tools/lock.txt")


def pins(lock: str) -> dict[str, list[tuple[Requirement, int]]]:
    """The packages of a lock: every version with its marker, and how many hashes it has."""
    text = re.sub(r"(?m)^ *#.*\n?", "", (ROOT / lock).read_text(encoding="utf-8"))
    found: dict[str, list[tuple[Requirement, int]]] = {}
    for entry in text.replace("\\\n", " ").splitlines():
        words, *hashes = re.split(r"\s+--hash=", entry.strip())
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes), entry
        read = Requirement(words)
        found.setdefault(canonicalize_name(read.name), []).append((read, len(hashes)))
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_one_version_and_hashes(lock: str) -> None:
    found = pins(lock)
    assert found
    for read, hashes in (each for entries in found.values() for each in entries):
        assert re.fullmatch(r"==[^*,]+", str(read.specifier)), read
        assert hashes, read


def wanted() -> list[Requirement]:
    """What pyproject.toml asks for: to build, to run, and of every extra."""
    read = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = read["project"]["optional-dependencies"].values()
    asked = [*read["build-system"]["requires"], *read["project"]["dependencies"]]
    asked += [each for extra in extras for each in extra]
    return [each for each in map(Requirement, asked) if each.name != "llamafleet"]


@pytest.mark.parametrize("each", wanted(), ids=str)
def test_the_lock_has_what_the_project_asks_for(each: Requirement) -> None:
    """The wheel has these ranges; the lock has one version of each."""
    entries = pins(OURS).get(canonicalize_name(each.name), [])
    assert entries, "make lock"
    for read, _ in entries:
        version = str(read.specifier).removeprefix("==")
        assert each.specifier.contains(version), f"{version} is locked: make lock"


@pytest.mark.parametrize("python", ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"])
def test_every_python_of_a_host_has_one_huggingface_hub(python: str) -> None:
    surroundings = {
        "python_version": python,
        "python_full_version": f"{python}.1",
        "sys_platform": "linux",
        "platform_machine": "x86_64",
    }
    for name in ("huggingface-hub", "pyyaml"):
        fit = [
            read
            for read, _ in pins(HOSTS)[name]
            if read.marker is None or read.marker.evaluate(surroundings)
        ]
        assert len(fit) == 1


def test_what_is_installed_here_fits_together() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_what_differs_from_a_lock_is_named() -> None:
    text = (ROOT / OURS).read_text(encoding="utf-8")
    other = re.sub(r"(?m)^pytest==\S+", "pytest==1.0", text)
    assert any(re.fullmatch(r"pytest: \S+, locked is 1\.0", each) for each in differences(other))
    assert any(each.startswith("pytest: ") for each in differences(""))
