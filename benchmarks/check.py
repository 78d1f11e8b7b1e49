"""Time `llamafleet check` as a whole process, beside other tools with the same kind of work.

    python -m benchmarks.check [FLEET] [--runs N]

Every row is a process of its own, from start to exit, on the same fleet in the same run; the rows
take turns, so that a busy machine slows them all alike. Bytecode is warm, as it is where llamafleet
is installed. The times are medians; the ratio is to `llamafleet check`.

- `python` starts and stops the interpreter: nothing can be quicker.
- `check, tables built` goes without the parse tables that are kept beside the grammar: what Lark
  would cost on each start.
- `YAML + JSON Schema` is the usual other way to check a configuration file: PyYAML's safe loader
  and jsonschema, on a YAML file with the same blocks, keys and values, and a schema with the type
  of each. It checks less: no names, no ports, no matrix.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from llamafleet.language.include import read_all
from llamafleet.language.syntax import Attribute, Block, File, Items, MatrixSet, Number, Value

EXAMPLE = Path(__file__).parent.parent / "examples" / "voice_matrix" / "fleet.fleet"

BUILT = """\
import sys
from llamafleet.language import tables
tables.TABLES = tables.GRAMMAR + ".none"
from llamafleet.cli import main
sys.exit(main(["check", sys.argv[1]]))
"""

PEER = """\
import json, sys
import jsonschema, yaml
with open(sys.argv[1]) as file, open(sys.argv[2]) as schema:
    jsonschema.validate(yaml.safe_load(file), json.load(schema))
"""


def plain(value: Value) -> Any:
    """A value as YAML would hold it."""
    match value:
        case Items(values):
            return [plain(each) for each in values]
        case Number(text):
            return float(text) if "." in text else int(text)
        case _:
            return value.text


def mapping(block: Block) -> dict[str, Any]:
    """A block's content as YAML would hold it."""
    content: dict[str, Any] = {}
    for entry in block.entries:
        match entry:
            case Attribute(key, value):
                content[key.text] = plain(value)
            case MatrixSet(_, name):
                content[name.text] = "a & b"
            case Block(kind):
                content[kind.text] = mapping(entry)
    return content


def document(files: tuple[File, ...]) -> dict[str, Any]:
    """A fleet as one YAML document: kind, name, keys."""
    kinds: dict[str, Any] = {}
    for file in files:
        for entry in file.entries:
            if isinstance(entry, Block):
                label = entry.label.text if entry.label else ""
                kinds.setdefault(entry.kind.text, {})[label] = mapping(entry)
    return kinds


def schema(value: Any) -> dict[str, Any]:
    """A schema that a value fits: its keys, and the type of each."""
    match value:
        case dict():
            keys = {key: schema(each) for key, each in value.items()}
            return {"type": "object", "properties": keys, "additionalProperties": False}
        case list():
            return {"type": "array", "items": schema(value[0]) if value else {}}
        case int() | float():
            return {"type": "number"}
        case _:
            return {"type": "string"}


def commands(fleet: Path, folder: Path) -> dict[str, list[str]]:
    """The rows, by name; writes what the peer reads into `folder`."""
    content = document(read_all(str(fleet))[0])
    text, shape = folder / "fleet.yaml", folder / "schema.json"
    text.write_text(yaml.safe_dump(content, sort_keys=False))
    shape.write_text(json.dumps(schema(content)))
    python = sys.executable
    return {
        "llamafleet check": [python, "-m", "llamafleet", "check", str(fleet)],
        "check, tables built": [python, "-c", BUILT, str(fleet)],
        "YAML + JSON Schema": [python, "-c", PEER, str(text), str(shape)],
        "python": [python, "-c", "pass"],
    }


def measure(rows: dict[str, list[str]], runs: int, bytecode: Path) -> dict[str, float]:
    """Median seconds of each row; the first round warms up and does not count."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(bytecode)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    times: dict[str, list[float]] = {name: [] for name in rows}
    for number in range(runs + 1):
        for name, command in rows.items():
            start = time.perf_counter()
            subprocess.run(command, env=environment, check=True, capture_output=True)
            if number:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(each) for name, each in times.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Time llamafleet check beside its peers.")
    parser.add_argument("fleet", nargs="?", type=Path, default=EXAMPLE)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = commands(options.fleet, Path(folder))
        medians = measure(rows, options.runs, Path(folder) / "bytecode")
    own = medians["llamafleet check"]
    print(f"median of {options.runs} whole processes, {options.fleet}")
    for name, seconds in medians.items():
        print(f"  {name:<20} {seconds * 1000:6.0f} ms   {seconds / own:5.2f} x")


if __name__ == "__main__":
    main()
