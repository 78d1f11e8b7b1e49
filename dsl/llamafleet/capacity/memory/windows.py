"""The layers of a model that look through a sliding window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...dataclasses import dataclass

if TYPE_CHECKING:
    from ...gguf import GgufFacts
    from .architectures.record import Window


@dataclass(frozen=True, slots=True)
class Windows:
    """The window's length in tokens, 0 without one, and for each layer whether it has one."""

    length: int
    layers: tuple[bool, ...]


def windows_of(facts: GgufFacts, window: Window | None, layers: int, n_layer: int) -> Windows:
    """Return the sliding windows of a model; layers past `n_layer` never have one.

    As load_arch_hparams of src/models/*.cpp sets n_swa and is_swa_impl.
    """
    none = Windows(0, (False,) * layers)
    if window is None or window.layers not in (0, layers):
        return none
    said = facts.integer("attention.sliding_window")
    if window.by_kv_heads:
        if not said:
            return none
        heads = facts.per_layer("attention.head_count_kv", layers) or (0,) * layers
        return Windows(said, tuple(count > 0 for count in heads))
    if window.off_by_zero and (said == 0 or (said is None and window.optional)):
        return none
    length = said or window.length
    if window.fixed and length:
        length = window.length
    if window.optional and not length:
        return none
    return Windows(length, _layers(facts, window, layers, n_layer))


def _layers(facts: GgufFacts, window: Window, layers: int, n_layer: int) -> tuple[bool, ...]:
    if isinstance(facts.metadata.get("attention.sliding_window_pattern"), tuple):
        listed = facts.per_layer("attention.sliding_window_pattern", layers) or ()
        return tuple(bool(layer) for layer in listed)
    period = facts.integer("attention.sliding_window_pattern")
    period = window.period if period is None else period
    if period == 0:
        return tuple(layer < n_layer for layer in range(layers))
    full = 0 if window.dense_first else period - 1
    return tuple(layer < n_layer and layer % period != full for layer in range(layers))
