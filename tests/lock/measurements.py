"""Measurements put into a lock as a calibration would leave them."""

from __future__ import annotations

from llamafleet.lock.measured import Measured, measured_tree
from llamafleet.lock.model import JsonTree


def with_measured(
    measured: JsonTree, host: str, service: str, model: str, found: Measured
) -> JsonTree:
    """Return the part `measured` of a lock with one measurement put in; names are sorted."""
    services = _object(measured.get(host))
    models = _sorted({**_object(services.get(service)), model: measured_tree(found)})
    return _sorted({**measured, host: _sorted({**services, service: models})})


def _object(value: object) -> JsonTree:
    return value if isinstance(value, dict) else {}


def _sorted(tree: JsonTree) -> JsonTree:
    return dict(sorted(tree.items()))
