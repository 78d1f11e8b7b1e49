"""Names of models in groups, selectors, profiles and priorities, and what they may mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...dataclasses import dataclass
from ...diagnostics.model import Diagnostics
from ...fleet.schema.values import Named, did_you_mean


@dataclass(frozen=True, slots=True)
class Ids:
    """Names that this llama-swap knows; `aliases` are of models and include ids of variants."""

    models: Mapping[str, Named]
    aliases: Mapping[str, str]
    selectors: Mapping[str, Named]
    peers: Mapping[str, str]
    broken: frozenset[str]
    diagnostics: Diagnostics

    def model(self, named: Named, where: str) -> bool:
        """Return True if it is a model served here, else report it; `where` names who needs one."""
        if named.text in self.models or named.text in self.broken:
            return named.text in self.models
        if named.text in self.aliases:
            message = f'"{named.text}" is an alias; {where} takes models'
            self._report(message, named, f"use {self.aliases[named.text]}")
        else:
            message = f'this llama-swap serves no model "{named.text}"'
            self._report(message, named, self._hint(named, self.models))
        return False

    def target(self, named: Named) -> bool:
        """Return True for a model, an alias or a model of a peer, else report it."""
        known = [*self.models, *self.aliases, *self.peers]
        if named.text in self.broken:
            return False
        # A selector hides a peer's model of the same name.
        hidden = named.text in self.selectors and named.text not in {*self.models, *self.aliases}
        if named.text in known and not hidden:
            return True
        if hidden:
            message = f'"{named.text}" is a selector, which cannot be the target of another'
            self._report(message, named, "name its models instead")
        else:
            message = (
                f'"{named.text}" is not a model, an alias or a model of a peer of this llama-swap'
            )
            self._report(message, named, self._hint(named, known))
        return False

    def _hint(self, named: Named, known: Mapping[str, object] | Sequence[str]) -> str:
        return did_you_mean(named.text, known, "add it to the service's models")

    def _report(self, message: str, named: Named, hint: str) -> None:
        self.diagnostics.error("unknown-member", message, named.span, hint=hint)
