"""The longest context of a model that fits into what is left, by the type of its cache.

What fits, fits with the margin of error: `check` has nothing to say about it. On several cards the
layers are spread so that it does; of experts no more go to the host's memory than must.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from ..fleet.model import Flag, Fleet, Model
from ..footprint import Footprint, Footprints
from .beside import Places, places_of

TYPES = ("f16", "q8_0", "q4_0")
CELLS = 256
"""Contexts of a slot are multiples of it."""
MOST_MOVES = 24
SMALL = 12
"""Shares that sum up to no more are written in preference to one a layer."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way to run the model. `takes` is what it takes in each place, margins included."""

    cache_type: str
    ctx_size: int
    per_slot: int
    split: tuple[int, ...]
    cpu_moe: int
    takes: Places
    model: Model


@dataclass(frozen=True, slots=True)
class Short:
    """Why not even the shortest context fits: bytes that are missing, by place."""

    cache_type: str
    missing: tuple[tuple[int, int], ...]


@dataclass
class Search:
    """A model of a service on a host, and what is left for it; nothing is computed twice."""

    footprints: Footprints
    service: str
    host: str
    model: Model
    left: tuple[int | None, ...]
    cards: tuple[int, ...] = field(init=False)
    layers: int = field(init=False)
    experts: bool = field(init=False)
    trained: int = field(init=False)
    streams: int = 1
    why: str = ""
    last: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Look at the weights, and at the model as it is."""
        fleet = self.footprints.fleet
        facts = fleet.facts.get(self.model.gguf or "")
        number = facts.integer if facts else lambda _: None
        self.layers = number("block_count") or 0
        self.experts = bool(number("expert_count"))
        self.trained = number("context_length") or CELLS
        self.model = replace(self.model, vram=None)
        own = self.of(self.model)
        self.why = next((each.why for each in own if not each.known), "")
        if own and own[0].estimate is not None:
            self.streams = max(1, own[0].estimate.n_ctx // own[0].estimate.n_ctx_per_slot)
        self.cards = _spread(self.model, fleet, self.host) if len(own) == 1 else ()

    @property
    def unit(self) -> int:
        """Contexts are multiples of it."""
        return CELLS * self.streams

    @property
    def most(self) -> int:
        """The context for which the model was made, for each slot, or more if it is set so."""
        return max(self.trained * self.streams, _written(self.model)) // self.unit * self.unit

    def of(self, model: Model) -> tuple[Footprint, ...]:
        """Its processes with other flags."""
        return self.footprints.variant(self.service, model, self.host)

    def takes(self, model: Model) -> Places | None:
        """What it takes in each place; None where that cannot be computed."""
        own = self.of(model)
        return places_of(own, len(self.left) - 1) if own and all(e.known for e in own) else None

    def spare(self, takes: Places) -> Places:
        """What is left in each place then; less than nothing where it is too much."""
        return tuple(
            0 if left is None else left - taken
            for left, taken in zip(self.left, takes, strict=True)
        )

    def placed(self, model: Model, *, small: bool = False) -> tuple[Model, Places] | None:
        """The model spread over its cards so that it fits, if wanted in small numbers."""
        if len(self.cards) < 2:
            takes = self.takes(model)
            return (model, takes) if takes and min(self.spare(takes)) >= 0 else None
        shares = list(self.last) or self._shares()
        seen: set[tuple[int, ...]] = set()
        while tuple(shares) not in seen and len(seen) < MOST_MOVES:
            seen.add(tuple(shares))
            changed = with_split(model, shares)
            takes = self.takes(changed)
            if takes is None:
                return None
            spare = self.spare(takes)
            if min(spare) >= 0:
                self.last = tuple(shares)
                return (small and self._smaller(model, shares)) or (changed, takes)
            if not _moved(shares, [spare[card] for card in self.cards]):
                return None
        return None

    def _shares(self) -> list[int]:
        """A share a layer, the output counted as one, by what is left on each card."""
        free = [max(0, self.left[card] or 0) for card in self.cards]
        total, layers = sum(free) or 1, self.layers + 1
        shares = [layers * each // total for each in free]
        shares[free.index(max(free))] += layers - sum(shares)
        return shares

    def _smaller(self, model: Model, shares: list[int]) -> tuple[Model, Places] | None:
        """The same with smaller numbers, if that fits, too."""
        whole = sum(shares)
        for total in range(len(shares), SMALL + 1):
            fewer = [round(each * total / whole) for each in shares]
            changed = with_split(model, fewer)
            takes = self.takes(changed) if any(fewer) else None
            if takes is not None and min(self.spare(takes)) >= 0:
                return changed, takes
        return None


def suggestions(search: Search) -> tuple[tuple[Option, ...], tuple[Short, ...]]:
    """What fits, the best cache first, and what does not.

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
    written = min(_written(search.model), search.most)
    wanted = _fewest_experts(search, model, written) if written > search.unit else None
    return wanted or fewest


def _longest(search: Search, model: Model, name: str, experts: int) -> Option | None:
    """The largest context; the search halves what is in question."""

    def placed(steps: int, small: bool = False) -> tuple[Model, Places] | None:
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
    """What the shortest context lacks, with all experts elsewhere."""
    model = _with_experts(search, with_flags(model, ctx_size=str(search.unit)), search.layers)
    if len(search.cards) > 1:
        model = with_split(model, search._shares())
    takes = search.takes(model)
    spare = search.spare(takes) if takes is not None else ()
    return Short(name, tuple((place, -each) for place, each in enumerate(spare) if each < 0))


def with_flags(model: Model, **values: str) -> Model:
    """A model with other values of flags; `_` in a name stands for `-`."""
    changed = {key.replace("_", "-"): value for key, value in values.items()}
    kept = tuple(flag for flag in model.flags if flag.key not in changed)
    new = tuple(Flag(key, (f"--{key}", value), model.origin) for key, value in changed.items())
    return replace(model, flags=(*kept, *new))


def with_split(model: Model, shares: list[int]) -> Model:
    """A model whose layers are spread like this."""
    return with_flags(model, tensor_split=",".join(map(str, shares)))


def _spread(model: Model, fleet: Fleet, host: str) -> tuple[int, ...]:
    """The cards over which layers can be spread; one or none where that is not asked for."""
    if model.flag("split-mode") not in (None, "layer"):
        return ()
    there = range(len(fleet.hosts[host].gpus))
    return tuple(card for card in (there if model.gpus is None else model.gpus) if card in there)


def _written(model: Model) -> int:
    said = model.flag("ctx-size") or ""
    return int(said) if said.isdigit() else 0


def _moved(shares: list[int], spare: list[int]) -> bool:
    """Move a share from the fullest card to the emptiest; False where that leads nowhere."""
    fullest, emptiest = spare.index(min(spare)), spare.index(max(spare))
    if spare[fullest] >= 0 or spare[emptiest] <= 0 or not shares[fullest]:
        return False
    shares[fullest] -= 1
    shares[emptiest] += 1
    return True
