"""Another card of the host, for a model that is on one."""

from __future__ import annotations

from dataclasses import replace

from .candidate import Candidate, Remedy


def other_card(candidate: Candidate) -> Remedy | None:
    """Move the model to the first other card on which it fits; None if there is none."""
    if len(candidate.own) != 1 or len(candidate.own[0].parted) != 1 or candidate.model.gpus is None:
        return None
    for card in range(len(candidate.found.host.gpus)):
        if card not in candidate.own[0].uses:
            left = candidate.left(replace(candidate.model, gpus=(card,)))
            if left is not None:
                return Remedy(candidate.model.name, f"gpus = [{card}]", left)
    return None
