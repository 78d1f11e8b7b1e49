"""Turn what is unreleased into a release: the version, the changelog's section, the tag in docs.

    python tools/release.py 0.2.0

Files are changed and nothing else: RELEASING.md says what comes before and after.
"""

from __future__ import annotations

import datetime
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")
DECLARED = re.compile(r'(?m)^version = "([^"]+)"$')
TAG = re.compile(r"(?m)^( *rev: )v\S+$")
SECTION = re.compile(r"(?m)^## ([0-9.]+) \(([0-9]{4}-[0-9]{2}-[0-9]{2})\)$")
UNRELEASED = "## Unreleased\n"


class ReleaseError(Exception):
    """The release cannot be made; the message says why and what to do."""


def number(version: str) -> tuple[int, ...]:
    """Return `0.2.0` as numbers; raises ReleaseError where it is no such version."""
    match = VERSION.fullmatch(version)
    if match is None:
        raise ReleaseError(f"{version!r} is not a version: expected three numbers such as 0.2.0")
    return tuple(int(each) for each in match.groups())


def released(changelog: str) -> list[tuple[int, ...]]:
    """Return the versions that have a section in the changelog, as they stand there."""
    return [number(version) for version, _ in SECTION.findall(changelog)]


def changelog_with(changelog: str, version: str, day: datetime.date) -> str:
    """Return the changelog with its unreleased part as the section of a version."""
    wanted = number(version)
    newest = max(released(changelog), default=None)
    if newest is not None and wanted <= newest:
        shown = ".".join(map(str, newest))
        raise ReleaseError(f"{shown} is already released: the next version must be newer")
    before, heading, after = changelog.partition(UNRELEASED)
    section = after.partition("\n## ")[0].strip()
    if not heading or not section:
        raise ReleaseError("CHANGELOG.md has no entries under `## Unreleased`")
    return f"{before}{UNRELEASED}\n## {version} ({day})\n{after}"


def main() -> int:
    """Change the files, or say on stderr why not; 2 on wrong usage, 1 on a wrong version."""
    if len(sys.argv) != 2:
        print("usage: python tools/release.py VERSION", file=sys.stderr)
        return 2
    version = sys.argv[1]
    files = [ROOT / "pyproject.toml", ROOT / "docs" / "ci.md", ROOT / "CHANGELOG.md"]
    project, page, changelog = (each.read_text(encoding="utf-8") for each in files)
    try:
        texts = [
            DECLARED.sub(f'version = "{version}"', project, count=1),
            TAG.sub(rf"\g<1>v{version}", page),
            changelog_with(changelog, version, datetime.datetime.now(datetime.UTC).date()),
        ]
    except ReleaseError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
        print(file.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
