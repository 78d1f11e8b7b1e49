"""`llamafleet simulate`: what loads and what is stopped when models are asked for."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..diagnostics.model import Diagnostic, Severity
from ..diagnostics.suggest import suggest
from ..fleet.matrix_expression import MOST_COMBINATIONS
from ..llama_swap.load import read_swap_config
from ..llama_swap.model import SwapConfig
from ..llama_swap.simulate import Simulation, Step
from ..llama_swap.versions import NEWEST
from ..source import Source
from .terminal import STDIN, say, show
from .yaml_files import InputFiles, environment

PROBLEMS, USAGE = 1, 2

VERSION = 1
"""The version of the JSON, described by schemas/simulate.schema.json."""

TOO_MUCH = frozenset({"disk-overcommit", "ram-overcommit", "vram-overcommit"})
"""Errors of fleets that can be rendered, though not rolled out."""


def simulate(
    file: str,
    requests: list[str],
    service: str | None,
    running: str,
    pairs: bool,
    sets: bool,
    style: str,
    llama_swap: int | None,
    env: list[str],
) -> int:
    """Answer one of three questions about one llama-swap; 1 if there is none to ask."""
    inputs = InputFiles()
    if inputs.is_yaml(file):
        found = _of_yaml(file, inputs, llama_swap or NEWEST, environment(env))
    else:
        found = _of_fleet(file, inputs, service)
    if found is None:
        return PROBLEMS
    if sets:
        return _sets(found, style)
    if pairs:
        return _pairs(found, style)
    if not requests:
        if file == "-":
            say("stdin is the file: give the requests as arguments")
            return USAGE
        requests = sys.stdin.read().split()
    start = [each.strip() for each in running.split(",") if each.strip()]
    return _requests(found, start, requests, style)


def _of_yaml(
    path: str, inputs: InputFiles, version: int, known: Mapping[str, str]
) -> Simulation | None:
    source, problems = inputs.source(path)
    config: SwapConfig | None = None
    if source is not None:
        config, found = read_swap_config(source, version, known)
        problems = tuple(each for each in found if each.refused)
    if problems or config is None:
        _refuse(problems, source)
        return None
    return Simulation(config)


def _of_fleet(path: str, inputs: InputFiles, service: str | None) -> Simulation | None:
    from ..compiler import compile_file
    from ..render import render
    from ..targets.swap.block import llama_swaps

    compiled = compile_file(STDIN if path == "-" else path, inputs.read)
    errors = [each for each in compiled.diagnostics if each.severity is Severity.ERROR]
    if compiled.fleet is None:
        show(errors, compiled.sources, sys.stderr)
    # What does not fit can still be looked at: how it comes about is just what one asks then.
    if compiled.resolved is None or any(each.code not in TOO_MUCH for each in errors):
        return None
    fleet = compiled.resolved
    swaps = llama_swaps(fleet)
    chosen = [each for each in swaps if service in (None, each.name)]
    if len(chosen) != 1:
        names = ", ".join(each.name for each in swaps)
        say(
            f"choose a llama-swap with --service: {names}"
            if swaps
            else "the fleet has no llama-swap"
        )
        return None
    swap = chosen[0]
    place = f"/etc/llamafleet/llama-swap/{swap.name}.yaml"
    artifacts = render(fleet)[swap.host]
    text = next(each.content for each in artifacts if each.path == place)
    config, found = read_swap_config(Source(place, text), swap.version)
    if config is None or any(each.refused for each in found):
        _refuse([each for each in found if each.refused], Source(place, text))
        return None
    matrix = swap.matrix
    names_of = {each.rendered: each.name for each in matrix.sets} if matrix else {}
    return Simulation(config, names_of)


def _refuse(problems: Iterable[Diagnostic], source: Source | None) -> None:
    show(problems, {source.path: source} if source else {}, sys.stderr)
    say("llama-swap does not start with this configuration")


def _unknown(simulation: Simulation, names: Iterable[str]) -> bool:
    known = simulation.known()
    missing = [each for each in dict.fromkeys(names) if each not in known]
    for name in missing:
        near = suggest(name, known)
        say(f'no model is named "{name}"' + (f', did you mean "{near}"?' if near else ""))
    return bool(missing)


def _requests(simulation: Simulation, start: list[str], requests: list[str], style: str) -> int:
    if _unknown(simulation, [*start, *requests]):
        return PROBLEMS
    running = tuple(sorted({simulation.target(each, ()) or each for each in start}))
    if style == "text" and running:
        print(f"running: {', '.join(running)}")
    for number, step in enumerate(simulation.run(running, requests), 1):
        print(_line(step) if style == "json" else _told(number, step))
    return 0


def _line(step: Step) -> str:
    shown = {
        "version": VERSION,
        "request": step.request,
        "set": step.set,
        "evict": list(step.evict),
        "running": list(step.running),
    }
    return json.dumps(shown, ensure_ascii=False)


def _told(number: int, step: Step) -> str:
    name = step.request
    if step.model not in (None, step.request):
        name += f" -> {step.model}"
    lines = [f"{number}. {name}: {step.why}"]
    if step.evict:
        lines.append(f"   evicts  {', '.join(step.evict)}")
    lines.append(f"   running {', '.join(step.running) or 'nothing'}")
    return "\n".join(lines)


def _sets(simulation: Simulation, style: str) -> int:
    if not simulation.solver.countable():
        say(f"the matrix has more than {MOST_COMBINATIONS} combinations, too many to list")
        return PROBLEMS
    for name, combinations in simulation.solver.sets():
        shown = simulation.names.get(name, name)
        if style == "json":
            found = {
                "version": VERSION,
                "set": shown,
                "combinations": [list(each) for each in combinations],
            }
            print(json.dumps(found, ensure_ascii=False))
        else:
            print(f"{shown}: {' | '.join(' & '.join(each) for each in combinations)}")
    return 0


@dataclass(frozen=True, slots=True)
class _Row:
    model: str
    always: list[str]
    sometimes: list[str]


def _pairs(simulation: Simulation, style: str) -> int:
    found, whole = simulation.rivals()
    for model, (always, can) in found.items():
        row = _Row(model, sorted(always), sorted(can - always))
        if style == "json":
            shown = {
                "version": VERSION,
                "request": model,
                "always": row.always,
                "sometimes": row.sometimes,
            }
            print(json.dumps(shown, ensure_ascii=False))
            continue
        words = []
        if row.always:
            words.append(f"evicts {', '.join(row.always)}")
        if row.sometimes:
            words.append(f"may evict {', '.join(row.sometimes)}, depending on what else runs")
        print(f"{model}: {'; '.join(words) or 'evicts nothing'}")
    if not whole:
        say("not every state was simulated: there may be further evictions")
    return 0
