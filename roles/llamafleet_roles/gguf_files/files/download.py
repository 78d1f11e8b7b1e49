"""Downloads one file of a Hugging Face repository and puts it in place; runs on the host.

    download.py WORK    # a folder with job.json

The file appears by a rename, after its size and SHA-256 are right. Where this host has the bytes
already, under the path that they had before, nothing is downloaded. A connection that breaks is
taken up again where it broke; a process that was killed is not: since 1.18 huggingface_hub begins
anew in each process, so what it left is removed. Lines that begin with `== ` are for the user.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import threading
from collections.abc import Iterator
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
    if job["sha256"] and have(job, path, job["sha256"]):
        return
    meta = metadata(job)
    expected = job["sha256"] or (meta.etag if is_sha256(meta.etag) else None)
    if expected and expected != job["sha256"] and have(job, path, expected):
        return
    if job["size"] and meta.size and job["size"] != meta.size:
        raise Refused(f"{source(job)} has {meta.size} bytes, but the fleet file says {job['size']}")
    if job["sha256"] and is_sha256(meta.etag) and job["sha256"] != meta.etag:
        raise Refused(
            f"{source(job)} has SHA-256 {meta.etag}, but the fleet file says {job['sha256']}"
        )
    partial = partial_folder(path)
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


def have(job: Job, path: Path, digest: str) -> bool:
    """Have the file without a download, if it is there already or this host knows its bytes."""
    if path.exists() and hash_of(path) == digest:
        say("it is there already")
    elif not take(job, path, digest):
        return False
    remember(job, path, digest)
    return True


def take(job: Job, path: Path, digest: str) -> bool:
    """Give a file that was verified at another path this one as well; its bytes exist once."""
    for found in verified_elsewhere(job, digest):
        partial = partial_folder(path)
        fresh = partial / path.name
        try:
            os.link(found.resolve(), fresh)
        except OSError:  # another file system
            check_space(partial, found.stat().st_size)
            say(f"copying {found}")
            shutil.copyfile(found, fresh)
            if hash_of(fresh) != digest:
                shutil.rmtree(partial)
                continue
        put(fresh, path)
        shutil.rmtree(partial)
        say(f"taken from {found}")
        return True
    return False


def verified_elsewhere(job: Job, digest: str) -> Iterator[Path]:
    """Files of root's that were verified to have this SHA-256, and are as they were then."""
    memory = Path(job["memory"])
    # Notes of earlier releases do not say their path.
    named = {key_of(job["before"]): job["before"]}
    for note in sorted(memory.parent.glob("[0-9a-f]" * 16)):
        if not note.is_file() or note == memory:
            continue
        first, *rest = note.read_text().splitlines() or [""]
        size, modified, sha256, *_ = [*first.split(" ", 3), "", "", ""]
        path = Path(rest[0] if rest else named.get(note.name, ""))
        if sha256 != digest or not path.is_file():
            continue
        state = path.stat()
        same = (str(state.st_size), str(int(state.st_mtime))) == (size, modified)
        if same and state.st_uid == os.geteuid() and not state.st_mode & 0o022:
            yield path


def key_of(path: str) -> str:
    """The name of a path's note, as the rollout makes it."""
    return hashlib.sha256(path.encode()).hexdigest()[:16]


def partial_folder(path: Path) -> Path:
    """An empty folder beside the file; what a run that died has left in it is of no use."""
    partial = path.with_name(f".{path.name}.llamafleet-partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    return partial


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
    """Receive into the partial folder."""
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
    missing = size - free
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
    known = f"{state.st_size} {int(state.st_mtime)} {digest} {source(job)}"
    fresh.write_text(f"{known}\n{path}\n")
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
