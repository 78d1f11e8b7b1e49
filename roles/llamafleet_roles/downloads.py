"""Downloads on the controller: resumed, retried and verified before they enter the cache."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
from tqdm import tqdm  # type: ignore[import-untyped]

from llamafleet.secrets.url import without_secrets
from llamafleet_roles import cache

ATTEMPTS = 5
_PAUSE = 0.5
_TIMEOUT = httpx.Timeout(30.0, connect=15.0)


class DownloadError(Exception):
    """A file could not be obtained; the message says which, why, and what can be done."""


def client() -> httpx.Client:
    """Return an HTTP client for large files: no limit on the total time."""
    # At INFO httpx logs URLs with their logins and signatures, and at DEBUG httpcore logs headers.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return httpx.Client(follow_redirects=True, timeout=_TIMEOUT)


def local_path(url: str) -> Path | None:
    """Return the file that a `file://` URL or a plain path names; None for other URLs."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return None if parts.scheme else Path(url).expanduser()


def obtain(url: str, sha256: str, what: str, say: Callable[[str], None]) -> Path:
    """Return the file with this SHA-256, from the cache or from `url`, which may be a local path.

    Raises DownloadError.
    """
    local = local_path(url)
    if local is not None:
        return _verified_local(local, sha256, what)
    path = cache.folder("sources") / sha256
    with cache.exclusive(sha256):
        if path.is_file() and cache.sha256_of(path) == sha256:
            return path
        say(f"downloading {what} from {urlsplit(url).hostname}")
        _download(url, path, sha256, what)
        return path


def _verified_local(path: Path, sha256: str, what: str) -> Path:
    if not path.is_file():
        raise DownloadError(f"{what}: {path} does not exist on this machine")
    found = cache.sha256_of(path)
    if found != sha256:
        raise DownloadError(f"{what}: {path} has SHA-256 {found}, but the fleet file says {sha256}")
    return path


def _download(url: str, path: Path, sha256: str, what: str) -> None:
    unfinished = path.with_name(f"{path.name}.part")
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _continue(url, unfinished, what)
            break
        except httpx.HTTPStatusError as error:
            status = error.response.status_code
            # Too many requests, or the server's own trouble: worth another try.
            if attempt == ATTEMPTS or not (status == 429 or status >= 500):
                raise DownloadError(
                    f"{what}: {without_secrets(url)} returned HTTP {status}"
                ) from error
        except (httpx.HTTPError, OSError) as error:
            if attempt == ATTEMPTS:
                reason = without_secrets(str(error)) or type(error).__name__
                kept = unfinished.exists() and unfinished.stat().st_size > 0
                rest = "; the partial download is kept for the next run" if kept else ""
                raise DownloadError(
                    f"{what}: could not download {without_secrets(url)}: {reason}{rest}"
                ) from error
        time.sleep(_PAUSE * 2**attempt)
    found = cache.sha256_of(unfinished)
    if found != sha256:
        unfinished.unlink()
        raise DownloadError(
            f"{what}: {without_secrets(url)} has SHA-256 {found}, but {sha256} was expected: "
            "either the file there has changed, or the expected value is wrong"
        )
    unfinished.replace(path)


def _continue(url: str, unfinished: Path, what: str) -> None:
    """Append the rest of a file; a server without range requests sends all of it again."""
    have = unfinished.stat().st_size if unfinished.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with client() as session, session.stream("GET", url, headers=headers) as answer:
        if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # all of it is here already; the hash decides
        answer.raise_for_status()
        resumed = answer.status_code == httpx.codes.PARTIAL_CONTENT
        size = int(answer.headers.get("Content-Length", 0)) + (have if resumed else 0)
        with (
            unfinished.open("ab" if resumed else "wb") as target,
            # disable=None shows no bar unless standard error is a terminal.
            tqdm(
                total=size or None,
                initial=have if resumed else 0,
                desc=what,
                unit="B",
                unit_scale=True,
                disable=None,
                leave=False,
            ) as bar,
        ):
            for chunk in answer.iter_bytes(1 << 16):
                target.write(chunk)
                bar.update(len(chunk))
