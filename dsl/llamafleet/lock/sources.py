"""Sources of builds and releases: the commit of a git ref, the SHA-256 of an archive."""

from __future__ import annotations

import os
import re
import subprocess
from urllib.parse import unquote

from ..fleet.model import Build
from ..llama_swap.releases import archive_sha256
from ..secrets.url import split_login, without_secrets
from .model import LockedBuild, asked_of_build

TIMEOUT = 30
MACHINES = {"linux-amd64": "x86_64", "linux-arm64": "aarch64"}

# A login travels in git's environment, which nobody else can read; its command line everybody can.
_ANSWER = '!printf "username=%s\\npassword=%s\\n" "$LLAMAFLEET_USER" "$LLAMAFLEET_PASSWORD"; :'
_LOGIN_OPTIONS = ("-c", "credential.helper=", "-c", f"credential.helper={_ANSWER}")


def locked_build(build: Build) -> LockedBuild | str:
    """Return the present source of a build, or a problem."""
    asked = asked_of_build(build)
    if build.kind == "release":
        from .llama_cpp_release import locked_release

        return locked_release(build)
    if build.source != "git":
        return LockedBuild(asked, sha256=build.sha256)
    if re.fullmatch(r"[0-9a-f]{40}", build.ref):
        return LockedBuild(asked, commit=build.ref)
    commit, problem = _commit(build.url or "", build.ref)
    return LockedBuild(asked, commit=commit) if commit else problem


def release(version: str, sha256: str | None) -> dict[str, str]:
    """Return the SHA-256 of a llama-swap release by machine; one in the fleet file is for all."""
    if sha256:
        return {"linux": sha256}
    known = {name: archive_sha256(version, machine) for name, machine in MACHINES.items()}
    return {name: found for name, found in known.items() if found}


def _commit(url: str, ref: str) -> tuple[str | None, str]:
    """The commit of a tag or branch, else a message."""
    names = (f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}", f"refs/heads/{ref}")
    address, login = split_login(url)
    try:
        asked = subprocess.run(
            ["git", *(_LOGIN_OPTIONS if login else ()), "ls-remote", "--", address, *names],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0", **_login(login)},
        )
    except FileNotFoundError:
        return None, "git is not installed on this machine"
    except subprocess.TimeoutExpired:
        return None, f"{without_secrets(url)} did not answer within {TIMEOUT} s"
    if asked.returncode:
        said = asked.stderr.strip().splitlines()
        reason = without_secrets(said[-1]) if said else "git ls-remote failed"
        return None, f"{without_secrets(url)}: {reason}"
    lines = (line.partition("\t") for line in asked.stdout.splitlines())
    found = {name: commit for commit, _, name in lines}
    for name in names:
        if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", found.get(name, "")):
            return found[name], ""
    return None, f'{without_secrets(url)} has no tag or branch "{ref}"'


def _login(login: str) -> dict[str, str]:
    user, _, password = login.partition(":")
    return {"LLAMAFLEET_USER": unquote(user), "LLAMAFLEET_PASSWORD": unquote(password)}
