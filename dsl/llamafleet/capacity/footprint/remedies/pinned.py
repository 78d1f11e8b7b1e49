"""Only the cards that a model has parts on: it then holds no context on the others."""

from __future__ import annotations

from dataclasses import replace

from ....fleet.model import Model
from ..changed import with_flags, with_split
from .candidate import Candidate, Remedy


def pinned(candidate: Candidate) -> Remedy | None:
    """Pin the model to the cards it uses, where it only holds a context on the overfull one."""
    own, model = candidate.own, candidate.model
    if len(own) != 1 or model.flag("device") is not None:
        return None
    visible = range(len(candidate.found.host.gpus)) if model.gpus is None else model.gpus
    used = tuple(card for card in visible if card in own[0].parted)
    if candidate.found.card in used or not used:
        return None
    changed = _renumbered(replace(model, gpus=used), [card in used for card in visible])
    left = candidate.left(changed)
    if left is None:
        return None
    change = f"gpus = [{', '.join(map(str, used))}]"
    split = changed.flag("tensor-split")
    if split is not None and split != model.flag("tensor-split"):
        change += f" and tensor-split = [{split.replace(',', ', ')}]"
    if changed.flag("main-gpu") != model.flag("main-gpu"):
        change += f" and main-gpu = {changed.flag('main-gpu')}"
    return Remedy(model.name, change, left)


def _renumbered(model: Model, kept: list[bool]) -> Model:
    """The model with its split and main GPU counted among the cards that it keeps."""
    split, main = model.flag("tensor-split"), model.flag("main-gpu")
    if split is not None:
        shares = (*split.replace("/", ",").split(","), *("0",) * len(kept))[: len(kept)]
        there = [float(share or 0) for share, keep in zip(shares, kept, strict=True) if keep]
        model = with_split(model, [int(x) if x == int(x) else x for x in there])
    if main is not None and int(main) > 0:
        model = with_flags(model, main_gpu=str(sum(kept[: int(main)])))
    return model
