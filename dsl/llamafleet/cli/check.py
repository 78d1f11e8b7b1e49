"""`llamafleet check`: what is wrong with fleet files, or with llama-swap's own."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping

from ..compiler import Compiled, compile_file
from ..dataclasses import replace
from ..diagnostics.model import Diagnostic, Severity
from ..fleet.model import Fleet
from ..source import Source
from ..targets.swap.block import llama_swaps
from .memory_checked import memory_checked
from .terminal import STDIN, counted, show, totals
from .yaml_files import InputFiles, environment


def check(
    fleets: list[str],
    style: str,
    strict: bool,
    llama_swap: int | None = None,
    llama_cpp: str | None = None,
    env: list[str] | None = None,
) -> int:
    """Check each file; 1 if one has errors, or warnings under `strict`."""
    # Two fleets may include the same file: what is wrong with that is said once.
    found: dict[Diagnostic, None] = {}
    sources: dict[str, Source] = {}
    clean: list[str] = []
    inputs = InputFiles()
    for path in dict.fromkeys(fleets):
        if inputs.is_yaml(path):
            known = environment(env or [])
            _check_yaml(path, inputs, (llama_swap, llama_cpp, known), (found, sources, clean))
            continue
        compiled = _compile(path, inputs)
        found.update(dict.fromkeys(compiled.diagnostics))
        sources.update(compiled.sources)
        name = STDIN if path == "-" else path
        if compiled.fleet and not compiled.diagnostics:
            ok = f"{name}: ok, {_contents(compiled.fleet)}"
            clean.append("; ".join(filter(None, (ok, memory_checked(compiled)))))
        elif memory := memory_checked(compiled):
            clean.append(f"{name}: {memory}")
        if compiled.fleet:
            clean += _derived(compiled.fleet)
    _print(found, sources, style)
    files = sources.keys() | {each.primary.span.path for each in found}
    for line in [*clean, *([totals(found, len(files))] if found else [])]:
        print(line, file=sys.stderr)
    failing = (Severity.ERROR, Severity.WARNING) if strict else (Severity.ERROR,)
    return int(any(each.severity in failing for each in found))


def _print(found: Iterable[Diagnostic], sources: Mapping[str, Source], style: str) -> None:
    if found and style != "text":
        from ..diagnostics.concealed import concealed

        found, _ = concealed(found, sources)
    match style:
        case "json":
            from ..diagnostics.as_json import as_json

            sys.stdout.write(as_json(found))
        case "sarif":
            from ..diagnostics.as_sarif import as_sarif
            from ..rules.codes import CODES
            from .about import documentation, version

            sys.stdout.write(as_sarif(found, CODES, version(), documentation()))
        case "github":
            from ..diagnostics.as_github import as_github

            sys.stdout.write(as_github(found))
        case _:
            show(found, sources)
    sys.stdout.flush()


def _compile(path: str, inputs: InputFiles) -> Compiled:
    return compile_file(STDIN if path == "-" else path, inputs.read)


def _check_yaml(
    path: str,
    inputs: InputFiles,
    asked: tuple[int | None, str | None, Mapping[str, str]],
    result: tuple[dict[Diagnostic, None], dict[str, Source], list[str]],
) -> None:
    """Check a configuration of llama-swap, and add to what was found."""
    from ..llama_swap.versions import NEWEST
    from ..swap_check import check_swap_config

    found, sources, clean = result
    source, problems = inputs.source(path)
    found.update(dict.fromkeys(replace(each, refused=True) for each in problems))
    if source is None:
        return
    sources[source.path] = source
    version, llama_cpp, known = asked
    checked = check_swap_config(source, version or NEWEST, llama_cpp, known)
    found.update(dict.fromkeys(checked.diagnostics))
    if checked.config and not checked.diagnostics:
        models = counted(len(checked.config.models), "model")
        clean.append(f"{source.path}: ok, {models} for llama-swap v{checked.config.version}")


def _derived(fleet: Fleet) -> Iterator[str]:
    """Yield a line for each llama-swap whose sets were derived."""
    for service in llama_swaps(fleet):
        if service.matrix and service.matrix.auto.sets:
            from ..capacity.derive.summary_line import summary_line

            yield summary_line(service.name, service.matrix)


def _contents(fleet: Fleet) -> str:
    parts = ((fleet.hosts, "host"), (fleet.models, "model"), (fleet.services, "service"))
    return ", ".join(counted(len(things), word) for things, word in parts if things) or "empty"
