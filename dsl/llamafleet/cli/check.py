"""`llamafleet check`: what is wrong with fleet files."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from ..compiler import Compiled, compile_file
from ..diagnostics.model import Diagnostic, Severity
from ..fleet.model import Fleet
from ..language.reading import read_bytes
from ..language.source import Source
from .terminal import STDIN, counted, show, totals


def check(fleets: list[str], style: str, strict: bool) -> int:
    """Check each fleet; 1 if one has errors, or warnings under `strict`."""
    # Two fleets may include the same file: what is wrong with that is said once.
    found: dict[Diagnostic, None] = {}
    sources: dict[str, Source] = {}
    clean: list[str] = []
    for path in dict.fromkeys(fleets):
        compiled = _compile(path)
        found.update(dict.fromkeys(compiled.diagnostics))
        sources.update(compiled.sources)
        if compiled.fleet and not compiled.diagnostics:
            name = STDIN if path == "-" else path
            clean.append(f"{name}: ok, {_contents(compiled.fleet)}")
    _print(found, sources, style)
    files = sources.keys() | {each.primary.span.path for each in found}
    for line in [*clean, *([totals(found, len(files))] if found else [])]:
        print(line, file=sys.stderr)
    failing = (Severity.ERROR, Severity.WARNING) if strict else (Severity.ERROR,)
    return int(any(each.severity in failing for each in found))


def _print(found: Iterable[Diagnostic], sources: Mapping[str, Source], style: str) -> None:
    match style:
        case "json":
            from ..diagnostics.as_json import as_json

            sys.stdout.write(as_json(found))
        case "sarif":
            from ..diagnostics.as_sarif import as_sarif
            from .about import documentation, version

            sys.stdout.write(as_sarif(found, version(), documentation()))
        case "github":
            from ..diagnostics.as_github import as_github

            sys.stdout.write(as_github(found))
        case _:
            show(found, sources)
    sys.stdout.flush()


def _compile(path: str) -> Compiled:
    if path != "-":
        return compile_file(path)
    data = sys.stdin.buffer.read()
    return compile_file(STDIN, lambda asked: data if asked == STDIN else read_bytes(asked))


def _contents(fleet: Fleet) -> str:
    parts = ((fleet.hosts, "host"), (fleet.models, "model"), (fleet.services, "service"))
    return ", ".join(counted(len(things), word) for things, word in parts if things) or "empty"
