"""The longest context of a model that fits into what is left, by the type of its cache.

What fits, fits with the margin of error: `check` has nothing to say about it. On several cards the
layers are spread so that it does; of experts no more go to the host's memory than must.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...fleet.model import Model
from ..footprint.changed import with_flags, with_split
from ..footprint.device_usage import DeviceUsage
from .search import Search, written

TYPES = ("f16", "q8_0", "q4_0")


@dataclass(frozen=True, slots=True)
class Option:
    """One way to run the model. `takes` is what it takes in each place, margins included."""

    cache_type: str
    ctx_size: int
    per_slot: int
    split: tuple[int, ...]
    cpu_moe: int
    takes: DeviceUsage
    model: Model


@dataclass(frozen=True, slots=True)
class Short:
    """A context that does not fit even at its shortest: the missing bytes by place."""

    cache_type: str
    missing: tuple[tuple[int, int], ...]


def suggestions(search: Search) -> tuple[tuple[Option, ...], tuple[Short, ...]]:
    """Yield options that fit, the best cache first, and what does not fit.

    Of a model with experts there is a second option where the first one's context is shorter than
    it could be: the full one, with some experts in the host's memory.
    """
    found: list[Option] = []
    short: list[Short] = []
    for name in TYPES:
        if name != "f16" and search.model.flag("flash-attn") == "off":
            continue  # values cannot be quantised without it
        typed = with_flags(search.model, cache_type_k=name, cache_type_v=name)
        own = list(_of_type(search, typed, name))
        found += own
        if not own:
            short.append(_short(search, typed, name))
    return tuple(found), tuple(short)


def _of_type(search: Search, model: Model, name: str) -> Iterator[Option]:
    least = 0
    if search.experts:
        model = with_flags(model, n_cpu_moe="0")
        least = _least_experts(search, model)
    first = _longest(search, _with_experts(search, model, least), name, least)
    if first is None:
        return
    yield first
    if search.experts and first.ctx_size < search.most:
        more = _fewest_experts(search, model, search.most)
        if more is not None:
            second = _longest(search, _with_experts(search, model, more), name, more)
            if second is not None:
                yield second


def _least_experts(search: Search, model: Model) -> int:
    """None if any context fits so; otherwise as few as the context that is written needs."""
    fewest = _fewest_experts(search, model, search.unit)
    if not fewest:
        return 0
    said = min(written(search.model), search.most)
    wanted = _fewest_experts(search, model, said) if said > search.unit else None
    return wanted or fewest


def _longest(search: Search, model: Model, name: str, experts: int) -> Option | None:
    """The largest context; the search halves what is in question."""

    def placed(steps: int, small: bool = False) -> tuple[Model, DeviceUsage] | None:
        sized = with_flags(model, ctx_size=str(steps * search.unit))
        return search.placed(sized, small=small)

    steps = _last(placed, 1, search.most // search.unit)
    found = placed(steps, small=True) if steps else None
    if found is None:
        return None
    changed, takes = found
    said = (changed.flag("tensor-split") or "").split(",") if len(search.cards) > 1 else []
    return Option(
        cache_type=name,
        ctx_size=steps * search.unit,
        per_slot=steps * search.unit // search.streams,
        split=tuple(int(each) for each in said if each),
        cpu_moe=experts,
        takes=takes,
        model=changed,
    )


def _last(fits: Callable[[int], object | None], low: int, high: int) -> int:
    """The largest number with which something fits, 0 if there is none; the last one is tried."""
    if high >= low and fits(high) is not None:
        return high
    best = 0
    while low < high:
        middle = (low + high) // 2
        if fits(middle) is not None:
            best, low = middle, middle + 1
        else:
            high = middle
    return best


def _fewest_experts(search: Search, model: Model, context: int) -> int | None:
    """The fewest layers whose experts must be elsewhere for this context."""
    sized = with_flags(model, ctx_size=str(context))
    away = search.layers

    def fits(here: int) -> object | None:
        return search.placed(_with_experts(search, sized, away - here))

    if fits(0) is None:
        return None
    return away - _last(fits, 1, away)


def _with_experts(search: Search, model: Model, layers: int) -> Model:
    return with_flags(model, n_cpu_moe=str(layers)) if search.experts else model


def _short(search: Search, model: Model, name: str) -> Short:
    """Return the bytes that the shortest context lacks, with all experts elsewhere."""
    model = _with_experts(search, with_flags(model, ctx_size=str(search.unit)), search.layers)
    if len(search.cards) > 1:
        model = with_split(model, search.shares())
    takes = search.takes(model)
    spare = search.spare(takes) if takes is not None else ()
    return Short(name, tuple((place, -each) for place, each in enumerate(spare) if each < 0))
