#!/usr/bin/python3
"""Answers as `nvidia-smi` would, from a table of recorded values; runs inside a lab host.

It knows `-L` and `--query-gpu=FIELDS --format=csv[,noheader][,nounits]`, and fails for all else.
"""

import sys

with open("/usr/local/share/nvidia-smi.tsv") as table:  # noqa: PTH123 (a host has no pathlib)
    header, *rows = [line.rstrip("\n").split("\t") for line in table]
gpus = [dict(zip(header, row, strict=True)) for row in rows]
options = dict(word.partition("=")[::2] for word in sys.argv[1:])
if "-L" in options:
    for gpu in gpus:
        print("GPU {index}: {name} (UUID: {uuid})".format(**gpu))
elif "--query-gpu" in options and options.get("--format", "").startswith("csv"):
    fields = [field.strip() for field in options["--query-gpu"].split(",")]
    if unknown := [field for field in fields if field not in header]:
        sys.exit(f'Field "{unknown[0]}" is not a valid field to query.')
    form = options["--format"].split(",")
    if "noheader" not in form:
        print(", ".join(fields))
    for gpu in gpus:
        values = [gpu[field] for field in fields]
        if "nounits" in form:
            values = [value.removesuffix(" MiB") for value in values]
        print(", ".join(values))
else:
    sys.exit(
        "nvidia-smi (stand-in of the lab): these arguments were not recorded: "
        + " ".join(sys.argv[1:])
    )
