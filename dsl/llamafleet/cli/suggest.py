"""`llamafleet suggest MODEL --host H`: the longest context that fits beside others."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..capacity.footprint import Footprints
from ..capacity.memory.terms import MIB
from ..capacity.suggestion import (
    Beside,
    Option,
    Search,
    Short,
    UnknownNameError,
    beside,
    suggestions,
)
from ..capacity.suggestion.paste import lines, place_name, tree
from ..diagnostics.suggest import suggest as nearest
from ..fleet.model import Fleet, Service
from ..fleet.service import swaps
from .resolved import resolved
from .terminal import say

PROBLEMS, USAGE = 1, 2


def suggest(
    model: str,
    fleet: str,
    host: str | None,
    models: str | None,
    set_name: str | None,
    service: str | None,
    style: str,
) -> int:
    """Print what fits; 1 if nothing does, or if nobody can tell."""
    path, model = _ordered(model, fleet)
    known = resolved(path)
    if known is None:
        return PROBLEMS
    place = _place(known, path, model, host, service)
    if place is None:
        return USAGE
    serving, where = place
    footprints = Footprints(known)
    listed = None if models is None else [each for each in models.split(",") if each.strip()]
    try:
        found = beside(footprints, serving, model, where, listed, set_name)
    except UnknownNameError as unknown:
        _unknown(f"{where} has {unknown}", unknown.name, unknown.known)
        return USAGE
    search = Search(footprints, serving.name, where, known.models[model], found.left)
    if search.why:
        say(f'the memory of model "{model}" is unknown: {search.why}; run "llamafleet lock {path}"')
        return PROBLEMS
    options, short = suggestions(search)
    asked = {"model": model, "host": where, "service": serving.name}
    if style == "json":
        print(json.dumps(tree(asked, known.models[model], found, options, short), indent=2))
    else:
        print("\n".join(_told(search, found, options, short)))
    return 0 if options else PROBLEMS


def _ordered(model: str, fleet: str) -> tuple[str, str]:
    """Return fleet file and model in this order; on the command line either may come first."""
    swapped = model.endswith(".fleet") or (Path(model).is_file() and not Path(fleet).is_file())
    return (model, fleet) if swapped else (fleet, model)


def _place(
    fleet: Fleet, path: str, model: str, host: str | None, service: str | None
) -> tuple[Service, str] | None:
    """Return service and host for the model; None after an error message."""
    if model not in fleet.models:
        _unknown(f"{path} has no model", model, tuple(fleet.models))
        return None
    if host is not None and host not in fleet.hosts:
        _unknown(f"{path} has no host", host, tuple(fleet.hosts))
        return None
    if service is not None and service not in fleet.services:
        _unknown(f"{path} has no service", service, tuple(fleet.services))
        return None
    able = [
        each for each in fleet.services.values() if each.models and service in (None, each.name)
    ]
    serving = [each for each in able if model in each.models]
    hosts = [host] if host else list(dict.fromkeys(name for s in serving for name in s.hosts))
    if len(hosts) != 1:
        say(f"choose a host with --host: {', '.join(hosts or fleet.hosts)}")
        return None
    there = [each for each in serving if hosts[0] in each.hosts]
    # Somewhere else, it is tried as if a llama-swap of that host served it.
    there = there or [
        each for each in able if swaps(each) and hosts[0] in each.hosts and each.builds
    ]
    if not there:
        say(f'no service on host "{hosts[0]}" can serve model "{model}"')
        return None
    return there[0], hosts[0]


def _unknown(message: str, name: str, known: Sequence[str]) -> None:
    near = nearest(name, known)
    hint = f": did you mean {near}?" if near else f"; there are: {', '.join(known)}"
    say(message + (f' "{name}"' if f'"{name}"' not in message else "") + hint)


def _told(
    search: Search, found: Beside, options: tuple[Option, ...], short: tuple[Short, ...]
) -> Iterator[str]:
    fleet = search.footprints.fleet
    names = f" beside {', '.join(found.names)}" if found.names else ", alone"
    yield f"{search.model.name} in {search.service} on {search.host}{names}"
    for place, (room, taken) in enumerate(zip(found.room, found.taken, strict=True)):
        if room is not None:
            others = f", of which others take {_mib(taken)}" if taken else ""
            yield f"{place_name(fleet, search.host, place)}: {_mib(room)}{others}"
    for name in found.unknown:
        yield f"note: the memory of {name} is unknown and not counted"
    for why in search.doubts:
        yield f"note: {why}, which is kept free"
    if options:
        yield ""
        yield from _table(search, found, options)
    for each in short:
        yield ""
        yield from _missing(search, each)
    for number, option in enumerate(options, 1):
        yield ""
        yield f"# {number}"
        yield from lines(option, fleet.models[search.model.name])


def _table(search: Search, found: Beside, options: tuple[Option, ...]) -> Iterator[str]:
    cards = [card for card in range(len(found.room) - 1) if any(o.takes[card] for o in options)]
    heads = ["#", "cache", "ctx-size", "a slot"]
    rows = [
        [str(number), each.cache_type, str(each.ctx_size), str(each.per_slot)]
        for number, each in enumerate(options, 1)
    ]
    if any(each.split for each in options):
        heads.append("tensor-split")
        for row, each in zip(rows, options, strict=True):
            row.append(",".join(map(str, each.split)))
    if search.experts:
        heads.append("n-cpu-moe")
        for row, each in zip(rows, options, strict=True):
            row.append(str(each.cpu_moe))
    heads += [*(f"GPU {card} free" for card in cards), "host memory"]
    for row, each in zip(rows, options, strict=True):
        spare = search.spare(each.takes)
        row += [*(_mib(spare[card]) for card in cards), _mib(each.takes[-1])]
    widths = [max(len(row[at]) for row in (heads, *rows)) for at in range(len(heads))]
    for row in (heads, *rows):
        yield "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))


def _missing(search: Search, short: Short) -> Iterator[str]:
    fleet = search.footprints.fleet
    experts = ", with the experts of all layers in the host's memory" if search.experts else ""
    yield f"{short.cache_type}: does not fit, not even with {search.unit} tokens{experts}"
    for place, size in short.missing:
        yield f"  {place_name(fleet, search.host, place)} lacks {_mib(size)}"


def _mib(size: int) -> str:
    return f"{size / MIB:.0f} MiB"
