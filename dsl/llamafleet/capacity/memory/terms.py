"""Terms of an estimate, each with its device, bytes, and the source of its formula."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from ...dataclasses import dataclass

Kind: TypeAlias = Literal["weights", "kv", "recurrent", "output", "compute", "driver", "other"]

LOGGED: tuple[Kind, ...] = ("weights", "kv", "recurrent", "output", "compute")
"""The kinds of which llama-server's log has a buffer."""

MIB = 1024 * 1024
HOST = "CPU"
"""Name of main memory in llama-server's log."""


@dataclass(frozen=True, slots=True)
class Term:
    """Some bytes on one device, how they come about, and where llama.cpp decides it.

    `margin` is how many bytes the size may be off where the formula is not exact; `unbuilt` is True
    for a compute buffer whose graph is not built, or not in all parts.
    """

    device: str
    kind: Kind
    what: str
    size: int
    formula: str
    source: str
    margin: int = 0
    unbuilt: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """All terms of one process; `devices` are the names in llama-server's order, CPU the last.

    `notes` say what was not counted, or what llama-server will decide when it starts. `together`:
    the devices are used as one, by `--split-mode tensor`. `unmodelled` are the reasons why a rule
    of thumb stands in for formulas, none where architecture and build are modelled.
    `trained_context`: no flag says how long the context is, so it is all that it was trained with.
    `by_size`: there was no header, only the size of the weights.
    """

    devices: tuple[str, ...]
    terms: tuple[Term, ...]
    n_ctx: int
    n_ctx_per_slot: int
    notes: tuple[str, ...] = ()
    together: bool = False
    unmodelled: tuple[str, ...] = ()
    trained_context: bool = False
    by_size: bool = False

    def size(self, device: str, *kinds: Kind) -> int:
        """Return the bytes on a device, of all kinds if none is named."""
        return total(
            each
            for each in self.terms
            if each.device == device and (not kinds or each.kind in kinds)
        )

    def margin_on(self, device: str) -> int:
        """Return by how many bytes a device's buffers may be wrong where no formula is exact."""
        return sum(each.margin for each in self.terms if each.device == device)

    @property
    def doubt(self) -> int:
        """Return by how many per cent of its buffers the device in most doubt may be off."""
        there = [each for each in self.devices if each != HOST and self.size(each, *LOGGED)]
        shares = [
            100
            * sum(x.margin for x in self.terms if x.device == each and x.kind in LOGGED)
            / max(1, self.size(each, *LOGGED))
            for each in there or [HOST]
        ]
        return round(max(shares))

    @property
    def whole_context(self) -> str:
        """Return what an unset ctx-size comes to, "" where it is set."""
        if not self.trained_context:
            return ""
        size = total(each for each in self.terms if each.kind == "kv") / MIB
        said = f"{size:.0f} MiB" if size < 1000 else f"{size / 1024:.1f} GiB"
        whole = f"the whole trained context, {self.n_ctx} tokens"
        return f"ctx-size is not set: {whole}" + (f", {said} of KV cache" if size else "")

    @property
    def doubts(self) -> tuple[str, ...]:
        """Return a sentence for each reason why a rule of thumb stands in for formulas."""
        return tuple(f"{why}: rule of thumb, ±{self.doubt} %" for why in self.unmodelled)

    @property
    def host(self) -> int:
        """Return the bytes of main memory, mapped files included."""
        return self.size(HOST)


def total(terms: Iterable[Term]) -> int:
    """Return the sum of terms in bytes."""
    return sum(each.size for each in terms)
