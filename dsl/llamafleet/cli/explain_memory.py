"""`llamafleet explain memory MODEL`: what a model takes on each host, term by term."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..capacity.footprint import Footprint, Footprints
from ..capacity.footprint.model import ESTIMATED, MEASURED, WRITTEN
from ..capacity.memory.report import as_text, estimate_tree
from ..capacity.memory.terms import MIB
from ..diagnostics.suggest import suggest
from ..fleet.model import Fleet
from .resolved import resolved
from .terminal import say

PROBLEMS, USAGE = 1, 2

VERSION = 1
"""The version of the JSON, described by schemas/explain-memory.schema.json."""

HOW = {
    WRITTEN: "written in the fleet file (vram), which overrides the estimate",
    MEASURED: "measured on this host, which overrides the estimate below",
    ESTIMATED: "estimated from the GGUF header and its flags",
}


def explain_memory(model: str, path: str, style: str) -> int:
    """Print each distinct process; 1 if nothing is known of one, 2 if there is no such model."""
    fleet = resolved(path)
    if fleet is None:
        return PROBLEMS
    if model not in fleet.models:
        near = suggest(model, fleet.models)
        say(f'{path} has no model "{model}"' + (f": did you mean {near}?" if near else ""))
        return USAGE
    places = list(_places(Footprints(fleet), fleet, model))
    if not places:
        say(f'no service of {path} serves model "{model}"')
        return USAGE
    if style == "json":
        processes = [_tree(*each) for each in places]
        print(json.dumps({"version": VERSION, "model": model, "processes": processes}, indent=2))
    else:
        print("\n\n".join(_told(fleet, *each) for each in places))
    return int(any(not found.known for found, *_ in places))


def _places(
    footprints: Footprints, fleet: Fleet, model: str
) -> Iterator[tuple[Footprint, Footprint, list[str]]]:
    """Yield each distinct process with its computed footprint and the places where it runs."""
    found: dict[object, tuple[Footprint, Footprint, list[str]]] = {}
    for service in fleet.services.values():
        for host in service.hosts if model in service.models else ():
            own = footprints.of(service.name, model, host)
            free = replace(fleet.models[model], vram=None)
            for each, bare in zip(own, footprints.variant(service.name, free, host), strict=True):
                where = f"{service.name} on {host}"
                same = (service.name, each.known, each.cards, each.ram, each.why)
                known = found.setdefault(same, (each, bare, []))
                known[2].append(where if len(own) == 1 else f"{where}, process {each.process}")
    yield from found.values()


def _told(fleet: Fleet, found: Footprint, bare: Footprint, where: list[str]) -> str:
    more = f" and {len(where) - 1} more like it" if len(where) > 1 else ""
    how = HOW.get(found.known, "not known")
    if found.doubts:
        how = f"{'by size' if found.by_size else 'computed'}, in part by a rule of thumb"
    lines = [f"{found.model} in {where[0]}{more}: {how}", *found.doubts]
    host = fleet.hosts[found.host]
    for card in found.uses:
        parts = ", ".join(f"{p.kind} {p.size / MIB:.2f}" for p in dict(found.cards)[card])
        lines.append(
            f"GPU {card} ({host.gpus[card].name}): {found.bytes_on(card) / MIB:.2f} MiB, "
            f"give or take {found.margin_on(card) / MIB:.0f}: {parts}"
        )
    if bare.estimate is not None:
        lines += ["", as_text(bare.estimate, ())]
    elif bare.why:
        lines += ["", f"no estimate: {bare.why}"]
    return "\n".join(lines)


def _tree(found: Footprint, bare: Footprint, where: list[str]) -> dict[str, Any]:
    return {
        "model": found.model,
        "where": where,
        "known": found.known,
        "why": found.why,
        "unmodelled": list(found.unmodelled),
        "cards": [
            {
                "index": card,
                "mib": round(found.bytes_on(card) / MIB, 4),
                "margin_mib": round(found.margin_on(card) / MIB, 4),
                "parts": {part.kind: round(part.size / MIB, 4) for part in parts},
            }
            for card, parts in found.cards
        ],
        "computed": estimate_tree(bare.estimate) if bare.estimate else None,
    }
