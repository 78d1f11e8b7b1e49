"""ram-overcommit: models loaded together need more RAM than their host has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..diagnostics.model import Diagnostic, Label
from .context import RuleContext
from .report import error, warning
from .rule import ERROR, Code, rule
from .sizes import gib, with_doubts

if TYPE_CHECKING:
    from ..capacity.footprint import Footprint
    from ..capacity.footprint.host_memory import HostMemory

MOST_SHOWN = 4
STEP = 256 << 20


@rule(
    Code(
        "ram-overcommit",
        ERROR,
        "The models that may be loaded together need more RAM than their host has.",
        in_yaml=False,
    ),
)
def ram_overcommit(context: RuleContext) -> Iterator[Diagnostic]:
    """Report an error for what loaded models need, a warning for caches that may grow."""
    hosts = [each for each in context.fleet.hosts.values() if each.ram is not None]
    if not hosts or not context.sized:
        return
    from ..capacity.footprint.host_memory import host_memory

    for host in hosts:
        found = host_memory(context.footprints, host)
        if found is not None and found.needs + found.margin + found.growing > found.room:
            yield _report(context, found)


def _report(context: RuleContext, found: HostMemory) -> Diagnostic:
    host = found.host
    room = f'host "{host.name}" has {gib(found.room)} for models'
    names = _names(found)
    if found.needs + found.margin > found.room:
        verb = "needs" if len({each.model for each in found.footprints}) == 1 else "need"
        doubt = f" ± {gib(found.margin)}" if found.margin else ""
        message = f"{names} {verb} {gib(found.needs)}{doubt} of RAM, but {room}"
        cards = "offload more layers to GPUs, " if host.gpus else ""
        hint = f"{cards}use smaller weights, or load fewer models at a time"
        report = error if found.needs - found.margin > found.room else warning
    else:
        message = (
            f"{names} may need up to {gib(found.needs + found.growing)} of RAM "
            f"({gib(found.needs)} when loaded, the rest for prompt caches), but {room}"
        )
        hint = _smaller_caches(found)
        report = warning
    span = host.spans.get("ram", host.origin)
    return report("ram-overcommit", message, span, hint, *_parts(context, found))


def _names(found: HostMemory) -> str:
    names = [f'"{name}"' for name in dict.fromkeys(each.model for each in found.footprints)]
    listed = ", ".join(names[:MOST_SHOWN])
    return listed if len(names) <= MOST_SHOWN else f"{listed} and {len(names) - MOST_SHOWN} more"


def _parts(context: RuleContext, found: HostMemory) -> Iterator[Label]:
    sizes: dict[str, tuple[int, int]] = {}
    for each in found.footprints:
        loaded, grown = sizes.get(each.model, (0, 0))
        now = each.host_bytes(growing=False)
        sizes[each.model] = (loaded + now, grown + each.host_bytes(growing=True) - now)
    for name, (loaded, grown) in list(sizes.items())[:MOST_SHOWN]:
        text = f"{gib(loaded)}, plus up to {gib(grown)} of prompt caches"
        own = (each for each in found.footprints if each.model == name)
        yield Label(context.fleet.models[name].origin, with_doubts(text, own))


def _smaller_caches(found: HostMemory) -> str:
    """Return a hint with the largest cache-ram that fits in all of them."""
    growing = [each for each in found.footprints if any(p.kind == "other" for p in each.ram)]
    checkpoints = found.growing - sum(_cache_ram(each) for each in growing)
    each = (found.room - found.needs - checkpoints) // max(1, len(growing)) // STEP * STEP
    if each < STEP:
        return "set cache-ram = 0 and fewer ctx-checkpoints in them, or load fewer models at a time"
    return f"set cache-ram = {each >> 20} (in MiB; the default is 8192) in each of these models"


def _cache_ram(footprint: Footprint) -> int:
    terms = footprint.estimate.terms if footprint.estimate else ()
    return sum(each.size for each in terms if each.what.startswith("prompt cache"))
