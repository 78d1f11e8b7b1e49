"""Flags that llamafleet adds to llama-server although no fleet file sets them.

`command.py` renders these, `llamafleet explain` and docs/reference.md show them.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...dataclasses import dataclass
from ...fleet.model import Model


@dataclass(frozen=True, slots=True)
class Addition:
    """Words of an argv that are added unless the model sets `key`, or a flag that begins so.

    `gpus` limits it to models whose `gpus` are exactly these; None stands for all models.
    """

    words: tuple[str, ...]
    key: str
    why: str
    family: bool = False
    gpus: tuple[int, ...] | None = None

    @property
    def condition(self) -> str:
        """Return the condition under which it is added, as the end of a sentence."""
        keys = f"{self.key} and no {self.key}-..." if self.family else self.key
        pinned = "" if self.gpus is None else f" with gpus = {list(self.gpus)}"
        return f"to a model{pinned} that sets no {keys}"

    def applies(self, model: Model) -> bool:
        """Return True if the model leaves the decision to llamafleet."""
        if self.gpus is not None and model.gpus != self.gpus:
            return False
        keys = [flag.key for flag in model.flags]
        return not any(
            each == self.key or (self.family and each.startswith(f"{self.key}-")) for each in keys
        )


ADDITIONS: tuple[Addition, ...] = (
    Addition(
        ("--parallel", "1"),
        "parallel",
        "llama-server would choose the number of slots by itself, and they share the context",
    ),
    Addition(
        ("--fit", "off"),
        "fit",
        "llama-server would move layers and shorten the context by what is free when it starts",
        family=True,
    ),
    Addition(
        ("--device", "none"),
        "device",
        "an empty list of GPUs means the CPU, also in a build that has a GPU's backend",
        gpus=(),
    ),
)
"""Settings that upstream would choose by what it finds on a host, in the order of the argv."""


def additions(model: Model) -> Iterator[tuple[str, ...]]:
    """Return what is added to the argv of a model, in groups of a flag and its value."""
    return (each.words for each in ADDITIONS if each.applies(model))
