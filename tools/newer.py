"""Print which installed packages differ from a lock: `python tools/newer.py LOCK`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def differences(lock: str) -> Iterator[str]:
    """Yield a line for each package that is installed in another version than a locked one."""
    locked: dict[str, set[str]] = {}
    for name, version in PINNED.findall(lock):
        locked.setdefault(_normal(name), set()).add(version)
    for each in sorted(metadata.distributions(), key=lambda found: _normal(found.name)):
        name = _normal(each.name)
        if name not in locked and name not in ("llamafleet", "pip"):
            yield f"{name}: {each.version}, which no lock has"
        elif name in locked and each.version not in locked[name]:
            yield f"{name}: {each.version}, locked is {', '.join(sorted(locked[name]))}"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> None:
    """Print the differences, and how many there are."""
    found = list(differences(Path(sys.argv[1]).read_text(encoding="utf-8")))
    for line in found:
        print(f"newer: {line}")
    what = "1 package differs" if len(found) == 1 else f"{len(found) or 'no'} packages differ"
    print(f"{what} from {sys.argv[1]}")


if __name__ == "__main__":
    main()
