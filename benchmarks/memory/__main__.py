"""Compare estimates of memory with the log of the real llama-server, and with other tools.

    python -m benchmarks.memory [--fit-params PATH] [--rpc-server PATH]

The starts are those of `tests/memory`: small models in MiB, models as wide as real ones in per
cent. Without a path a program is looked for on PATH and in the lab's cache. gguf-parser-go is
built from `benchmarks/gguf_parser` where there is Go. What is missing is said.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.memory.estimators import (
    RPC,
    TOOL,
    Estimator,
    built_parser,
    file_size_plus,
    fit_params,
    gguf_parser,
    llamafleet,
    tool_at,
)
from benchmarks.memory.starts import Start, starts
from benchmarks.memory.table import errors, lines

Errors = dict[str, dict[str, list[float]]]


def main() -> None:
    """Print both tables, then times."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--fit-params")
    parser.add_argument("--rpc-server")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        estimators = _estimators(asked.fit_params, asked.rpc_server, Path(folder))
        found = starts(Path(folder))
        for real, unit, title in ((False, "MiB", "small models"), (True, "%", "real widths")):
            print(f"\n{title}: {sum(each.real is real for each in found)} starts of b11434\n")
            _compare(estimators, [each for each in found if each.real is real], unit)


def _estimators(tool: str | None, rpc_server: str | None, folder: Path) -> list[Estimator]:
    tool, rpc_server = tool_at(tool, TOOL), tool_at(rpc_server, RPC)
    found = [Estimator("llamafleet memory", llamafleet)]
    if tool:
        found.append(fit_params(tool, rpc_server))
        if not rpc_server:
            print(f"no {RPC}: {TOOL} is asked about starts without devices only")
    else:
        print(f"no {TOOL}: left out; give --fit-params PATH")
    if program := built_parser(folder):
        found.append(gguf_parser(program))
    else:
        print("gguf-parser-go is left out: there is no Go, or it could not be built")
    return [*found, file_size_plus(1), file_size_plus(4)]


def _compare(estimators: Sequence[Estimator], found: Sequence[Start], unit: str) -> None:
    off: Errors = {estimator.name: defaultdict(list) for estimator in estimators}
    took: dict[str, list[float]] = {estimator.name: [] for estimator in estimators}
    silent = dict.fromkeys(took, 0)
    for start in found:
        for estimator in estimators:
            began = time.perf_counter()
            said = estimator.estimate(start)
            took[estimator.name].append(time.perf_counter() - began)
            silent[estimator.name] += said is None
            for part, mib, share in errors(start, said) if said else ():
                off[estimator.name][part].append(mib if unit == "MiB" else share)
    print("\n".join(lines([estimator.name for estimator in estimators], off, unit)))
    print("\none estimate as a process, median:")
    for estimator in estimators:
        if estimator.process:
            unsaid = f", no answer to {silent[estimator.name]}" if silent[estimator.name] else ""
            print(f"  {estimator.name:<24}{median(took[estimator.name]) * 1000:>6.0f} ms{unsaid}")


if __name__ == "__main__":
    main()
