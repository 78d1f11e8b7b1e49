"""Slots of a model and their context, by its flags."""

from __future__ import annotations

from ...fleet.model import Model

AUTO_SLOTS = 4  # what llama-server makes of `--parallel -1`


def slots(model: Model) -> int:
    """Return the number of requests that a model's server answers at once."""
    written = model.flag("parallel")
    number = int(written) if written is not None else 1
    return number if number > 0 else AUTO_SLOTS


def context_size(model: Model) -> int | None:
    """Return the context that a model asks for, where it says one; all slots share it."""
    written = model.flag("ctx-size")
    return int(written) if written is not None and written.isdigit() else None
