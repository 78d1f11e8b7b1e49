"""Facts of weights as a lock keeps them, decoded when they are first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..dataclasses import dataclass, field
from ..gguf.compact import from_json
from ..gguf.facts import GgufFacts
from .model import JsonTree


@dataclass(frozen=True, slots=True)
class LockedFacts(Mapping[str, GgufFacts]):
    """Facts by the names of weights; a model's are decoded when they are first asked for.

    Those that cannot be read count as absent.
    """

    trees: Mapping[str, JsonTree]
    decoded: dict[str, GgufFacts | None] = field(default_factory=dict)

    def __getitem__(self, name: str) -> GgufFacts:
        if name not in self.decoded:
            found = from_json(self.trees[name])
            self.decoded[name] = found if isinstance(found, GgufFacts) else None
        facts = self.decoded[name]
        if facts is None:
            raise KeyError(name)
        return facts

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.trees if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)
