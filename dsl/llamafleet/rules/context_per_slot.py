"""context-per-slot, idle-slots: slots with too little context, and slots that are never used."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label
from .context import RuleContext, ServedModel
from .report import warning
from .rule import WARNING, Code, rule

SMALL = 2048
"""A chat's system prompt and one answer hardly fit into less."""
SHORT_INPUTS = ("embedding", "rerank", "pooling", "kv-unified-per-slot")


@rule(
    Code(
        "context-per-slot",
        WARNING,
        "Slots share a context that leaves each of them too few tokens.",
        in_yaml=True,
    ),
    Code(
        "idle-slots",
        WARNING,
        "A concurrency limit below the number of slots leaves some of them idle.",
        in_yaml=True,
    ),
)
def context_per_slot(context: RuleContext) -> Iterator[Diagnostic]:
    """Check the context that each slot gets, and the concurrency limit against the slots."""
    for served in context.served_models:
        slots = served.number("parallel") or 0
        if slots > 1:
            yield from _context(served, slots)
            yield from _limit(served, slots)


def _context(served: ServedModel, slots: int) -> Iterator[Diagnostic]:
    context, settings = served.number("ctx-size") or 0, served.settings
    each = context // slots
    unified = served.is_on("kv-unified")
    if not 0 < each < SMALL or unified or any(key in settings for key in SHORT_INPUTS):
        return
    message = f"{slots} slots share a context of {context} tokens: {each} tokens each"
    hint = f"set ctx-size = {slots * max(context, SMALL)}, a lower parallel, or kv-unified = on"
    related = Label(settings["parallel"].origin, "shared by these slots")
    yield warning("context-per-slot", message, settings["ctx-size"].origin, hint, related)


def _limit(served: ServedModel, slots: int) -> Iterator[Diagnostic]:
    limit = served.model.concurrency_limit
    if limit is None or limit >= slots:
        return
    message = f"concurrency-limit = {limit} leaves {slots - limit} of {slots} slots idle"
    hint = (
        "raise concurrency-limit, or lower parallel; llama-swap answers further requests with 429"
    )
    span = served.model.spans.get("concurrency-limit", served.model.origin)
    related = Label(served.settings["parallel"].origin, "the slots")
    yield warning("idle-slots", message, span, hint, related)
