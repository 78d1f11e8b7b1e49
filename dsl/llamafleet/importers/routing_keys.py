"""Keys of groups, selectors, profiles, peers and the matrix that are read by the fleet's tables.

Those named here are read elsewhere, since they mean something else in some cases; whatever is added
to the tables is read by them alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..fleet.schema.pass_through import UpstreamPath
from ..fleet.schema.swap_keys import TIMEOUTS
from ..fleet.schema.swap_routing import (
    GROUP_PATHS,
    MATRIX_PATHS,
    PEER_PATHS,
    PROFILE_PATHS,
    SELECTOR_PATHS,
)
from ..llama_swap.values import Table
from . import nodes, upstream_keys
from .model_settings import ReportLoss


def _others(table: Iterable[UpstreamPath], *known: str) -> tuple[UpstreamPath, ...]:
    return tuple(each for each in table if each.name not in known and each.block not in known)


GROUP = _others(GROUP_PATHS, "models", "swap", "exclusive", "persistent")
SELECTOR = _others(
    SELECTOR_PATHS, "strategy", "targets", "spillover", "name", "description", "unlisted"
)
PROFILE = _others(PROFILE_PATHS, "description")
PEER = _others(PEER_PATHS, "proxy", "models", TIMEOUTS.kind)
MATRIX = MATRIX_PATHS


def entries(
    table: Table, upstream_paths: Iterable[UpstreamPath], whose: str, report_loss: ReportLoss
) -> Iterator[nodes.Entry]:
    """Yield what stands in the table; values that no key can hold are reported as lost."""
    upstream_paths = tuple(upstream_paths)
    lost = upstream_keys.unrepresentable(table, upstream_paths)
    for key, value in table:
        if key.text in lost:
            report_loss(
                f"{key.text} of {whose}, whose value a fleet file cannot express", value.span
            )
    yield from upstream_keys.settings(table, upstream_paths)
    yield from upstream_keys.blocks(table, upstream_paths)
