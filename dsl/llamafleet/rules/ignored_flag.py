"""ignored-flag: flags that another one keeps from having any effect."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label
from .report import warning
from .rule import WARNING, Code, rule
from .survey import Serving, Survey

PLACED = ("n-gpu-layers", "tensor-split", "override-tensor", "cpu-moe", "n-cpu-moe")
"""Whoever says where layers go leaves nothing for `fit` to decide."""
DEFAULT_UBATCH = 512


@rule(
    Code("ignored-flag", WARNING, "A flag has no effect beside another one.", in_yaml=True),
)
def ignored_flag(survey: Survey) -> Iterator[Diagnostic]:
    """`fit` beside a placement by hand, and batches that embeddings cut down."""
    for serving in survey.serving:
        yield from _fit(serving)
        yield from _batch(serving)


def _fit(serving: Serving) -> Iterator[Diagnostic]:
    settings = serving.settings
    wanted = [settings[key] for key in ("fit", "fit-target", "fit-ctx") if key in settings]
    if not wanted:
        return
    fit = settings.get("fit")
    if fit is not None and fit.value == "off":
        for other in wanted[1:]:
            message = f"{other.key} has no effect where fit is off"
            related = Label(fit.origin, "off here")
            yield warning("ignored-flag", message, other.origin, "remove one of them", related)
        return
    for key in PLACED:
        placed = settings.get(key)
        if placed is not None and placed.value != "auto":
            message = f"{wanted[0].key} has no effect beside {key}: llama-server does not fit then"
            hint = f"remove it, or {key}; in a model that inherits it: {key} = none"
            related = Label(placed.origin, "placed by hand here")
            yield warning("ignored-flag", message, wanted[0].origin, hint, related)
            return


def _batch(serving: Serving) -> Iterator[Diagnostic]:
    if not (serving.is_on("embedding") or serving.is_on("rerank")):
        return
    batch, ubatch = serving.number("batch-size"), serving.number("ubatch-size") or DEFAULT_UBATCH
    if batch is not None and batch > ubatch:
        message = f"embeddings are read in one piece: batch-size = {batch} is cut to {ubatch}"
        hint = f"set ubatch-size = {batch}, too: longer inputs are refused"
        yield warning("ignored-flag", message, serving.settings["batch-size"].origin, hint)
