"""The archives of a release of llama.cpp, with the digests that GitHub lists.

Names change between releases, so none is made from a tag: each is found in the release's own list.
A release `v0.x.y` has no archives but a file that names the build `bN` whose archives are its own
(llama.cpp, docs/release.md).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from ..fleet.model import Asset, Build
from ..secrets.url import without_secrets
from .model import LockedBuild, asked_of_build

REPOSITORY = "ggml-org/llama.cpp"
NIGHTLY = "nightly-tag.txt"
TIMEOUT = 30.0
MACHINES = {"x64": "x86_64", "arm64": "aarch64"}
FLAVOURS = {
    "cpu": r"",
    "cuda": r"cuda-(?P<version>[0-9.]+)-",
    "hip": r"rocm-(?P<version>[0-9.]+)-",
    "vulkan": r"vulkan-",
    "sycl": r"sycl-fp16-",
}
"""How the names of archives for each backend differ, between `ubuntu-` and the machine."""


class ReleaseError(Exception):
    """A release that cannot be used; the message says why."""


def locked_release(build: Build) -> LockedBuild | str:
    """Return the archives of a release for every machine that has them, or a problem."""
    try:
        with httpx.Client(follow_redirects=True, timeout=TIMEOUT, headers=_headers()) as session:
            tag, listed = _assets(session, build.ref)
        return LockedBuild(asked_of_build(build), tag=tag, assets=chosen(build, tag, listed))
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        return f"{without_secrets(str(error.request.url))} returned HTTP {status}{_why(status)}"
    except httpx.HTTPError as error:
        return f"could not ask {api()}: {without_secrets(str(error)) or type(error).__name__}"
    except ReleaseError as error:
        return str(error)


def api() -> str:
    """Return the address of GitHub's API: `LLAMAFLEET_GITHUB_API`, or GitHub's own."""
    return (os.environ.get("LLAMAFLEET_GITHUB_API") or "https://api.github.com").rstrip("/")


def _headers() -> dict[str, str]:
    """Return the headers of requests; a token raises GitHub's limit of 60 requests an hour."""
    token = os.environ.get("GITHUB_TOKEN")
    accepted = {"Accept": "application/vnd.github+json"}
    return {**accepted, "Authorization": f"Bearer {token}"} if token else accepted


def _why(status: int) -> str:
    if status in (403, 429):
        return ": its limit of requests is reached; wait an hour, or set GITHUB_TOKEN"
    return ": there is no such release" if status == 404 else ""


def _assets(session: httpx.Client, ref: str) -> tuple[str, Sequence[Mapping[str, Any]]]:
    listed = _release(session, ref)
    if ref.startswith("b"):
        return ref, listed
    nightly = next((each for each in listed if each.get("name") == NIGHTLY), None)
    if nightly is None:
        raise ReleaseError(
            f"{ref} has no {NIGHTLY}, which names its build: use a ref such as b11434"
        )
    answer = session.get(str(nightly["browser_download_url"]))
    answer.raise_for_status()
    tag = answer.text.strip()
    if not re.fullmatch(r"b[0-9]+", tag):
        raise ReleaseError(f"{NIGHTLY} of {ref} names no build: {tag[:40]!r}")
    return tag, _release(session, tag)


def _release(session: httpx.Client, tag: str) -> Sequence[Mapping[str, Any]]:
    answer = session.get(f"{api()}/repos/{REPOSITORY}/releases/tags/{tag}")
    answer.raise_for_status()
    try:
        assets = answer.json()["assets"]
    except (ValueError, KeyError, TypeError) as error:
        raise ReleaseError(f"unexpected answer of {api()} for {tag}") from error
    return [each for each in assets if isinstance(each, Mapping)]


def chosen(build: Build, tag: str, listed: Sequence[Mapping[str, Any]]) -> tuple[Asset, ...]:
    """Return the archives for a backend on every machine; raise ReleaseError if there is none.

    Of several toolkits it is the one of `toolkit`, else the newest. CUDA's run-time libraries are
    in an archive of their own, and without them a server would run on the CPU without a word.
    """
    flavour = FLAVOURS.get(build.backend)
    if flavour is None:
        raise ReleaseError(f"no release has archives for backend = {build.backend}: remove kind")
    found: list[Asset] = []
    for short, machine in MACHINES.items():
        pattern = re.compile(rf"llama-{re.escape(tag)}-bin-ubuntu-{flavour}{short}\.tar\.gz")
        named = {str(each.get("name")): each for each in listed}
        matches = [match for name in named if (match := pattern.fullmatch(name))]
        wanted = [match for match in matches if _is_wanted(match, build.toolkit)]
        if not wanted:
            continue
        best = max(wanted, key=_version)[0]
        names = [best] if build.backend != "cuda" else [best, f"cudart-{best}"]
        found += [_asset(machine, name, named) for name in names]
    if not found:
        there = ", ".join(sorted(str(each.get("name")) for each in listed)) or "none"
        toolkit = f" and toolkit = {build.toolkit}" if build.toolkit else ""
        raise ReleaseError(
            f"{tag} has no archive for backend = {build.backend}{toolkit}; its files are {there}"
        )
    return tuple(found)


def _is_wanted(match: re.Match[str], toolkit: str | None) -> bool:
    if toolkit is None or "version" not in match.groupdict():
        return True
    return match["version"] == toolkit or match["version"].startswith(f"{toolkit}.")


def _version(match: re.Match[str]) -> tuple[int, ...]:
    version = match.groupdict().get("version") or "0"
    return tuple(int(each) for each in version.split(".") if each)


def _asset(machine: str, name: str, named: Mapping[str, Mapping[str, Any]]) -> Asset:
    each = named.get(name)
    if each is None:
        raise ReleaseError(f"the release has no {name}, without which it would run on the CPU")
    kind, _, digest = str(each.get("digest") or "").partition(":")
    if kind != "sha256" or not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise ReleaseError(f"GitHub lists no SHA-256 of {name}: use a newer release")
    return Asset(machine, name, str(each["browser_download_url"]), digest, int(each["size"]))
