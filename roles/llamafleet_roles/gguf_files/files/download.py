"""Downloads one file of a Hugging Face repository and puts it in place; runs on the host.

    download.py WORK    # a folder with job.json

The file appears by a rename, after its size and SHA-256 were verified. If this host has a verified
copy at another path, nothing is downloaded. A broken connection is resumed; a killed process is
not: since 1.18 huggingface_hub starts anew in each process, so its partial file is removed. Lines
that begin with `== ` are shown to the user.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Job = dict[str, Any]


class DownloadError(Exception):
    """The file cannot be downloaded as planned; the message says why."""


def main(work: Path) -> int:
    """Run the job, and write the exit status last: follow.sh waits for it."""
    job: Job = json.loads((work / "job.json").read_text())
    status = 1
    try:
        fetch(job)
        status = 0
    except DownloadError as error:
        print(error, flush=True)
    except Exception as error:
        # The endpoint may contain a login.
        text = re.sub(r"//[^/\s@]*@", "//", str(error))
        print(f"{job['label']}: {type(error).__name__}: {text}", flush=True)
    finally:
        (work / "status").write_text(f"{status}\n")
    return status


def fetch(job: Job) -> None:
    """Provide the file at its path, verified, and record that it is."""
    path = Path(job["path"])
    if job["sha256"] and reuse(job, path, job["sha256"]):
        return
    meta = metadata(job)
    expected = job["sha256"] or (meta.etag if is_sha256(meta.etag) else None)
    if expected and expected != job["sha256"] and reuse(job, path, expected):
        return
    if job["size"] and meta.size and job["size"] != meta.size:
        raise DownloadError(
            f"{source(job)} has {meta.size} bytes, but the fleet file says {job['size']}"
        )
    if job["sha256"] and is_sha256(meta.etag) and job["sha256"] != meta.etag:
        raise DownloadError(
            f"{source(job)} has SHA-256 {meta.etag}, but the fleet file says {job['sha256']}"
        )
    partial = partial_folder(path)
    check_space(partial, meta.size or 0)
    got = download(job, partial, meta.size or 0)
    digest = hash_of(got)
    if expected and digest != expected:
        shutil.rmtree(partial)
        raise DownloadError(f"{source(job)} arrived with SHA-256 {digest}, expected {expected}")
    move_into_place(got, path)
    shutil.rmtree(partial)
    record_verified(job, path, digest)
    say("done")


def reuse(job: Job, path: Path, digest: str) -> bool:
    """Provide the file without a download, if this host has a verified copy; else return False."""
    if path.exists() and hash_of(path) == digest:
        say("already present")
    elif not link_copy(job, path, digest):
        return False
    record_verified(job, path, digest)
    return True


def link_copy(job: Job, path: Path, digest: str) -> bool:
    """Link a verified copy at another path to this one; return False if there is none."""
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
        move_into_place(fresh, path)
        shutil.rmtree(partial)
        say(f"reused {found}")
        return True
    return False


def verified_elsewhere(job: Job, digest: str) -> Iterator[Path]:
    """Yield files of root that were verified to have this SHA-256 and are unchanged since."""
    record = Path(job["record"])
    # Records of earlier releases do not contain the path.
    named = {path_key(job["before"]): job["before"]}
    for other in sorted(record.parent.glob("[0-9a-f]" * 16)):
        if not other.is_file() or other == record:
            continue
        first, *rest = other.read_text().splitlines() or [""]
        size, modified, sha256, *_ = [*first.split(" ", 3), "", "", ""]
        path = Path(rest[0] if rest else named.get(other.name, ""))
        if sha256 != digest or not path.is_file():
            continue
        state = path.stat()
        same = (str(state.st_size), str(int(state.st_mtime))) == (size, modified)
        if same and state.st_uid == os.geteuid() and not state.st_mode & 0o022:
            yield path


def path_key(path: str) -> str:
    """Return the name of a path's record, as the rollout computes it."""
    return hashlib.sha256(path.encode()).hexdigest()[:16]


def partial_folder(path: Path) -> Path:
    """Return an empty folder beside the file; partial files of an earlier run are deleted."""
    partial = path.with_name(f".{path.name}.llamafleet-partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    return partial


def metadata(job: Job) -> Any:
    """Return the Hub's metadata of the file; raise DownloadError with a remedy if there is none."""
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
        raise DownloadError(
            f"{job['repo']} is gated: accept its terms on the Hub and set HF_TOKEN"
        ) from error
    except RepositoryNotFoundError as error:
        raise DownloadError(
            f"repository {job['repo']} does not exist or is private: check hf-repo, or set HF_TOKEN"
        ) from error
    except RevisionNotFoundError as error:
        raise DownloadError(f"{job['repo']} has no revision {job['revision']}") from error
    except EntryNotFoundError as error:
        raise DownloadError(
            f"{job['repo']} has no file {job['file']} at {job['revision']}"
        ) from error


def download(job: Job, partial: Path, size: int) -> Path:
    """Download into the partial folder."""
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    from huggingface_hub import hf_hub_download

    ended = threading.Event()
    watcher = threading.Thread(target=report_progress, args=(partial, size, ended), daemon=True)
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


def report_progress(partial: Path, size: int, ended: threading.Event) -> None:
    """Print how much has been downloaded, every few seconds; `size` is in bytes."""
    before = size_of(partial)
    while not ended.wait(3):
        now = size_of(partial)
        rate = (now - before) / 3e6
        of = f" of {size / 1e9:.2f} GB, {now * 100 // size}%" if size else ""
        say(f"{now / 1e9:.2f}{of}, {rate:.0f} MB/s")
        before = now


def size_of(folder: Path) -> int:
    """Return the size of all files below a folder in bytes."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue  # renamed meanwhile
    return total


def check_space(partial: Path, size: int) -> None:
    """Raise DownloadError if the disk has less than `size` bytes free."""
    free = shutil.disk_usage(partial).free
    missing = size - free
    if missing > 0:
        raise DownloadError(
            f"{partial.parent} has {free / 1e9:.1f} GB free, {missing / 1e9:.1f} GB too little"
        )


def move_into_place(got: Path, path: Path) -> None:
    """Move a file to its path, durably."""
    got.chmod(0o644)
    with got.open("rb") as stream:
        os.fsync(stream.fileno())
    got.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def record_verified(job: Job, path: Path, digest: str) -> None:
    """Record size, mtime and hash: a file with the same size and mtime is not hashed again."""
    state = path.stat()
    record = Path(job["record"])
    record.parent.mkdir(parents=True, exist_ok=True)
    fresh = record.with_name(record.name + ".new")
    known = f"{state.st_size} {int(state.st_mtime)} {digest} {source(job)}"
    fresh.write_text(f"{known}\n{path}\n")
    fresh.replace(record)


def source(job: Job) -> str:
    """Return the origin of a file as it is recorded."""
    return f"{job['repo']}@{job['revision']}:{job['file']}"


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    say(f"hashing {path.stat().st_size / 1e9:.2f} GB")
    with path.open("rb") as stream:
        digest = hashlib.sha256()
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def is_sha256(text: str | None) -> bool:
    """Return True for a SHA-256: the Hub's ETag of a large file; a small one has git's SHA-1."""
    return text is not None and len(text) == 64


def say(text: str) -> None:
    """Print a line that the rollout shows."""
    print(f"== {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
