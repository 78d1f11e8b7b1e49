"""The hosts of a run that have a file, and who fetches it next.

Each host that has a file lets one other host copy it at a time, and who has copied it is asked
next: the hosts that have it double with each round. While nobody has it, the first host that asks
fetches it from the Hub and the others wait, or do something else first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_OTHERS = 4
"""The hosts outside of a run that are asked for a file before the Hub is."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a host may do now: copy from `sources` (URLs of stores), or fetch it from the Hub."""

    sources: tuple[str, ...] = ()
    giver: str | None = None


@dataclass(slots=True)
class Neighbours:
    """The state of one run on this machine; hosts are names, files are SHA-256."""

    have: dict[str, set[str]] = field(default_factory=dict)
    fetching: dict[str, str] = field(default_factory=dict)
    copying: dict[str, int] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)

    def join(self, host: str, stored: frozenset[str]) -> None:
        """Note that a host takes part, and which files it has."""
        self.members.add(host)
        for sha256 in stored:
            self.have.setdefault(sha256, set()).add(host)

    def claim(self, sha256: str, host: str, sharing: Mapping[str, str]) -> Claim | None:
        """Return what a host may do for a file now; None if it has to wait."""
        givers = sorted(
            (each for each in self.have.get(sha256, ()) if each != host and each in sharing),
            key=lambda each: (self.copying.get(each, 0), each),
        )
        if givers and not self.copying.get(givers[0]):
            self.copying[givers[0]] = 1
            return Claim(tuple(sharing[each] for each in givers[:3]), givers[0])
        if givers or sha256 in self.fetching:
            return None
        self.fetching[sha256] = host
        others = [url for name, url in sharing.items() if name not in {*self.members, host}]
        return Claim(tuple(others[:MOST_OTHERS]))

    def settle(self, sha256: str, host: str, claim: Claim, *, done: bool) -> None:
        """Note how it ended; another host fetches what this one could not."""
        if claim.giver is not None:
            self.copying[claim.giver] -= 1
        elif self.fetching.get(sha256) == host:
            del self.fetching[sha256]
        if done:
            self.have.setdefault(sha256, set()).add(host)
