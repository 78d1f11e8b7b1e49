"""The wheel, built from what is tracked, and a fresh environment in which it alone is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import files as files_of
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CONFIGURATION = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")


def run(*command: str | Path, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder, without what leads Python into this clone."""
    environment = {key: value for key, value in os.environ.items() if key not in CONFIGURATION}
    return subprocess.run(
        [str(each) for each in command],
        cwd=folder,
        env={**environment, "NO_COLOR": "1", **more},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=1800,
    )


def done(*command: str | Path, folder: Path, **more: str) -> str:
    """Run a program that must succeed, and return what it printed."""
    ended = run(*command, folder=folder, **more)
    assert ended.returncode == 0, f"{command}: {ended.stdout[-6000:]}\n{ended.stderr[-6000:]}"
    return ended.stdout


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment."""

    folder: Path

    def program(self, name: str) -> Path:
        """Return the path of a program that is installed in it."""
        return self.folder / "bin" / name

    def packages(self) -> Path:
        """Return where its packages are."""
        (found,) = (self.folder / "lib").glob("python*/site-packages")
        return found

    def pip(self, *arguments: str | Path) -> str:
        """Run its pip."""
        pip = ("-m", "pip", "--disable-pip-version-check")
        return done(self.program("python"), *pip, *arguments, folder=self.folder)


def make_environment(folder: Path) -> Environment:
    """Make a virtual environment with nothing in it but pip."""
    done(sys.executable, "-m", "venv", folder, folder=folder.parent)
    return Environment(folder)


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a clone has, and of nothing that a build has left behind."""
    listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = done(*listed, folder=ROOT).rstrip("\0").split("\0")
    folder = tmp_path_factory.mktemp("source")
    for name in names:
        original, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if original.is_symlink() or original.exists():
            shutil.copy(original, target, follow_symlinks=False)
    return folder


@pytest.fixture(scope="session")
def dist(source: Path) -> Path:
    """The folder with the wheel and the source archive, made as RELEASING.md says."""
    done(sys.executable, "tools/dist.py", folder=source)
    return source / "dist"


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    """The wheel."""
    (found,) = dist.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def core(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """llamafleet and PyYAML, and nothing else; PyYAML is a copy of this environment's own."""
    made = make_environment(tmp_path_factory.mktemp("core") / "venv")
    for each in files_of("PyYAML") or ():
        if ".." not in each.parts and each.suffix != ".pyc":
            target = made.packages() / each
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(each.locate()), target)
    made.pip("install", "--quiet", "--no-index", wheel)
    return made
