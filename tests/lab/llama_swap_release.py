"""Fetch the pinned llama-swap release, where GitHub can be reached."""

from __future__ import annotations

import hashlib
import io
import os
import platform
import tarfile
import urllib.request
from pathlib import Path

from llamafleet.llama_swap.releases import archive_sha256, archive_url

VERSION = "v250"
SECONDS_TO_CONNECT = 5


def download_release(build_dir: Path) -> Path | None:
    """The program out of the archive, kept in `build_dir`; None where it cannot be had.

    An archive with another SHA-256 than the pinned one is an error: somebody must look at it.
    """
    expected = archive_sha256(VERSION, platform.machine())
    if expected is None:
        return None
    path = build_dir / f"llama-swap-{VERSION}"
    if path.exists():
        return path
    url = archive_url(VERSION, platform.machine())
    try:
        with urllib.request.urlopen(url, timeout=SECONDS_TO_CONNECT) as answer:
            archive = answer.read()
    except OSError:
        return None
    found = hashlib.sha256(archive).hexdigest()
    if found != expected:
        raise RuntimeError(f"{url} has SHA-256 {found}, expected {expected}")
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        program = packed.extractfile("llama-swap")
        if program is None:
            raise RuntimeError(f"{url} holds no llama-swap")
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_bytes(program.read())
    partial.chmod(0o755)
    partial.rename(path)
    return path
