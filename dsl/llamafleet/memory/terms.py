"""What an estimate is made of: terms, each with its device, bytes and where its formula is from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["weights", "kv", "recurrent", "output", "compute", "driver", "other"]

LOGGED: tuple[Kind, ...] = ("weights", "kv", "recurrent", "output", "compute")
"""The kinds of which llama-server's log has a buffer."""

MIB = 1024 * 1024
HOST = "CPU"
"""How llama-server calls the host's memory in its log."""


@dataclass(frozen=True, slots=True)
class Term:
    """Some bytes on one device, how they come about, and where llama.cpp decides it."""

    device: str
    kind: Kind
    what: str
    size: int
    formula: str
    source: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """All terms of one process; `devices` are the names in llama-server's order, CPU the last.

    `notes` say what was not counted, or what llama-server will decide when it starts. `together`:
    the devices are used as one, by `--split-mode tensor`.
    """

    devices: tuple[str, ...]
    terms: tuple[Term, ...]
    n_ctx: int
    n_ctx_per_slot: int
    notes: tuple[str, ...] = ()
    together: bool = False

    def size(self, device: str, *kinds: Kind) -> int:
        """Bytes on a device, of all kinds if none is named."""
        return total(
            each
            for each in self.terms
            if each.device == device and (not kinds or each.kind in kinds)
        )

    @property
    def host(self) -> int:
        """Bytes of the host's memory, what is only mapped included."""
        return self.size(HOST)


def total(terms: Iterable[Term]) -> int:
    """The sum of some terms."""
    return sum(each.size for each in terms)
