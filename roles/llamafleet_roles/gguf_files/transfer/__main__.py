"""`python -m transfer WORK`: run the job of a work folder; its exit status is written last."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import store
from .fetch import fetch_from
from .hub import content_of
from .job import Job, TransferError, gigabytes, read_job, say
from .part import Part
from .ranges import SourceError
from .sources import HubFile, Neighbour, Source


def main(work: Path) -> int:
    """Run the job, and write the exit status last: follow.sh waits for it."""
    job = read_job(work)
    status = 1
    try:
        provide(job)
        status = 0
    except (TransferError, SourceError) as error:
        print(f"{job.label}: {error}", flush=True)
    except Exception as error:
        # The endpoint may contain a login.
        text = re.sub(r"//[^/\s@]*@", "//", str(error))
        print(f"{job.label}: {type(error).__name__}: {text}", flush=True)
    finally:
        (work / "status").write_text(f"{status}\n")
    return status


def provide(job: Job) -> None:
    """Provide the file at its path, verified: from this host, from a neighbour or from the Hub."""
    job.store.mkdir(parents=True, exist_ok=True)
    # Releases before the store left partial files that nothing can go on from.
    shutil.rmtree(job.path.with_name(f".{job.path.name}.llamafleet-partial"), ignore_errors=True)
    if job.sha256 is None or not settle(job, job.sha256, job.size):
        settle(job, *content_of(job))
    say("done")


def settle(job: Job, sha256: str, size: int | None) -> bool:
    """Put the file in place; return False if it must be fetched and its size is not known."""
    with locked(job.store / f"{sha256}.lock"):
        if not (reuse(job, sha256) or adopt(job, sha256)):
            if size is None:
                return False
            download(job, sha256, size)
        store.link(job, sha256)
    return True


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process at a time provide a file; the others find it in the store then."""
    said = time.monotonic()
    while True:
        with path.open("w") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Who had the lock has removed the file: another process may hold a new one.
                if path.exists() and os.fstat(stream.fileno()).st_ino == path.stat().st_ino:
                    try:
                        yield
                    finally:
                        path.unlink(missing_ok=True)
                    return
            except BlockingIOError:
                if time.monotonic() - said > 5:
                    said = time.monotonic()
                    say("waiting for another download of the same file")
        time.sleep(0.2)


def reuse(job: Job, sha256: str) -> bool:
    """Return True if the store has the file; one that changed since is hashed again."""
    found = job.store / sha256
    if not found.is_file():
        return False
    if not store.intact(job.store, sha256):
        whole, pieces = hashed(found)
        if whole != sha256:
            found.unlink()  # processes that have it open keep it
            return False
        store.put(job.store, found, sha256, pieces)
    say("already in the store")
    return True


def adopt(job: Job, sha256: str) -> bool:
    """Take a file into the store that is on this host already; return False if none is."""
    known = [path for path, digest in store.recorded(job) if digest == sha256]
    for path in dict.fromkeys((*known, job.path)):
        if not path.is_file() or (job.size and path.stat().st_size != job.size):
            continue
        whole, pieces = hashed(path)
        if whole == sha256:
            store.adopt(job, path, sha256, pieces)
            say(f"reused {path}")
            return True
    return False


def download(job: Job, sha256: str, size: int) -> None:
    """Fetch the file into the store.

    What neighbours sent is not believed until the whole file has the right hash: if it has not,
    the file comes anew from the Hub alone.
    """
    path = job.store / f"{sha256}.part"
    hub = HubFile(job, os.environ.get("HF_TOKEN"))
    with Part(path, size, sha256) as part:
        check_space(job, size - part.received)
        neighbours = tuple(neighbours_of(job, size))
        attempts: tuple[tuple[Source, ...], ...] = ((*neighbours, hub), (hub,))
        for sources in attempts:
            fetch(part, sources)
            whole, pieces = hashed(path)
            if whole == sha256:
                store.put(job.store, path, whole, pieces)
                part.finish()
                return
            part.forget()
            if not neighbours:
                break
            say("what other hosts sent is wrong as a whole: starting anew from the Hub")
            neighbours = ()
    path.unlink(missing_ok=True)
    part.finish()
    raise TransferError(f"{job.source} arrived with SHA-256 {whole}, expected {sha256}")


def neighbours_of(job: Job, size: int) -> Iterator[Source]:
    """Yield the other hosts that answer and have the file."""
    for url in job.neighbours:
        try:
            yield Neighbour(url, size)
        except SourceError as error:
            say(f"{url.rsplit('/', 1)[0]} {error}")


def fetch(part: Part, sources: tuple[Source, ...]) -> None:
    """Fetch all pieces, from each source what those before it could not give."""
    reason = ""
    for source in sources:
        if missing(part) and (why := fetch_from(source, part)):
            reason = f"{source.name}: {why}"
            say(reason)
    if missing(part):
        raise TransferError(reason)


def missing(part: Part) -> bool:
    """Return True if some piece is not there; the first has number 0."""
    return next(part.missing(), None) is not None


def check_space(job: Job, needed: int) -> None:
    """Raise TransferError if the disk has less than `needed` bytes free."""
    missing = needed - shutil.disk_usage(job.store).free
    if missing > 0:
        raise TransferError(
            f"{job.store.parent} has {gigabytes(missing)} too little free: free some space "
            "(deploys/prune.py shows what nothing uses), or set models-dir to another disk"
        )


def hashed(path: Path) -> tuple[str, tuple[str, ...]]:
    """Return the hashes of a file, and show how far that is: a large one takes minutes."""
    size, done, said = path.stat().st_size, 0, time.monotonic()

    def progress(count: int) -> None:
        nonlocal done, said
        done += count
        if time.monotonic() - said >= 3:
            said = time.monotonic()
            say(f"hashing {done / 1e9:.2f} of {gigabytes(size)}")

    return store.hashes_of(path, progress)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
