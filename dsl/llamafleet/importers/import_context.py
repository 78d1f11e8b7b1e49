"""State that all models of an imported file share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..diagnostics.model import Diagnostics
from ..fleet.words import Word
from ..language.syntax import Block, Name, Text
from ..source import Source, Span
from . import nodes
from .model_settings import ReportLoss
from .names import Names, of_weights
from .secrets import SecretStore


@dataclass(slots=True)
class ImportContext:
    """State of one import: its source, diagnostics, secrets, names and weights by path."""

    source: Source | None = None
    diagnostics: Diagnostics = field(default_factory=Diagnostics)
    safe: SecretStore = field(default_factory=SecretStore)
    names: Names = field(default_factory=Names)
    weights: dict[str, tuple[str, Span]] = field(default_factory=dict)

    drops_dead: bool = True
    shared: Counter[str] = field(default_factory=Counter)
    fixed: set[int] = field(default_factory=set)

    def loses(self, model: str) -> ReportLoss:
        """Return a callback that reports what cannot be imported of a model."""

        def report_loss(what: str, span: Span) -> None:
            self.diagnostics.warning(
                "not-imported", f'not imported from model "{model}": {what}', span
            )

        return report_loss

    def gguf(self, word: Word) -> Name | Text:
        """Return a reference to the gguf block of a path."""
        if word.text not in self.weights:
            name = self.names.take(of_weights(word.text))
            self.weights[word.text] = (name, word.span)
        return nodes.named(self.weights[word.text][0], word.span)

    def gguf_blocks(self) -> Iterator[Block]:
        """Yield the gguf blocks, in the order in which their paths were met."""
        for path, (name, span) in self.weights.items():
            yield nodes.block("gguf", name, [nodes.attribute("path", Text(path, span))], span)
