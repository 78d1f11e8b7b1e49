"""Re-record what the real llama-swap does: `python -m tests.conformance.record`.

Refuses to record the double, and a program that does not say which release it is. Look at the
difference afterwards: each changed line is a change of llama-swap's behaviour, or of a case.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.conformance import verdicts
from tests.conformance.case import Case, observe
from tests.conformance.cases import FAMILIES
from tests.lab.llama_swap import LlamaSwapBinary, find_llama_swap

RECORDINGS = Path(__file__).with_name("recordings")


def recording(case: Case, observed: Mapping[str, Any]) -> dict[str, Any]:
    """A case and its outcome as they stand in a file."""
    entry: dict[str, Any] = {"config": case.config.splitlines(), "accepted": observed["accepted"]}
    if "error" in observed:
        entry["error"] = observed["error"]
    else:
        pairs = zip(case.steps, observed["seen"], strict=True)
        entry["seen"] = [[*step, result] for step, result in pairs]
    return json.loads(json.dumps(entry))  # type: ignore[no-any-return]


def as_text(version: str, cases: Mapping[str, Mapping[str, Any]]) -> str:
    """JSON with one line for each line of a config and for each step, so that a diff reads well."""

    def line(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    entries = []
    for name, entry in cases.items():
        parts = []
        for key, value in entry.items():
            listed = isinstance(value, list) and value
            inner = ",\n    ".join(line(each) for each in value) if listed else ""
            parts.append(
                f"   {line(key)}: [\n    {inner}]" if listed else f"   {line(key)}: {line(value)}"
            )
        entries.append(f"  {line(name)}: {{\n" + ",\n".join(parts) + "}")
    body = ",\n".join(entries)
    return f'{{\n "version": {line(version)},\n "cases": {{\n{body}\n }}\n}}\n'


def recorded(family: str) -> dict[str, Any]:
    """The recordings of a family: `version` and `cases`."""
    loaded: dict[str, Any] = json.loads((RECORDINGS / f"{family}.json").read_text())
    return loaded


def record(binary: LlamaSwapBinary, release: int) -> None:
    """Run every case and write the recordings."""
    for family, cases in FAMILIES.items():
        seen = {}
        for at, case in enumerate(cases, 1):
            print(f"\r{family} {at}/{len(cases)} ", end="", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory() as directory:
                seen[case.name] = recording(case, observe(case, binary.path, Path(directory)))
        (RECORDINGS / f"{family}.json").write_text(as_text(binary.version, seen))
        print(file=sys.stderr)
    verdicts.record(binary.path, release)


def main() -> int:
    """The command."""
    with tempfile.TemporaryDirectory() as directory:
        binary = find_llama_swap(Path(directory))
        print(f"recording {binary}", file=sys.stderr)
        if binary.kind != "real" or binary.release is None:
            print(
                "only a real llama-swap that says its release is recorded; see "
                "tests/lab/llama_swap.py",
                file=sys.stderr,
            )
            return 1
        record(binary, binary.release)
    return 0


if __name__ == "__main__":
    sys.exit(main())
