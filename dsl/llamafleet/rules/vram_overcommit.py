"""vram-overcommit: models on a card together need more memory than it has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..diagnostics.model import Diagnostic, Label
from ..fleet.model import Host
from ..fleet.service import ALWAYS, GROUPS, swaps
from ..source import Span
from .context import RuleContext
from .report import error, warning
from .rule import ERROR, Code, rule
from .sizes import gib, with_doubts

if TYPE_CHECKING:
    from ..capacity.footprint import Footprint
    from ..capacity.footprint.overfull import Overfull
    from ..capacity.footprint.remedies import Remedy

MOST_SEARCHED = 8
"""Ways out are searched for so many cards: for the rest it would take too long to be of use."""
MOST_SHOWN = 4


@rule(
    Code(
        "vram-overcommit",
        ERROR,
        "The models that may be on a card together need more memory than it has.",
        in_yaml=False,
    ),
)
def vram_overcommit(context: RuleContext) -> Iterator[Diagnostic]:
    """Check every combination of every service, on each card of each of its hosts."""
    hosts = [each for each in context.fleet.hosts.values() if _has_room_to_check(each)]
    if not hosts or not context.sized:
        return
    from ..capacity.footprint.overfull import overfull

    said: dict[tuple[object, ...], list[Overfull]] = {}
    for host in hosts:
        for found in overfull(context.footprints, host):
            # Hosts that are alike are one finding.
            names = (found.service.name, found.combination.name, found.combination.models)
            key = (*names, found.card, found.needs, found.room)
            said.setdefault(key, []).append(found)
    searched: dict[tuple[object, ...], tuple[Remedy, ...]] = {}
    for alike in said.values():
        yield _report(context, alike, _ways(context, alike[0], searched))


def _has_room_to_check(host: Host) -> bool:
    return any(gpu.vram is not None for gpu in host.gpus)


def _ways(
    context: RuleContext, found: Overfull, searched: dict[tuple[object, ...], tuple[Remedy, ...]]
) -> tuple[Remedy, ...]:
    """Return the remedies; one search for all cards that a combination is too large for."""
    from ..capacity.footprint.remedies import find_remedies

    key = (found.service.name, found.combination.models, found.beside)
    if key not in searched and len(searched) < MOST_SEARCHED:
        searched[key] = tuple(find_remedies(context.footprints, found))
    return searched.get(key, ())


def _report(
    context: RuleContext, alike: list[Overfull], remedies: tuple[Remedy, ...]
) -> Diagnostic:
    found = alike[0]
    gpu = found.host.gpus[found.card]
    others = f" and {len(alike) - 1} similar hosts" if len(alike) > 1 else ""
    over = found.needs - found.room
    by = f"{gib(over)} too much" if over > 0 else f"{gib(-over)} left"
    message = (
        f"{_what(found)} {gib(found.needs)} on GPU {found.card} ({gpu.name}) of host "
        f'"{found.host.name}"{others}, which has {gib(found.room)} for models: {by}'
    )
    if found.margin:
        message += f", give or take {gib(found.margin)}"
    if found.last:
        message += f', when "{found.last}" starts last and takes what is free'
    report = error if found.certain else warning
    related = tuple(_parts(context, found))
    return report(
        "vram-overcommit", message, _place(context, found), _hint(found, remedies), *related
    )


def _what(found: Overfull) -> str:
    name, models = found.combination.name, found.combination.models
    if not swaps(found.service):
        count = len([each for each in found.combination.footprints if each.bytes_on(found.card)])
        what = "the process" if count == 1 else f"the {count} processes"
        what, verb = f'{what} of "{found.service.name}"', "needs" if count == 1 else "need"
    elif models == (name,):
        what, verb = f'model "{name}"', "needs"
    elif name == GROUPS:
        what, verb = f"the groups ({' & '.join(models)})", "need"
    else:
        what, verb = f'set "{name}" ({" & ".join(models)})', "needs"
    if found.beside:
        beside = (
            "the models that always run" if each.name == ALWAYS else f'"{each.name}"'
            for each in found.beside
        )
        what += f" beside {', '.join(beside)}"
    return f"{what} {verb}"


def _place(context: RuleContext, found: Overfull) -> Span:
    service, name = found.service, found.combination.name
    for swap in context.swaps:
        for each in swap.matrix.sets if swap.name == service.name and swap.matrix else ():
            if each.name == name:
                return each.origin
    if swaps(service) and found.combination.models == (name,):
        return context.fleet.models[name].origin
    return service.origin


def _parts(context: RuleContext, found: Overfull) -> Iterator[Label]:
    """Yield the largest parts, each at its model."""
    there = [*found.combination.footprints, *(f for of in found.beside for f in of.footprints)]
    by_model: dict[str, list[Footprint]] = {}
    for each in there:
        if each.bytes_on(found.card):
            by_model.setdefault(each.model, []).append(each)
    largest = sorted(
        by_model.items(), key=lambda item: -sum(f.bytes_on(found.card) for f in item[1])
    )
    for name, footprints in largest[:MOST_SHOWN]:
        sizes: dict[str, int] = {}
        for footprint in footprints:
            for part in dict(footprint.cards)[found.card]:
                sizes[part.kind] = sizes.get(part.kind, 0) + part.size
        parts = sorted(sizes.items(), key=lambda item: -item[1])
        listed = ", ".join(f"{_word(kind)} {gib(size)}" for kind, size in parts[:MOST_SHOWN])
        total = gib(sum(sizes.values()))
        text = f"{total}, from vram" if "whole" in sizes else f"{total}: {listed}"
        yield Label(context.fleet.models[name].origin, with_doubts(text, footprints))


def _word(kind: str) -> str:
    return "KV cache" if kind == "kv" else kind


def _hint(found: Overfull, remedies: tuple[Remedy, ...]) -> str:
    there = [each for each in found.combination.footprints if each.bytes_on(found.card)]
    contexts = {each.model: each.whole_context for each in there if each.whole_context}
    said = (f'in "{model}", {what}' for model, what in contexts.items())
    return "; ".join((*said, _way_out(there, found.card, remedies)))


def _way_out(there: list[Footprint], card: int, remedies: tuple[Remedy, ...]) -> str:
    if remedies:
        listed = (f'{each.change} in "{each.model}" (leaves {gib(each.left)})' for each in remedies)
        return f"any one of these makes it fit: {'; '.join(listed)}"
    largest = max(there, key=lambda each: each.bytes_on(card))
    several = len({each.model for each in there}) > 1
    if largest.written:
        other = f'lower the vram of "{largest.model}" if it takes less'
        return f'keep "{largest.model}" out of this combination, or {other}' if several else other
    if several:
        return (
            f'keep "{largest.model}" out of this combination, use smaller weights, or fewer slots'
        )
    return "use smaller weights, another card, or fewer layers on it (n-gpu-layers)"
