"""An option as lines of a model's block, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...fleet.model import Fleet, Model
from ..memory.terms import MIB
from .beside import Beside
from .options import Option, Short

VERSION = 1
"""The version of the JSON, described by schemas/suggest.schema.json."""


def lines(option: Option, model: Model) -> tuple[str, ...]:
    """Return the lines to write into the block; defaults only where they undo a setting."""
    return tuple(f"{key} = {value}" for key, value in _keys(option, model))


def _keys(option: Option, model: Model) -> Iterator[tuple[str, str]]:
    yield "ctx-size", str(option.ctx_size)
    for key in ("cache-type-k", "cache-type-v"):
        if option.cache_type != "f16" or model.flag(key) is not None:
            yield key, option.cache_type
    if option.split:
        yield "tensor-split", f"[{', '.join(map(str, option.split))}]"
    if option.cpu_moe or model.flag("n-cpu-moe") is not None:
        yield "n-cpu-moe", str(option.cpu_moe)


def place_name(fleet: Fleet, host: str, place: int) -> str:
    """Return the name of a place: `GPU 0 (rtx-3090)`, or the memory of the host."""
    gpus = fleet.hosts[host].gpus
    return f"GPU {place} ({gpus[place].name})" if place < len(gpus) else "host memory"


def tree(
    asked: Mapping[str, str],
    model: Model,
    beside: Beside,
    options: tuple[Option, ...],
    short: tuple[Short, ...],
) -> dict[str, Any]:
    """Return everything as JSON values, in MiB; the cards' numbers include the margin."""
    return {
        "version": VERSION,
        **asked,
        "beside": list(beside.names),
        "cards": [
            {"index": card, "room_mib": _mib(room), "taken_mib": _mib(beside.taken[card])}
            for card, room in enumerate(beside.room[:-1])
        ],
        "host_ram": {"room_mib": _mib(beside.room[-1]), "taken_mib": _mib(beside.taken[-1])},
        "options": [_option(each, model, beside) for each in options],
        "short": [
            {
                "cache_type": each.cache_type,
                "missing_mib": {_place(place, beside): _mib(size) for place, size in each.missing},
            }
            for each in short
        ],
    }


def _option(option: Option, model: Model, beside: Beside) -> dict[str, Any]:
    left = beside.left
    return {
        "cache_type": option.cache_type,
        "ctx_size": option.ctx_size,
        "ctx_per_slot": option.per_slot,
        "tensor_split": list(option.split) or None,
        "n_cpu_moe": option.cpu_moe,
        "cards": [
            {"index": card, "takes_mib": _mib(takes), "free_mib": _mib(_minus(left[card], takes))}
            for card, takes in enumerate(option.takes[:-1])
        ],
        "host_ram_mib": _mib(option.takes[-1]),
        "lines": list(lines(option, model)),
    }


def _place(place: int, beside: Beside) -> str:
    return "host_ram" if place == len(beside.room) - 1 else f"gpu{place}"


def _minus(left: int | None, takes: int) -> int | None:
    return None if left is None else left - takes


def _mib(size: int | None) -> float | None:
    return None if size is None else round(size / MIB, 1)
