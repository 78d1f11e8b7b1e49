"""Asks the Hugging Face Hub: which files a repository has, and how their first bytes read.

The one module of the package that uses huggingface_hub: its sessions, retries, endpoint and token
(`HF_TOKEN`), which never goes to where files are redirected to.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from huggingface_hub import HfApi, errors, hf_hub_url
from huggingface_hub.utils import (  # type: ignore[attr-defined]
    build_hf_headers,
    http_stream_backoff,
)

from ..fleet.model import GgufFile
from ..gguf.facts import GgufFacts, facts_of
from ..gguf.header import Header
from ..gguf.problem import GgufError
from ..gguf.reading import read_header

TIMEOUT = 60.0
RETRIES = 3
T = TypeVar("T")

_TRANSPORT: type[Exception] = errors.HfHubHTTPError.__bases__[0]
"""What the HTTP library under huggingface_hub raises; which one that is, its version says."""


@dataclass(frozen=True, slots=True)
class HubError:
    """A request to the Hub that failed; the message says why."""

    message: str


@dataclass(frozen=True, slots=True)
class Repository:
    """The files of a repository at one commit."""

    name: str
    commit: str
    files: tuple[GgufFile, ...]


class _BrokenOff(Exception):  # noqa: N818 (never leaves the module)
    """An answer that is no part of the file."""


def endpoint() -> str:
    """Return the address of the Hub: `HF_ENDPOINT`, or huggingface.co."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def repository(name: str, revision: str) -> Repository | HubError:
    """Return a repository's commit and files at a branch, tag or commit, in one request."""
    api = HfApi(endpoint=endpoint())
    found = _asked(
        name,
        revision,
        lambda: api.model_info(name, revision=revision, files_metadata=True, timeout=TIMEOUT),
    )
    if isinstance(found, HubError):
        return found
    files = tuple(
        GgufFile(each.rfilename, each.size, each.lfs.sha256 if each.lfs else None)
        for each in found.siblings or ()
    )
    return Repository(name, found.sha or revision, files)


def remote_facts(name: str, commit: str, files: tuple[str, ...]) -> GgufFacts | HubError:
    """Return the GGUF facts of files on the Hub; fetches headers only, no weights."""
    headers: list[Header] = []
    for file in files:
        source = f"{name}/{file}"
        url = hf_hub_url(name, file, revision=commit, endpoint=endpoint())
        found = _asked(name, commit, partial(read_header, _fetch(url), source))
        if isinstance(found, HubError):
            return found
        if isinstance(found, GgufError):
            return HubError(str(found))
        headers.append(found)
    facts = facts_of(headers, f"{name}/{files[0]}")
    return HubError(str(facts)) if isinstance(facts, GgufError) else facts


def _fetch(url: str) -> Callable[[int, int], bytes]:
    """Reads a part of a file. Each asks the Hub again: an address may be signed for one range."""

    def fetch(start: int, end: int) -> bytes:
        headers = {
            **build_hf_headers(),
            "Range": f"bytes={start}-{end - 1}",
            "Accept-Encoding": "identity",
        }
        with _stream(url, headers) as (status, chunks):
            if status == 416:
                return b""
            if status not in (200, 206):
                raise _BrokenOff(f"it answers {status}")
            # Who does not know ranges sends everything: what comes before the start is dropped.
            return _part(chunks, start if status == 200 else 0, end - start)

    return fetch


@contextmanager
def _stream(url: str, headers: dict[str, str]) -> Iterator[tuple[int, Iterator[bytes]]]:
    with http_stream_backoff(
        "GET", url, headers=headers, max_retries=RETRIES, timeout=TIMEOUT, follow_redirects=True
    ) as answer:
        yield answer.status_code, answer.iter_bytes(1 << 18)


def _part(chunks: Iterator[bytes], skip: int, count: int) -> bytes:
    """So many bytes, and no more is read of what is offered."""
    found = bytearray()
    for chunk in chunks:
        found += chunk[skip:]
        skip = max(0, skip - len(chunk))
        if len(found) >= count:
            break
    return bytes(found[:count])


def _asked(name: str, revision: str, ask: Callable[[], T]) -> T | HubError:
    """An answer, or in words what came instead and what can be done."""
    try:
        return ask()
    except errors.GatedRepoError:
        return HubError(
            f"{name} is gated: accept its terms on {endpoint()}/{name}, and set HF_TOKEN"
        )
    except errors.RepositoryNotFoundError:
        return HubError(f"there is no repository {name}; if it is private, set HF_TOKEN")
    except errors.RevisionNotFoundError:
        return HubError(f'{name} has no revision "{revision}"')
    except errors.EntryNotFoundError:
        return HubError(f"a file of {name} no longer exists")
    except errors.OfflineModeIsEnabled:
        return HubError("the Hub must be asked, but HF_HUB_OFFLINE is set")
    except errors.HfHubHTTPError as error:
        status = getattr(error.response, "status_code", "an error")
        if status == 401:
            return HubError(f"{endpoint()} rejected the token in HF_TOKEN")
        return HubError(f"{endpoint()} answered {status} for {name}")
    except (_TRANSPORT, _BrokenOff, OSError, ValueError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        return HubError(f"cannot read {name} from {endpoint()}: {said}")
