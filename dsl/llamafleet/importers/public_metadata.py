"""Metadata that everybody who lists models can read: its secrets are removed."""

from __future__ import annotations

from dataclasses import replace

from ..llama_swap.values import Table, Value
from ..secrets.find import in_value
from .model_settings import ReportLoss
from .secrets import SecretStore


def public_metadata(
    value: Value | None, safe: SecretStore, report_loss: ReportLoss
) -> Value | None:
    """Return metadata without the values that are secrets, each of them reported as lost."""
    if value is None:
        return None
    return _public("metadata", value, safe, report_loss)


def _public(name: str, value: Value, safe: SecretStore, report_loss: ReportLoss) -> Value | None:
    match value.data:
        case Table(entries):
            inner = ((key, _public(key.text, each, safe, report_loss)) for key, each in entries)
            kept = tuple((key, each) for key, each in inner if each is not None)
            return replace(value, data=Table(kept))
        case tuple(items):
            found = (_public(name, each, safe, report_loss) for each in items)
            return replace(value, data=tuple(each for each in found if each is not None))
    text = value.text if not isinstance(value.data, str) else value.data
    if value.data is not None and in_value(name, text):
        safe.lost.append(text)
        report_loss(
            f"{name} of its metadata: a secret that anyone who lists the models could read",
            value.span,
        )
        return None
    return value
