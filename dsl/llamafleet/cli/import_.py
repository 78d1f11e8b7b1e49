"""`llamafleet import`: what people run today, as a fleet file."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from ..diagnostics.model import Diagnostics
from ..importers.dispatch import ImportOptions, ImportResult, SourceKind, guess, import_source
from ..importers.proof import broken
from ..importers.secrets import Secret, environment_file
from ..language.reading import read_bytes, read_source
from ..llama_swap.versions import number
from ..secrets.mask import without_values
from ..source import Source
from .terminal import STDIN, counted, say, show, totals

SETTLED = frozenset({"secret-in-file", "unset-variable"})
"""Findings that importing settles: keys move into variables, and variables stay what they are."""

COMMAND = "<command>"
"""What diagnostics call a command line that is given as an argument."""


def import_(
    file: str,
    kind: str | None,
    host: str,
    llama_swap: str,
    llama_cpp: str | None,
    output: str | None,
    verify: bool,
) -> int:
    """Import one file; 1 if it would not start, cannot be taken over or means something else."""
    version = number(llama_swap)
    if version is None:
        say(f'"{llama_swap}" is not a release of llama-swap; write it as v250')
        return 2
    diagnostics = Diagnostics()
    source = _source(file, diagnostics)
    if source is None:
        show(diagnostics, {}, sys.stderr)
        return 1
    meant = SourceKind(kind) if kind else guess(source)
    if meant is None:
        say(f"cannot detect the format of {source.path}: add --from {'|'.join(SourceKind)}")
        return 2
    result = import_source(source, meant, ImportOptions(host, version))
    if llama_cpp and meant is SourceKind.LLAMA_SWAP:
        result = _checked(result, source, version, llama_cpp)
    _report(result)
    if result.text is None:
        return 1
    if problems := broken(result.text):
        if not result.failed:  # else what is reported of the original is the cause
            sys.stderr.write(problems)
        say(f"no fleet file is written: correct {source.path}, and import it again")
        return 1
    if output is None:
        sys.stdout.write(result.text)
    else:
        Path(output).write_text(result.text, encoding="utf-8")
        print(f"{output}: written", file=sys.stderr)
    return max(int(result.failed), _proven(result) if verify else 0)


def _source(file: str, diagnostics: Diagnostics) -> Source | None:
    if file == "-":
        data = sys.stdin.buffer.read()
        return read_source(STDIN, diagnostics, read=lambda _: data)
    if not Path(file).exists() and len(file.split()) > 1:
        return Source(COMMAND, file)
    return read_source(file, diagnostics, read=read_bytes)


def _checked(result: ImportResult, source: Source, version: int, llama_cpp: str) -> ImportResult:
    """Add the findings of the checks, for the given build of llama.cpp."""
    from ..swap_check import check_swap_config

    found = check_swap_config(source, version, llama_cpp).diagnostics
    return replace(result, diagnostics=tuple(dict.fromkeys((*result.diagnostics, *found))))


def _report(result: ImportResult) -> None:
    """Print everything but the fleet file to stderr; secrets are not repeated."""
    known = [*(each.value for each in result.secrets), *result.lost]
    found = [each for each in result.diagnostics if each.code not in SETTLED]
    show(found, {each.path: each for each in result.sources}, sys.stderr, known)
    if found:
        print(totals(found, len(result.sources)), file=sys.stderr)
    for line in dict.fromkeys(_told(each, known) for each in result.secrets):
        print(line, file=sys.stderr)
    if result.secrets:
        print(_delivery(result), file=sys.stderr)


def _told(secret: Secret, known: list[str]) -> str:
    place = f"{secret.span.path}:{secret.span.start.line}"
    told = f"{secret.variable} must hold {without_values(secret.what, known)}, which is in {place}"
    if secret.in_argv:
        told += "; every user of the host can read it in the command line, as before"
    return told


def _delivery(result: ImportResult) -> str:
    """Return how to give the service its variables in an inventory's group data."""
    names = dict.fromkeys(each.variable for each in result.secrets)
    values = ", ".join(f'"{name}": os.environ["{name}"]' for name in names)
    return (
        f"set them in the inventory's group data; a rollout writes them to "
        f"{environment_file(result.service)}, readable by root only:\n"
        f'    llamafleet_environment = {{"{result.service}": {{{values}}}}}'
    )


def _proven(result: ImportResult) -> int:
    if result.failed:
        say("not verified: errors above name parts that are missing")
        return 1
    different = result.differences()
    for line in different:
        print(line, file=sys.stderr)
    if different:
        say(f"not verified: {counted(len(different), 'difference')} in meaning")
        return 1
    print("verified: the fleet file renders to the same meaning", file=sys.stderr)
    return 0
