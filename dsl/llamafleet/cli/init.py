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
    "deploys/rollback.py": "rollback.py",
    "deploys/prune.py": "prune.py",
    "deploys/calibrate.py": "calibrate.py",
    "deploys/facts.py": "facts.py",
    "deploys/discover.py": "discover.py",
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
    texts = {name: _text(template) for name, template in FILES.items()}
    there = [name for name in texts if os.path.lexists(folder / name)]
    # What a run that died has written is no obstacle to the next.
    there = [name for name in there if not _holds(folder / name, texts[name])]
    if there:
        say(f'"{folder}" already has {", ".join(there)}: nothing was written')
        say("name another directory, or move these away")
        return USAGE
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # "x": a file that somebody else puts there meanwhile is not replaced.
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
    _conclude(folder)
    return 0


def _text(template: str) -> str:
    """Return a template with its version filled in."""
    text = (files("llamafleet") / "new_site" / template).read_text(encoding="utf-8")
    return text.replace("@version@", version())


def _holds(path: Path, text: str) -> bool:
    """Return True if a file has just this text."""
    return path.is_file() and path.read_bytes() == text.encode()


def _conclude(folder: Path) -> None:
    print(f"{folder}: {counted(len(FILES), 'file')}", file=sys.stderr)
    print("put your machines into fleet.fleet, then:", file=sys.stderr)
    if folder.resolve() != Path.cwd():
        print(f"  cd {_quoted(folder)}", file=sys.stderr)
    print("  llamafleet check fleet.fleet", file=sys.stderr)


def _quoted(folder: Path) -> str:
    import shlex

    return shlex.quote(str(folder))
