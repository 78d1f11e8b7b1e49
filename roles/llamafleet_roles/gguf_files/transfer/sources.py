"""Where the bytes of a file come from: the Hub, or the store of another host."""

from __future__ import annotations

import urllib.error
from collections.abc import Iterator
from email.message import Message
from typing import Protocol
from urllib.parse import quote, urljoin

from .job import Job
from .part import PIECE
from .ranges import SourceError, opened, origin_of, read_range
from .store import read_pieces

LONGEST_WAIT = 300
"""Seconds that a source may ask to be left alone; the rollout is run again after a longer time."""

MOST_REDIRECTS = 5

NEIGHBOUR_SILENCE = 5
"""Seconds in which another host answers, or is not there."""

WINDOW = 64
"""The most pieces of one request, 1 GiB: links of the Hub expire, and large answers are refused."""


class Source(Protocol):
    """A place that has the file."""

    @property
    def name(self) -> str:
        """Its origin, for messages."""
        ...

    @property
    def pieces(self) -> tuple[str, ...] | None:
        """The hashes of its pieces; None for the Hub, whose file is verified as a whole."""
        ...

    @property
    def connections(self) -> int:
        """The requests that it is sent at a time."""
        ...

    def window(self, first: int, last: int, size: int) -> Iterator[bytes]:
        """Yield the pieces `first` to `last` of a file of `size` bytes, each whole."""
        ...


def pieces_from(
    url: str, headers: dict[str, str], first: int, last: int, size: int
) -> Iterator[bytes]:
    """Yield whole pieces of one range; raise SourceError or HTTPError."""
    start, end = first * PIECE, min(size, (last + 1) * PIECE)
    wanted, buffer = min(PIECE, size - start), bytearray()
    with opened(url, {**headers, "Range": f"bytes={start}-{end - 1}"}) as answer:
        for data in read_range(answer, start, end, size):
            buffer += data
            while wanted and len(buffer) >= wanted:
                yield bytes(buffer[:wanted])
                del buffer[:wanted]
                start += wanted
                wanted = min(PIECE, end - start)


class Neighbour:
    """A host that has the file in its store and lets others read it."""

    connections = 2

    def __init__(self, url: str, size: int | None) -> None:
        self.url, self.name = url, origin_of(url)
        try:
            with opened(f"{url}.pieces", {}, silence=NEIGHBOUR_SILENCE) as answer:
                self.pieces = read_pieces(answer.read(8_000_000).decode("ascii", "replace"), size)
        except urllib.error.HTTPError as error:
            raise SourceError(f"answered {error.code}", final=True) from error
        if self.pieces is None:
            raise SourceError("has another file, or one that is not verified", final=True)

    def window(self, first: int, last: int, size: int) -> Iterator[bytes]:
        """Yield pieces; the token of the Hub is never sent here."""
        try:
            yield from pieces_from(self.url, {}, first, last, size)
        except urllib.error.HTTPError as error:
            raise SourceError(f"answered {error.code}", final=error.code < 500) from error


class HubFile:
    """The file on the Hub, or on a mirror that speaks its protocol."""

    pieces = None
    connections = 4

    def __init__(self, job: Job, token: str | None) -> None:
        self._job = job
        endpoint = (job.endpoint or "https://huggingface.co").rstrip("/")
        self.name = origin_of(endpoint)
        path = f"{quote(job.repo)}/resolve/{quote(job.revision, safe='')}/{quote(job.file)}"
        self._url = f"{endpoint}/{path}"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def window(self, first: int, last: int, size: int) -> Iterator[bytes]:
        """Yield pieces; each window asks the Hub for a link anew, for links expire."""
        link, headers = self._link(size)
        try:
            yield from pieces_from(link, headers, first, last, size)
        except urllib.error.HTTPError as error:
            if error.code in (401, 403, 404, 410) and not headers and link != self._url:
                raise SourceError("the link to the content has expired") from error
            raise self._explained(error) from error

    def _link(self, size: int) -> tuple[str, dict[str, str]]:
        """Return the address of the content, and the headers that may be sent there."""
        url, headers = self._url, self._headers
        for _ in range(MOST_REDIRECTS):
            try:
                with opened(url, {**headers, "Range": "bytes=0-0"}, follow=False):
                    return url, headers
            except urllib.error.HTTPError as error:
                location = error.headers.get("Location")
                if error.code not in (301, 302, 303, 307, 308) or not location:
                    raise self._explained(error) from error
                self._check(error.headers, size)
                url = urljoin(url, location)
                if origin_of(url) != self.name:
                    return url, {}
        raise SourceError("redirects in a circle", final=True)

    def _check(self, headers: Message, size: int) -> None:
        """Raise SourceError if the Hub now has other content than planned under this name."""
        sha256 = headers.get("X-Linked-Etag", "").strip('W/"')
        length = headers.get("X-Linked-Size", "")
        job = self._job
        if len(sha256) == 64 and job.sha256 not in (None, sha256):
            planned = "but the fleet file says"
            raise SourceError(
                f"{job.source} has SHA-256 {sha256}, {planned} {job.sha256}", final=True
            )
        if length.isdigit() and int(length) != size:
            raise SourceError(
                f"{job.source} has {length} bytes, but {size} are planned", final=True
            )

    def _explained(self, error: urllib.error.HTTPError) -> SourceError:
        """Return the answer in words; one of a link that has expired is worth another try."""
        job, code = self._job, error.headers.get("X-Error-Code", "")
        if error.code == 429 or (error.code == 503 and error.headers.get("Retry-After")):
            return _busy(self.name, error)
        if code == "GatedRepo":
            asked = "its terms are not accepted" if self._headers else "it needs a token"
            return SourceError(
                f"{job.repo} is gated and {asked}: accept its terms on the Hub, and set HF_TOKEN "
                "(hf_token in the inventory's data)", final=True)  # fmt: skip
        if code == "RepoNotFound" or error.code in (401, 403):
            return SourceError(
                f"repository {job.repo} does not exist or is private: check hf-repo, or set "
                "HF_TOKEN (hf_token in the inventory's data)", final=True)  # fmt: skip
        if code == "RevisionNotFound":
            return SourceError(f"{job.repo} has no revision {job.revision}", final=True)
        if error.code == 404:
            message = f"{job.repo} has no file {job.file} at {job.revision}"
            return SourceError(f"{message}: check hf-file, or run llamafleet lock", final=True)
        return SourceError(f"answered {error.code}", final=400 <= error.code < 500)


def _busy(name: str, error: urllib.error.HTTPError) -> SourceError:
    text = error.headers.get("Retry-After") or ""
    wait = int(text) if text.isdigit() else 30
    if wait > LONGEST_WAIT:
        return SourceError(f"wants no request for {wait} s: run this again then", final=True)
    return SourceError(f"is busy, and wants {wait} s", wait=wait)
