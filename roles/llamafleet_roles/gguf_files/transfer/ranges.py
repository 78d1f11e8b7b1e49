"""Ranges of a file over HTTP, by Python's own client: proxies and certificates are the host's."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

SILENCE = 30
"""Seconds without a byte after which a connection is given up."""

_CHUNK = 1 << 18
_AGENT = "llamafleet"


class SourceError(Exception):
    """A source did not give what it was asked for; asking again may help.

    `wait` is how many seconds it wants to be left alone; `final` means that it will never answer.
    """

    def __init__(self, message: str, *, wait: float = 0, final: bool = False) -> None:
        super().__init__(message)
        self.wait, self.final = wait, final


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Leaves redirects to the caller, who knows what may be sent where."""

    def redirect_request(self, *_: object) -> None:
        """Follow nothing: the answer is an HTTPError with its Location."""


_FOLLOWING = urllib.request.build_opener()
_STAYING = urllib.request.build_opener(_NoRedirects)


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL: what may be printed of it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"


def opened(
    url: str, headers: Mapping[str, str], *, follow: bool = True, silence: float = SILENCE
) -> HTTPResponse:
    """Ask for a URL; raise SourceError or urllib's HTTPError, which the source explains.

    With `follow`, redirects are followed, so no secret may be among the headers.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise SourceError(f"leads to {origin_of(url)}, which is no address of the web", final=True)
    request = urllib.request.Request(url, headers={"User-Agent": _AGENT, **headers})
    try:
        opener = _FOLLOWING if follow else _STAYING
        answer: HTTPResponse = opener.open(request, timeout=silence)
        return answer
    except urllib.error.HTTPError:
        raise
    except (OSError, HTTPException, ValueError) as error:
        raise SourceError(_reason(error)) from error


def read_range(answer: HTTPResponse, start: int, end: int, size: int) -> Iterator[bytes]:
    """Yield the bytes `start` to `end` of a file of `size` bytes; raise SourceError otherwise.

    A server that ignores ranges sends the file from its beginning: what comes before is skipped.
    """
    skip = start - _begin(answer, start, end, size)
    left = end - start
    try:
        while left > 0:
            data = answer.read(_CHUNK)
            if not data:
                raise SourceError("the connection ended early")
            if skip:
                skipped = min(skip, len(data))
                skip, data = skip - skipped, data[skipped:]
            data = data[:left]
            left -= len(data)
            if data:
                yield data
    except (OSError, HTTPException) as error:
        raise SourceError(_reason(error)) from error


def _begin(answer: HTTPResponse, start: int, end: int, size: int) -> int:
    """Return the offset at which an answer begins."""
    if answer.status == 200:
        length = answer.headers.get("Content-Length")
        if length is not None and length != str(size):
            raise SourceError(f"has {length} bytes instead of {size}", final=True)
        return 0
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", answer.headers.get("Content-Range") or "")
    if answer.status != 206 or not found:
        raise SourceError(f"answered {answer.status} without a range")
    if found[3] not in ("*", str(size)):
        raise SourceError(f"has {found[3]} bytes instead of {size}", final=True)
    if int(found[1]) != start or int(found[2]) != end - 1:
        raise SourceError(f"sent bytes {found[1]} to {found[2]} instead of {start} to {end - 1}")
    return start


def _reason(error: BaseException) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return f"was silent for {SILENCE} s"
    return str(cause) or type(cause).__name__
