"""Downloads one file of a Hugging Face repository and puts it in place; runs on the host.

    download.py WORK    # a folder with job.json

The file appears by a rename, after its size and SHA-256 are right. What was received before an
interruption is kept, and used by the next run. Lines that begin with `== ` are for the user.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import threading
from pathlib import Path
from typing import Any

Job = dict[str, Any]


class Refused(Exception):  # noqa: N818 (a message for the user, not a fault)
    """The file cannot be had as it should be."""


def main(work: Path) -> int:
    """Do the job, and write the exit status as the last act: whoever follows waits for it."""
    job: Job = json.loads((work / "job.json").read_text())
    status = 1
    try:
        fetch(job)
        status = 0
    except Refused as error:
        print(error, flush=True)
    except Exception as error:
        print(f"{job['label']}: {type(error).__name__}: {error}", flush=True)
    finally:
        (work / "status").write_text(f"{status}\n")
    return status


def fetch(job: Job) -> None:
    """Have the file at its path, verified, and remember that it is."""
    path = Path(job["path"])
    if path.exists() and job["sha256"] and hash_of(path) == job["sha256"]:
        say("it is there already")
        remember(job, path, job["sha256"])
        return
    meta = metadata(job)
    expected = job["sha256"] or (meta.etag if is_sha256(meta.etag) else None)
    if path.exists() and expected and hash_of(path) == expected:
        say("it is there already")
        remember(job, path, expected)
        return
    if job["size"] and meta.size and job["size"] != meta.size:
        raise Refused(f"{source(job)} has {meta.size} bytes, but the fleet file says {job['size']}")
    if job["sha256"] and is_sha256(meta.etag) and job["sha256"] != meta.etag:
        raise Refused(
            f"{source(job)} has SHA-256 {meta.etag}, but the fleet file says {job['sha256']}"
        )
    partial = path.with_name(f".{path.name}.llamafleet-partial")
    partial.mkdir(parents=True, exist_ok=True)
    check_space(partial, meta.size or 0)
    got = download(job, partial, meta.size or 0)
    digest = hash_of(got)
    if expected and digest != expected:
        shutil.rmtree(partial)
        raise Refused(f"{source(job)} arrived with SHA-256 {digest}, expected {expected}")
    put(got, path)
    shutil.rmtree(partial)
    remember(job, path, digest)
    say("done")


def metadata(job: Job) -> Any:
    """What the Hub says of the file; its mistakes in words that name the way out."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    url = hf_hub_url(job["repo"], job["file"], revision=job["revision"], endpoint=job["endpoint"])
    try:
        return get_hf_file_metadata(url)
    except GatedRepoError as error:
        raise Refused(
            f"{job['repo']} is gated: accept its terms on the Hub and set HF_TOKEN"
        ) from error
    except RepositoryNotFoundError as error:
        raise Refused(
            f"there is no repository {job['repo']}, or it is private: then set HF_TOKEN"
        ) from error
    except RevisionNotFoundError as error:
        raise Refused(f"{job['repo']} has no revision {job['revision']}") from error
    except EntryNotFoundError as error:
        raise Refused(f"{job['repo']} has no file {job['file']} at {job['revision']}") from error


def download(job: Job, partial: Path, size: int) -> Path:
    """Receive into the partial folder, which a later run continues."""
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    from huggingface_hub import hf_hub_download

    ended = threading.Event()
    watcher = threading.Thread(target=watch, args=(partial, size, ended), daemon=True)
    watcher.start()
    try:
        return Path(
            hf_hub_download(
                job["repo"],
                job["file"],
                revision=job["revision"],
                endpoint=job["endpoint"],
                local_dir=partial,
            )
        )
    finally:
        ended.set()


def watch(partial: Path, size: int, ended: threading.Event) -> None:
    """Say how much has arrived, every few seconds."""
    before = received(partial)
    while not ended.wait(3):
        now = received(partial)
        rate = (now - before) / 3e6
        of = f" of {size / 1e9:.2f} GB, {now * 100 // size}%" if size else ""
        say(f"{now / 1e9:.2f}{of}, {rate:.0f} MB/s")
        before = now


def received(folder: Path) -> int:
    """Bytes on the disk below a folder."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue  # renamed meanwhile
    return total


def check_space(partial: Path, size: int) -> None:
    """A disk that is too small is known before anything is received."""
    free = shutil.disk_usage(partial).free
    missing = size - received(partial) - free
    if missing > 0:
        raise Refused(
            f"{partial.parent} has {free / 1e9:.1f} GB free, {missing / 1e9:.1f} GB too few"
        )


def put(got: Path, path: Path) -> None:
    """Move into place, with the bytes on the disk first."""
    got.chmod(0o644)
    with got.open("rb") as stream:
        os.fsync(stream.fileno())
    got.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def remember(job: Job, path: Path, digest: str) -> None:
    """Size, time and hash: as long as the first two stay, nobody hashes 40 GB again."""
    state = path.stat()
    memory = Path(job["memory"])
    memory.parent.mkdir(parents=True, exist_ok=True)
    fresh = memory.with_name(memory.name + ".new")
    fresh.write_text(f"{state.st_size} {int(state.st_mtime)} {digest} {source(job)}\n")
    fresh.replace(memory)


def source(job: Job) -> str:
    """Where a file comes from, as it is remembered."""
    return f"{job['repo']}@{job['revision']}:{job['file']}"


def hash_of(path: Path) -> str:
    """The SHA-256 of a file."""
    say(f"hashing {path.stat().st_size / 1e9:.2f} GB")
    with path.open("rb") as stream:
        digest = hashlib.sha256()
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def is_sha256(text: str | None) -> bool:
    """The Hub's ETag of a large file is its SHA-256, that of a small one is git's hash."""
    return text is not None and len(text) == 64


def say(text: str) -> None:
    """A line that the rollout shows."""
    print(f"== {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
