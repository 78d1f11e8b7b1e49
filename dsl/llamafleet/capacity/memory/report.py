"""An estimate as JSON, and as a table with its terms."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .devices import Device
from .engine.tensor_split import META
from .spread import largest
from .terms import HOST, LOGGED, MIB, Estimate, Kind

COLUMNS: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    ("weights", ("weights",)),
    ("kv", ("kv",)),
    ("recurrent", ("recurrent",)),
    ("compute", ("compute",)),
    ("output", ("output",)),
)


VERSION = 1
"""The version of the JSON, described by schemas/memory.schema.json."""


def as_json(found: Estimate) -> str:
    """Return an estimate as indented JSON; sizes are in MiB."""
    return json.dumps({"version": VERSION, **estimate_tree(found)}, indent=2)


def estimate_tree(found: Estimate) -> dict[str, object]:
    """Return sizes by device in MiB; totals are the log's, without driver and prompt cache."""
    devices = []
    for device in found.devices:
        row: dict[str, object] = {"device": device}
        row |= {f"{name}_mib": _mib(found.size(device, *kinds)) for name, kinds in COLUMNS}
        row["total_mib"] = _mib(found.size(device, *LOGGED))
        row["driver_mib"] = _mib(found.size(device, "driver"))
        row["off_mib"] = _mib(found.margin_on(device))
        devices.append(row)
    if found.together:
        devices.append(_together(found))
    return {
        "devices": devices,
        "host_ram_mib": _mib(found.host),
        "n_ctx": found.n_ctx,
        "n_ctx_per_slot": found.n_ctx_per_slot,
        "terms": [
            {
                "device": each.device, "kind": each.kind, "what": each.what,
                "mib": _mib(each.size), "off_mib": _mib(each.margin),
                "formula": each.formula, "source": each.source,
            }
            for each in found.terms
        ],
        "notes": list(_notes(found)),
        "unmodelled": list(found.unmodelled),
    }  # fmt: skip


def _together(found: Estimate) -> dict[str, object]:
    """The row of the log that stands for all devices of `--split-mode tensor`."""
    sizes = largest(found)
    row: dict[str, object] = {
        "device": META,
        "of": [each for each in found.devices if each != HOST],
    }
    row |= {f"{name}_mib": _mib(sum(sizes.get(k, 0) for k in kinds)) for name, kinds in COLUMNS}
    return row | {"total_mib": _mib(sum(sizes.get(kind, 0) for kind in LOGGED))}


def as_text(found: Estimate, cards: tuple[Device, ...]) -> str:
    """Render a table of MiB, the terms with their sources, and notes."""
    notes = (f"note: {each}" for each in _notes(found))
    return "\n".join((*_table(found, cards), "", *_terms(found), *notes))


def _table(found: Estimate, cards: tuple[Device, ...]) -> Iterator[str]:
    memory = {each.name: each.memory for each in cards}
    names = "".join(f"{name:>12}" for name, _ in COLUMNS)
    yield f"{'MiB':<10}{names}{'total':>12}{'driver':>12}{'card':>12}"
    for device in found.devices:
        cells = "".join(f"{found.size(device, *kinds) / MIB:>12.2f}" for _, kinds in COLUMNS)
        total, driver = found.size(device, *LOGGED), found.size(device, "driver")
        card = f"{memory[device] / MIB:>12.0f}" if device in memory else ""
        over = "  too much" if device in memory and total + driver > memory[device] else ""
        taken = f"{driver / MIB:>12.0f}" if device in memory else ""
        yield f"{device:<10}{cells}{total / MIB:>12.2f}{taken}{card}{over}"
    yield ""
    yield f"host memory {found.host / MIB:.2f} MiB, caches that may grow included"
    yield f"context {found.n_ctx}, for one slot {found.n_ctx_per_slot}"


def _terms(found: Estimate) -> Iterator[str]:
    for each in found.terms:
        off = f" ± {each.margin / MIB:.2f}" if each.margin else ""
        yield f"{each.device:<8}{each.size / MIB:>12.2f}{off}  {each.what}: {each.formula}"
        yield f"{'':<22}[{each.source}]"


def _notes(found: Estimate) -> Iterator[str]:
    yield from filter(None, (*found.doubts, found.whole_context, *found.notes))


def _mib(size: int) -> float:
    return round(size / MIB, 4)
