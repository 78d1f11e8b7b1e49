"""The job as the rollout writes it, and what can go wrong with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class TransferError(Exception):
    """The file cannot be provided as planned; the message says why, and what to do."""


@dataclass(frozen=True)
class Job:
    """One file of weights.

    `sha256` and `size` (bytes) are None where neither fleet file nor lock knows them. `neighbours`
    are the URLs of the stores of other hosts. `path` is the name that models use, `record` where
    it is noted that the file was verified, and `before` the path that earlier releases gave it.
    """

    label: str
    repo: str
    file: str
    revision: str
    endpoint: str | None
    sha256: str | None
    size: int | None
    path: Path
    store: Path
    record: Path
    before: Path
    neighbours: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """Return the origin of the file as it is recorded."""
        return f"{self.repo}@{self.revision}:{self.file}"


def read_job(work: Path) -> Job:
    """Read job.json of a work folder."""
    given: dict[str, Any] = json.loads((work / "job.json").read_text())
    for name in ("path", "store", "record", "before"):
        given[name] = Path(given[name])
    return Job(**{**given, "neighbours": tuple(given.get("neighbours", ()))})


def say(text: str) -> None:
    """Print a line that the rollout shows."""
    print(f"== {text}", flush=True)


def gigabytes(count: float) -> str:
    """Return bytes as `4.25 GB`."""
    return f"{count / 1e9:.2f} GB"
