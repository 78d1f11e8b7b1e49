"""A copy of the tree to change, and the product run in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Tree:
    """A copy of the project in which a drill may change anything."""

    root: Path

    def read(self, path: str) -> str:
        """Return the text of a file."""
        return (self.root / path).read_text(encoding="utf-8")

    def write(self, path: str, text: str) -> Path:
        """Write a file, making its folder, and return where it is."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace a text that must occur exactly once in a file."""
        text = self.read(path)
        assert text.count(old) == 1, f"{path} has {text.count(old)} times: {old!r}"
        self.write(path, text.replace(old, new))

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `python COMMAND...` in the copy, on the copy's own packages."""
        paths = f"{self.root / 'dsl'}{os.pathsep}{self.root}"
        # What is compiled here is never written: a file changed twice a second would be missed.
        settings = {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
        return subprocess.run(
            [sys.executable, *command],
            cwd=self.root,
            env={**os.environ, **settings, **environment},
            capture_output=True,
            text=True,
            timeout=300,
        )

    def llamafleet(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run the copy's `llamafleet COMMAND...`."""
        return self.run("-m", "llamafleet", *command)

    def pytest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run tests of the copy."""
        return self.run("-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Copy all tracked files; symlinks stay symlinks, and nothing is shared with the project."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    root = tmp_path / "tree"
    made: set[Path] = set()
    for name in os.fsdecode(listed.stdout).rstrip("\0").split("\0"):
        source, target = ROOT / name, root / name
        if target.parent not in made:
            target.parent.mkdir(parents=True, exist_ok=True)
            made.add(target.parent)
        if source.is_symlink():
            target.symlink_to(source.readlink())
        elif source.is_file():
            shutil.copy(source, target)
    return Tree(root)
