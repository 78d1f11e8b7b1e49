"""A selector that spills over needs its targets loaded at the same time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ...diagnostics.model import Diagnostics
from ...fleet.matrix import Matrix
from ...fleet.schema.values import Named
from .routes import Group, Peer, Selector


def check_spillover(
    selectors: Collection[Selector],
    ids: Mapping[str, str],
    peers: Collection[Peer],
    matrix: Matrix | None,
    groups: Sequence[Group],
    diagnostics: Diagnostics,
) -> None:
    """Report targets that stand there twice, and those that can never run together.

    `ids` maps what a model of this llama-swap may be called to its name.
    """
    away = {
        name: f"{peer.name}/{model}"
        for peer in peers
        for model in peer.models
        for name in (model, f"{peer.name}/{model}")
    }
    for selector in selectors:
        if selector.strategy != "spillover":
            continue
        local: list[str] = []
        seen: set[str] = set()
        for target in selector.targets:
            real = ids.get(target.text) or away[target.text]
            if real in seen:
                _report_twice(target, real, diagnostics)
            elif target.text in ids:
                local.append(real)
            seen.add(real)
        # What is derived is known, and looked at, later.
        if matrix is None or not matrix.auto.sets:
            check_together(selector, local, matrix, groups, diagnostics)


def check_together(
    selector: Selector,
    local: Sequence[str],
    matrix: Matrix | None,
    groups: Sequence[Group],
    diagnostics: Diagnostics,
) -> None:
    """Report a selector whose targets can never all run."""
    if len(local) < 2 or _together(frozenset(local), matrix, groups):
        return
    where = "one group with swap = off"
    if matrix is not None:
        where = "one set of the matrix"
    diagnostics.error(
        "conflicting-keys",
        f'selector "{selector.name}" spills over to models that never run together',
        selector.origin,
        hint=f"put {', '.join(local)} into {where}",
    )


def _report_twice(target: Named, real: str, diagnostics: Diagnostics) -> None:
    message = f'this selector has target "{real}" twice'
    diagnostics.error("duplicate-name", message, target.span, hint="remove one of them")


def _together(models: frozenset[str], matrix: Matrix | None, groups: Sequence[Group]) -> bool:
    if matrix is not None:
        return any(models <= state for _, states in matrix.states(models) for state in states)
    return any(
        not group.swap and models <= {each.text for each in group.models} for group in groups
    )
