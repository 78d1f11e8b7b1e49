"""Which layers of which architectures look through a sliding window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...dataclasses import dataclass

if TYPE_CHECKING:
    from ...gguf import GgufFacts


@dataclass(frozen=True, slots=True)
class Pattern:
    """Every `period`th layer is a full one: the last of each period, or the first."""

    period: int = 0
    dense_first: bool = False
    window: int = 0
    optional: bool = False


# As set in src/models/*.cpp of b11434; a period of 0 is an array in the file.
PATTERNS: Mapping[str, Pattern] = {
    "afmoe": Pattern(4, optional=True),
    "cohere2": Pattern(4),
    "cohere2moe": Pattern(4, dense_first=True),
    "exaone-moe": Pattern(4, window=128),
    "exaone4": Pattern(4, window=4096),
    "gemma2": Pattern(2, window=4096),
    "gemma3": Pattern(6, optional=True),
    "gemma3n": Pattern(5),
    "gemma4": Pattern(),
    "gpt-oss": Pattern(2),
    "granite_swa": Pattern(),
    "laguna": Pattern(4, dense_first=True, optional=True),
    "llama4": Pattern(4, window=8192),
    "maple": Pattern(),
    "mellum": Pattern(4, optional=True),
    "mimo2": Pattern(),
    "modern-bert": Pattern(3, dense_first=True, optional=True),
    "muse-glimmer": Pattern(4),
    "olmo2": Pattern(4, optional=True),
    "plamo3": Pattern(8, optional=True),
    "smallthinker": Pattern(4, dense_first=True, window=4096, optional=True),
    "spark2_5": Pattern(),
    "step35": Pattern(),
}

FIXED = frozenset({"llama4", "smallthinker"})
"""These have the window of the table, whatever length their file says."""

EXAONE4_WITH_WINDOWS = 64
"""Only the exaone4 of so many layers has them."""


@dataclass(frozen=True, slots=True)
class Windows:
    """The window's length, 0 without one, and which layers have it."""

    length: int
    layers: tuple[bool, ...]


def windows_of(facts: GgufFacts, layers: int, attended: int) -> Windows:
    """The sliding windows of a model; layers past `attended` never have one."""
    none = Windows(0, (False,) * layers)
    said = facts.integer("attention.sliding_window")
    architecture = facts.architecture
    if architecture in ("lfm2", "lfm2moe"):
        if not said:
            return none
        heads = facts.per_layer("attention.head_count_kv", layers) or (0,) * layers
        return Windows(said, tuple(each > 0 for each in heads))
    pattern = PATTERNS.get(architecture)
    if pattern is None or (architecture == "exaone4" and layers != EXAONE4_WITH_WINDOWS):
        return none
    if (architecture == "llama4" and said == 0) or (architecture == "smallthinker" and not said):
        return none
    length = said or pattern.window
    if architecture in FIXED and length:
        length = pattern.window
    if pattern.optional and not length:
        return none
    return Windows(length, _layers(facts, pattern, layers, attended))


def _layers(facts: GgufFacts, pattern: Pattern, layers: int, attended: int) -> tuple[bool, ...]:
    if isinstance(facts.metadata.get("attention.sliding_window_pattern"), tuple):
        found = facts.per_layer("attention.sliding_window_pattern", layers) or ()
        return tuple(bool(each) for each in found)
    period = facts.integer("attention.sliding_window_pattern")
    period = pattern.period if period is None else period
    if period == 0:
        return tuple(layer < attended for layer in range(layers))
    full = 0 if pattern.dense_first else period - 1
    return tuple(layer < attended and layer % period != full for layer in range(layers))
