"""The file that tells another process about a lab: its hosts, and who must live for it to live."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from .hosts import Host, HostSpec
from .paths import is_lab_id, lab_directory, labs_directory
from .shell import LabError, write


@dataclass(frozen=True, slots=True)
class Record:
    """A lab on disk. `owner` is a process and its start time; none means: until `down`."""

    lab_id: str
    network: str
    hosts: tuple[Host, ...]
    owner: tuple[int, int] | None

    def stale(self) -> bool:
        """Return True if the process that owns the lab is gone: nobody will tear it down."""
        return self.owner is not None and started(self.owner[0]) != self.owner[1]


def started(process: int) -> int | None:
    """Return the start time of a process in ticks since boot: PIDs are reused."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[19])


def this_process() -> tuple[int, int]:
    """This process as an owner."""
    return (os.getpid(), started(os.getpid()) or 0)


def save(record: Record) -> None:
    """Write a lab's record, in one step."""
    path = lab_directory(record.lab_id) / "lab.json"
    unfinished = path.with_suffix(".unfinished")
    write(unfinished, json.dumps(asdict(record), indent=1) + "\n")
    unfinished.rename(path)


def load(lab_id: str) -> Record:
    """Read a lab's record."""
    try:
        data = json.loads((lab_directory(lab_id) / "lab.json").read_text())
    except (OSError, ValueError) as error:
        raise LabError(f"no lab `{lab_id}` is up") from error
    hosts = tuple(_host(entry) for entry in data["hosts"])
    owner = (data["owner"][0], data["owner"][1]) if data["owner"] else None
    return Record(data["lab_id"], data["network"], hosts, owner)


def lab_ids() -> tuple[str, ...]:
    """Every lab of which anything is left, in the order of their names."""
    directory = labs_directory()
    found = directory.iterdir() if directory.is_dir() else ()
    return tuple(sorted(path.name for path in found if is_lab_id(path.name)))


def _host(data: dict[str, object]) -> Host:
    match data:
        case {
            "spec": dict(spec),
            "lab_id": str(lab),
            "number": int(number),
            "address": str(address),
        }:
            return Host(_spec(spec), lab, number, address)
    raise LabError(f"a lab's record is damaged: {data}")


def _spec(data: dict[str, object]) -> HostSpec:
    match data:
        case {"name": str(name), "suite": str(suite), "gpus": list(gpus), "binds": list(binds)}:
            return HostSpec(name, suite, tuple(gpus), tuple((a, b) for a, b in binds))
    raise LabError(f"a lab's record is damaged: {data}")
