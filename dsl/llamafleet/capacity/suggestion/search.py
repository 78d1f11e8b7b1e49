"""A model of a service on a host, tried with other flags in what is left there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ...fleet.model import Fleet, Model
from ..footprint import Footprint, Footprints
from ..footprint.changed import moved, with_split
from ..footprint.device_usage import DeviceUsage, usage_of

CELLS = 256
"""Contexts of a slot are multiples of it."""
MOST_MOVES = 24
SMALL = 12
"""Shares that sum up to no more are written in preference to one a layer."""


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
    doubts: tuple[str, ...] = ()
    last: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Read the weights' header, and the model as it is."""
        fleet = self.footprints.fleet
        facts = fleet.facts.get(self.model.gguf or "")
        number = facts.integer if facts else lambda _: None
        self.layers = number("block_count") or 0
        self.experts = bool(number("expert_count"))
        self.trained = number("context_length") or CELLS
        self.model = replace(self.model, vram=None)
        own = self.of(self.model)
        self.why = next((each.why for each in own if not each.known), "")
        if any(each.by_size for each in own):
            # How long a context it was made for is not known either.
            self.why = "only the size of its weights is known"
        self.doubts = tuple(dict.fromkeys(why for each in own for why in each.doubts))
        if own and own[0].estimate is not None:
            self.streams = max(1, own[0].estimate.n_ctx // own[0].estimate.n_ctx_per_slot)
        self.cards = _spread(self.model, fleet, self.host) if len(own) == 1 else ()

    @property
    def unit(self) -> int:
        """Return the tokens of which contexts are multiples."""
        return CELLS * self.streams

    @property
    def most(self) -> int:
        """Return the longest context in tokens: the trained one for each slot, or more if set."""
        return max(self.trained * self.streams, written(self.model)) // self.unit * self.unit

    def of(self, model: Model) -> tuple[Footprint, ...]:
        """Return the footprints of its processes with other flags."""
        return self.footprints.variant(self.service, model, self.host)

    def takes(self, model: Model) -> DeviceUsage | None:
        """Return the bytes that it takes in each place; None where they cannot be computed."""
        own = self.of(model)
        return usage_of(own, len(self.left) - 1) if own and all(e.known for e in own) else None

    def spare(self, takes: DeviceUsage) -> DeviceUsage:
        """Return the bytes left in each place then, negative where it is too much."""
        return tuple(
            0 if left is None else left - taken
            for left, taken in zip(self.left, takes, strict=True)
        )

    def placed(self, model: Model, *, small: bool = False) -> tuple[Model, DeviceUsage] | None:
        """Return the model split so that it fits, and its usage; None if it does not."""
        if len(self.cards) < 2:
            takes = self.takes(model)
            return (model, takes) if takes and min(self.spare(takes)) >= 0 else None
        shares = list(self.last) or self.shares()
        tried: set[tuple[int, ...]] = set()
        while tuple(shares) not in tried and len(tried) < MOST_MOVES:
            tried.add(tuple(shares))
            changed = with_split(model, shares)
            takes = self.takes(changed)
            if takes is None:
                return None
            spare = self.spare(takes)
            if min(spare) >= 0:
                self.last = tuple(shares)
                return (small and self._smaller(model, shares)) or (changed, takes)
            if not moved(shares, [spare[card] for card in self.cards]):
                return None
        return None

    def shares(self) -> list[int]:
        """Return shares, one a layer and one for the output, by what is left on each card."""
        free = [max(0, self.left[card] or 0) for card in self.cards]
        total, layers = sum(free) or 1, self.layers + 1
        shares = [layers * each // total for each in free]
        shares[free.index(max(free))] += layers - sum(shares)
        return shares

    def _smaller(self, model: Model, shares: list[int]) -> tuple[Model, DeviceUsage] | None:
        """The same with smaller numbers, if that fits, too."""
        whole = sum(shares)
        for total in range(len(shares), SMALL + 1):
            fewer = [round(each * total / whole) for each in shares]
            changed = with_split(model, fewer)
            takes = self.takes(changed) if any(fewer) else None
            if takes is not None and min(self.spare(takes)) >= 0:
                return changed, takes
        return None


def _spread(model: Model, fleet: Fleet, host: str) -> tuple[int, ...]:
    """The cards over which layers can be spread; one or none where that is not asked for."""
    if model.flag("split-mode") not in (None, "layer"):
        return ()
    there = range(len(fleet.hosts[host].gpus))
    return tuple(card for card in (there if model.gpus is None else model.gpus) if card in there)


def written(model: Model) -> int:
    """Return the context in tokens that a model sets itself, 0 where it sets none."""
    said = model.flag("ctx-size") or ""
    return int(said) if said.isdigit() else 0
