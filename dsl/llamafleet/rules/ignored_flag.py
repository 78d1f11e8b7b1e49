"""ignored-flag: flags that have no effect because of another one."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label
from .context import RuleContext, ServedModel
from .report import warning
from .rule import WARNING, Code, rule

PLACED = ("n-gpu-layers", "tensor-split", "override-tensor", "cpu-moe", "n-cpu-moe")
"""Whoever says where layers go leaves nothing for `fit` to decide."""
DEFAULT_UBATCH = 512


@rule(
    Code("ignored-flag", WARNING, "A flag has no effect because of another one.", in_yaml=True),
)
def ignored_flag(context: RuleContext) -> Iterator[Diagnostic]:
    """Check for `fit` beside an explicit placement, and for batches that embeddings reduce."""
    for served in context.served_models:
        yield from _fit(served)
        yield from _batch(served)


def _fit(served: ServedModel) -> Iterator[Diagnostic]:
    settings = served.settings
    wanted = [settings[key] for key in ("fit", "fit-target", "fit-ctx") if key in settings]
    if not wanted:
        return
    fit = settings.get("fit")
    if fit is not None and fit.value == "off":
        for other in wanted[1:]:
            message = f"{other.key} has no effect with fit = off"
            related = Label(fit.origin, "off here")
            yield warning("ignored-flag", message, other.origin, "remove one of them", related)
        return
    for key in PLACED:
        placed = settings.get(key)
        if placed is not None and placed.value != "auto":
            message = f"{wanted[0].key} has no effect: llama-server does not fit when {key} is set"
            hint = f"remove it or {key}; where {key} is inherited, set {key} = none"
            related = Label(placed.origin, "placement is set here")
            yield warning("ignored-flag", message, wanted[0].origin, hint, related)
            return


def _batch(served: ServedModel) -> Iterator[Diagnostic]:
    if not (served.is_on("embedding") or served.is_on("rerank")):
        return
    batch, ubatch = served.number("batch-size"), served.number("ubatch-size") or DEFAULT_UBATCH
    if batch is not None and batch > ubatch:
        message = (
            f"batch-size = {batch} is reduced to {ubatch}: an embedding is computed in one ubatch"
        )
        hint = f"set ubatch-size = {batch} as well; inputs longer than it are refused"
        yield warning("ignored-flag", message, served.settings["batch-size"].origin, hint)
