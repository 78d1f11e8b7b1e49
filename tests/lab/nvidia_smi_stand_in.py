#!/usr/bin/python3
"""Answers as `nvidia-smi` would, from a table of recorded values; runs inside a lab host.

It knows `-L`, `--query-gpu=FIELDS` and `--query-compute-apps=FIELDS` with
`--format=csv[,noheader][,nounits]`, and fails for all else. No card is behind it: every
llama-server that is told of CUDA is said to hold PER_PROCESS MiB of each card that it may see.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

PER_PROCESS = 300

with open("/usr/local/share/nvidia-smi.tsv") as table:  # noqa: PTH123 (a host has no pathlib)
    header, *rows = [line.rstrip("\n").split("\t") for line in table]
gpus = [dict(zip(header, row, strict=True)) for row in rows]


def processes() -> Iterator[tuple[str, Sequence[str]]]:
    """Process ids, and the indices of the cards that each may see."""
    for pid in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208
        try:
            with open(f"/proc/{pid}/environ") as file:  # noqa: PTH123
                pairs = (each.partition("=") for each in file.read().split("\0"))
                values = {name: value for name, _, value in pairs}
            program = os.readlink(f"/proc/{pid}/exe")  # noqa: PTH115
        except OSError:
            continue
        if program.endswith("/llama-server") and "CUDA_DEVICE_ORDER" in values:
            seen = values.get("CUDA_VISIBLE_DEVICES")
            yield pid, seen.split(",") if seen else [gpu["index"] for gpu in gpus]


def apps() -> Iterator[Mapping[str, str]]:
    """A row for each process on each card."""
    for pid, seen in processes():
        for gpu in gpus:
            if gpu["index"] in seen:
                row = {"pid": pid, "gpu_uuid": gpu["uuid"], "used_memory": f"{PER_PROCESS} MiB"}
                yield row


def show(
    fields: Sequence[str],
    known: Sequence[str],
    rows: Iterable[Mapping[str, str]],
    form: Sequence[str],
) -> None:
    """A table as CSV."""
    if unknown := [field for field in fields if field not in known]:
        sys.exit(f'Field "{unknown[0]}" is not a valid field to query.')
    if "noheader" not in form:
        print(", ".join(fields))
    for row in rows:
        values = [row[field] for field in fields]
        if "nounits" in form:
            values = [value.removesuffix(" MiB") for value in values]
        print(", ".join(values))


options = dict(word.partition("=")[::2] for word in sys.argv[1:])
form = options.get("--format", "").split(",")
if "-L" in options:
    for gpu in gpus:
        print("GPU {index}: {name} (UUID: {uuid})".format(**gpu))
elif "--query-gpu" in options and form[0] == "csv":
    for gpu in gpus:
        count = sum(gpu["index"] in seen for _, seen in processes())
        gpu["memory.used"] = f"{4 + count * PER_PROCESS} MiB"
    fields = [field.strip() for field in options["--query-gpu"].split(",")]
    show(fields, [*header, "memory.used"], gpus, form)
elif "--query-compute-apps" in options and form[0] == "csv":
    fields = [field.strip() for field in options["--query-compute-apps"].split(",")]
    show(fields, ["pid", "gpu_uuid", "used_memory"], apps(), form)
else:
    sys.exit(
        "nvidia-smi (stand-in of the lab): these arguments were not recorded: "
        + " ".join(sys.argv[1:])
    )
