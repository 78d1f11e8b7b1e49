"""Another card of the host, for a model that is on one."""

from __future__ import annotations

from dataclasses import replace

from .case import Case, Way


def other_card(case: Case) -> Way | None:
    """The first other card on which it fits beside the others."""
    if len(case.own) != 1 or len(case.own[0].parted) != 1 or case.model.gpus is None:
        return None
    for card in range(len(case.found.host.gpus)):
        if card not in case.own[0].uses:
            left = case.left(replace(case.model, gpus=(card,)))
            if left is not None:
                return Way(case.model.name, f"gpus = [{card}]", left)
    return None
