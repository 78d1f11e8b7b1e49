"""`llamafleet init`: the files of a site of one's own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from .about import version
from .terminal import counted, say

USAGE = 2

FILES: Mapping[str, str] = {
    "fleet.fleet": "fleet.fleet",
    "hosts.py": "hosts.py",
    "deploy.py": "deploy.py",
    "deploys/prove.py": "prove.py",
    "deploys/calibrate.py": "calibrate.py",
    "deploys/facts.py": "facts.py",
    "group_data/all.py": "group_data.py",
    ".github/workflows/check.yml": "workflow.yml",
    ".pre-commit-config.yaml": "pre-commit.yaml",
    ".gitignore": "gitignore",
    "README.md": "README.md",
}
"""Each file of a site, and its template in `new_site/`."""


def init(directory: str) -> int:
    """Write a new site; 2, and nothing written, where one of its files is there already."""
    folder = Path(directory)
    if any(each.exists() and not each.is_dir() for each in (folder, *folder.parents)):
        say(f'"{folder}" is not a directory')
        return USAGE
    there = [name for name in FILES if os.path.lexists(folder / name)]
    if there:
        say(f'"{folder}" already has {", ".join(there)}: nothing was written')
        say("name another directory, or move these away")
        return USAGE
    templates = files("llamafleet") / "new_site"
    for name, template in FILES.items():
        text = (templates / template).read_text(encoding="utf-8")
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # "x": a file that somebody else puts there meanwhile is not replaced.
        with path.open("x", encoding="utf-8") as file:
            file.write(text.replace("@version@", version()))
    _conclude(folder)
    return 0


def _conclude(folder: Path) -> None:
    print(f"{folder}: {counted(len(FILES), 'file')}", file=sys.stderr)
    print("put your machines into fleet.fleet, then:", file=sys.stderr)
    if folder.resolve() != Path.cwd():
        print(f"  cd {_quoted(folder)}", file=sys.stderr)
    print("  llamafleet check fleet.fleet", file=sys.stderr)


def _quoted(folder: Path) -> str:
    import shlex

    return shlex.quote(str(folder))
