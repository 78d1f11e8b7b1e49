"""preload-ttl, preload-conflict, not-kept-warm: preloaded models that do not stay loaded."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label
from ..fleet.model import Fleet, Model
from ..fleet.schema.values import Named
from ..targets.swap.block import LlamaSwap
from .context import RuleContext
from .redundant_set import small
from .report import warning
from .rule import WARNING, Code, rule

MOST = 1000


@rule(
    Code(
        "not-kept-warm",
        WARNING,
        "A preloaded model without a timeout is unloaded by requests for other models.",
        in_yaml=True,
    ),
    Code(
        "preload-conflict",
        WARNING,
        "Preloading one model unloads another that was preloaded before it.",
        in_yaml=True,
    ),
    Code(
        "preload-ttl",
        WARNING,
        "A preloaded model is unloaded again when it gets no requests.",
        in_yaml=True,
    ),
)
def preload(context: RuleContext) -> Iterator[Diagnostic]:
    """Check whether anything unloads a model that its service preloads."""
    for service in context.swaps:
        named = [each for each in service.routes.preload if each.text in service.models]
        if not named:
            continue
        for each in named:
            yield from _times_out(each, service, context.fleet)
        together = _Together(service)
        yield from _conflicts(named, together)
        for each in named:
            yield from _evicted(each, service, context.fleet.models[each.text], together)


def _times_out(named: Named, service: LlamaSwap, fleet: Fleet) -> Iterator[Diagnostic]:
    model = fleet.models[named.text]
    ttl = service.global_ttl if model.ttl is None else model.ttl
    if not ttl:
        return
    message = f'model "{named.text}" is preloaded, but unloaded after {ttl} s without a request'
    hint = f'to keep it loaded, set ttl = 0s in model "{named.text}"'
    place = model.spans.get("ttl") if model.ttl is not None else service.spans.get("global-ttl")
    related = (Label(place, "unloads it"),) if place else ()
    yield warning("preload-ttl", message, named.span, hint, *related)


class _Together:
    """Tells which models may stay loaded together."""

    def __init__(self, service: LlamaSwap) -> None:
        self.matrix = service.matrix
        self.known = self.matrix is None or small(self.matrix, MOST)
        pairs = self.matrix.combinations() if self.matrix and self.known else ()
        self.combinations = [frozenset(models) for _, each in pairs for models in each]
        self.group = {named.text: each for each in service.routes.groups for named in each.models}

    def stays(self, running: str, request: str) -> bool:
        """Return True if `running` may stay loaded when `request` is asked for."""
        if not self.known or running == request:
            return True
        if self.matrix is not None:
            return any({running, request} <= each for each in self.combinations)
        ours, theirs = self.group.get(running), self.group.get(request)
        if ours is theirs:  # both in none are in the same one, which swaps
            return ours is not None and not ours.swap
        exclusive = theirs is None or theirs.exclusive
        return not exclusive or (ours is not None and ours.persistent)


def _conflicts(named: list[Named], together: _Together) -> Iterator[Diagnostic]:
    """Yield preloaded models that a later one unloads: they are loaded one after the other."""
    for index, later in enumerate(named):
        for earlier in named[:index]:
            if not together.stays(earlier.text, later.text):
                message = f'preloading model "{later.text}" unloads model "{earlier.text}"'
                related = Label(earlier.span, "preloaded before it")
                hint = "preload only one of them, or allow them to be loaded together"
                yield warning("preload-conflict", message, later.span, hint, related)
                break


def _evicted(
    named: Named, service: LlamaSwap, model: Model, together: _Together
) -> Iterator[Diagnostic]:
    """Yield preloaded models without a timeout that requests for others unload."""
    if model.ttl != 0:
        return
    preloaded = {each.text for each in service.routes.preload}
    others = [
        name
        for name in service.models
        if name not in preloaded and not together.stays(named.text, name)
    ]
    if others:
        which = f'"{others[0]}"' + (f" and {len(others) - 1} more" if others[1:] else "")
        message = f'model "{named.text}" never times out, but a request for {which} unloads it'
        hint = (
            f"allow them to be loaded together, for example: set name = {named.text} & {others[0]}"
        )
        place = model.spans.get("ttl", model.origin)
        related = Label(place, "never times out")
        yield warning("not-kept-warm", message, named.span, hint, related)
