"""A release is made as RELEASING.md says, and the version is the same wherever it is named."""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.product.conftest import ROOT, done
from tools.release import SECTION, TAG, ReleaseError, changelog_with, released

VERSION: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
STEPS = re.findall(r"(?m)^ *```sh\n((?:.*\n)*?) *```", (ROOT / "RELEASING.md").read_text())
DAY = datetime.date(2026, 12, 1)


def test_pre_commit_is_shown_the_tag_of_this_version() -> None:
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    assert [match[0].strip() for match in TAG.finditer(page)] == [f"rev: v{VERSION}"]


def test_sections_of_the_changelog_are_dated_and_descend() -> None:
    headings = re.findall(r"(?m)^## .*$", CHANGELOG)
    assert headings[0] == "## Unreleased"
    assert all(SECTION.fullmatch(each) for each in headings[1:])
    assert released(CHANGELOG) == sorted(set(released(CHANGELOG)), reverse=True)
    days = [datetime.date.fromisoformat(day) for _, day in SECTION.findall(CHANGELOG)]
    assert days == sorted(days, reverse=True)


def test_the_lines_of_the_page_make_a_release(source: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    done("cp", "-a", source, copy, folder=tmp_path)
    (copy / "CHANGELOG.md").write_text(
        CHANGELOG.replace("## Unreleased\n", "## Unreleased\n\n- A.\n")
    )
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org")
    done("git", "init", "--quiet", ".", folder=copy)
    done("git", "add", "--all", folder=copy)
    done(*git, "commit", "--quiet", "--message", "Begin", folder=copy)
    (lines,) = (each for each in STEPS if "tools/release.py" in each)
    version = re.findall(r"version=(\S+)", lines)[0]
    identity = {
        f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    python = f"set -eu\npython() {{ '{sys.executable}' \"$@\"; }}\n"
    done("bash", "-c", python + lines, folder=copy, **identity)
    assert done("git", "describe", folder=copy).strip() == f"v{version}"
    assert done("git", "status", "--porcelain", folder=copy) == ""
    today = datetime.datetime.now(datetime.UTC).date()
    text = (copy / "CHANGELOG.md").read_text()
    assert re.search(rf"## Unreleased\n\n## {re.escape(version)} \({today}\)\n\n- A\.\n", text)
    assert f"rev: v{version}\n" in (copy / "docs" / "ci.md").read_text()
    (wheel,) = (copy / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"llamafleet-{version}.dist-info/METADATA").decode()
    assert f"\nVersion: {version}\n" in metadata
    assert [each.name for each in (copy / "dist").glob("*.tar.gz")] == [
        f"llamafleet-{version}.tar.gz"
    ]


@pytest.mark.parametrize(
    ("changelog", "version", "said"),
    [
        ("# C\n\n## Unreleased\n\n- A.\n", "1.0", "three numbers"),
        ("# C\n\n## Unreleased\n\n- A.\n", "1.0.0rc1", "three numbers"),
        ("# C\n\n## Unreleased\n\n## 0.1.0 (2026-01-01)\n\n- A.\n", "0.2.0", "no entries under"),
        ("# C\n\n## 0.1.0 (2026-01-01)\n\n- A.\n", "0.2.0", "no entries under"),
        ("# C\n\n## Unreleased\n\n- B.\n\n## 0.2.0 (2026-01-01)\n", "0.2.0", "already released"),
        (
            "# C\n\n## Unreleased\n\n- B.\n\n## 0.10.0 (2026-01-01)\n",
            "0.9.0",
            "0.10.0 is already released",
        ),
    ],
)
def test_a_release_that_cannot_be_is_refused(changelog: str, version: str, said: str) -> None:
    with pytest.raises(ReleaseError, match=said):
        changelog_with(changelog, version, DAY)


def test_a_refused_release_changes_nothing(source: Path) -> None:
    before = {name: (source / name).read_text() for name in ("pyproject.toml", "CHANGELOG.md")}
    ended = subprocess.run(
        [sys.executable, "tools/release.py", "next"], cwd=source, capture_output=True, text=True
    )
    assert ended.returncode == 1
    assert "not a version" in ended.stderr
    assert before == {name: (source / name).read_text() for name in before}
