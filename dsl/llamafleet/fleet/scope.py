"""The view of a service's `lower`: what is declared so far, and the ports that are taken.

Every look-up reports `unknown-name` where the name is written and returns None, so that a target
just goes on without.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from ..dataclasses import dataclass, field
from ..diagnostics.model import Diagnostics, Label
from ..source import Span
from .model import Build, Gguf, GpuType, Host, Model
from .schema.values import Named, did_you_mean

FIRST_PORT = 5800
LAST_PORT = 65535

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scope:
    """The fleet so far, in the written order; the resolver fills it kind by kind.

    `broken` holds the names whose own blocks have errors: who refers to them is not to blame.
    `discovered` holds the models that nobody wrote, by the services that serve them.
    """

    diagnostics: Diagnostics
    gpus: dict[str, GpuType]
    hosts: dict[str, Host]
    builds: dict[str, Build]
    ggufs: dict[str, Gguf]
    models: dict[str, Model]
    broken: dict[str, frozenset[str]] = field(default_factory=dict)
    discovered: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _claims: dict[str, dict[int, Span]] = field(default_factory=dict)

    def host(self, named: Named) -> Host | None:
        """Return the host of that name."""
        return self._find("host", self.hosts, named)

    def build(self, named: Named) -> Build | None:
        """Return the build of that name."""
        return self._find("build", self.builds, named)

    def model(self, named: Named) -> Model | None:
        """Return the model of that name."""
        return self._find("model", self.models, named)

    def gguf(self, named: Named) -> Gguf | None:
        """Return the gguf of that name."""
        return self._find("gguf", self.ggufs, named)

    def gpu(self, named: Named) -> GpuType | None:
        """Return the kind of GPU of that name."""
        return self._find("gpu", self.gpus, named)

    def claim_ports(self, host: str, count: int, first: int | None, span: Span) -> int:
        """Take `count` ports in a row on `host` and return the first.

        An explicit `first` is honoured, and reported where it meets a port that is taken. Without
        it the ports are the lowest free ones from 5800 on, in the order of the file, so that adding
        a service at the end moves nobody.
        """
        taken = self._claims.setdefault(host, {})
        start = self._free(taken, count) if first is None else first
        clash = next((port for port in range(start, start + count) if port in taken), None)
        if clash is not None:
            message = f'port {clash} of host "{host}" is used twice'
            self.diagnostics.error(
                "listen-conflict",
                message,
                span,
                "used again here",
                related=(Label(taken[clash], "first used here"),),
                hint="choose another port for one of them",
            )
        if start + count - 1 > LAST_PORT:
            message = f"{count} ports starting at {start} exceed the last port, {LAST_PORT}"
            self.diagnostics.error("port-range", message, span, hint="start at a lower port")
        for port in range(start, start + count):
            taken.setdefault(port, span)
        return start

    def _free(self, taken: Mapping[int, Span], count: int) -> int:
        start = FIRST_PORT
        while True:
            clash = next((p for p in range(start + count - 1, start - 1, -1) if p in taken), None)
            if clash is None:
                return start
            start = clash + 1

    def _find(self, kind: str, known: Mapping[str, T], named: Named) -> T | None:
        found = known.get(named.text)
        if found is None and named.text not in self.broken.get(kind, ()):
            report_unknown_name(kind, known, named, self.diagnostics)
        return found


def report_unknown_name(
    kind: str, known: Mapping[str, object], named: Named, diagnostics: Diagnostics
) -> None:
    """Say that nothing of that kind has that name, and what may have been meant."""
    names = [name for name in known if name.isprintable()]
    otherwise = f"add {kind} {named.text} {{ ... }}"
    if 0 < len(names) <= 8:
        otherwise = f"use one of: {', '.join(names)}"
    hint = did_you_mean(named.text, names, otherwise)
    diagnostics.error("unknown-name", f'no {kind} is named "{named.text}"', named.span, hint=hint)
