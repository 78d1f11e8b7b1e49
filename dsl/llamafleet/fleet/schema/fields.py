"""The checked values of one block."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...dataclasses import dataclass, field
from ...language.syntax import Attribute, Block, MatrixSet, Word
from ...source import Span
from ..endpoint import ListenAddress
from .table import BlockSchema
from .value_type import Named


@dataclass(frozen=True, slots=True)
class Fields:
    """The checked values of one block; a value that was dropped for being wrong counts as absent.

    The accessors return the schema's default for an absent key. `removed` are the keys set to
    `none`; `blocks` are nested blocks without a label by their kind, `named` those with one.
    """

    block: Block
    schema: BlockSchema
    values: Mapping[str, Any]
    written: Mapping[str, Attribute]
    free: tuple[tuple[Word, Any], ...] = ()
    sets: tuple[MatrixSet, ...] = ()
    blocks: Mapping[str, Block] = field(default_factory=dict)
    named: Mapping[str, tuple[Block, ...]] = field(default_factory=dict)
    removed: frozenset[str] = frozenset()

    def has(self, key: str) -> bool:
        """Return True if the key is written and its value is valid."""
        return key in self.values

    def span(self, key: str) -> Span:
        """Return the span of the key's value, or of the block's header where it is not written."""
        return self.written[key].value.span if key in self.written else self.block.header

    @property
    def spans(self) -> dict[str, Span]:
        """Return the span of each written key's value."""
        return {key: attribute.value.span for key, attribute in self.written.items()}

    @property
    def label(self) -> Named:
        """Return the block's label."""
        label = self.block.label
        return Named(label.text, label.span) if label else Named("", self.block.header)

    def value(self, key: str) -> Any:
        """Return the value as its type reads it, or the default."""
        if key in self.values:
            return self.values[key]
        return self.schema.table[key].default

    def text(self, key: str) -> str | None:
        """Return a text, word or choice."""
        found = self.value(key)
        return found.text if isinstance(found, Named) else found

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the items of a list of texts, words or names."""
        items = self.value(key) or ()
        return tuple(each.text if isinstance(each, Named) else each for each in items)

    def integer(self, key: str) -> int | None:
        """Return a whole number."""
        found: int | None = self.value(key)
        return found

    def integers(self, key: str) -> tuple[int, ...] | None:
        """Return the items of a list of whole numbers; None where the list is absent."""
        found: tuple[int, ...] | None = self.value(key)
        return found

    def switch(self, key: str) -> bool:
        """Return True for `on`; False for `off` and for an absent switch without a default."""
        return bool(self.value(key))

    def size(self, key: str) -> int | None:
        """Return a size in bytes."""
        found: int | None = self.value(key)
        return found

    def sizes(self, key: str) -> tuple[int, ...]:
        """Return the items of a list of sizes, in bytes."""
        found: tuple[int, ...] = self.value(key) or ()
        return found

    def seconds(self, key: str) -> int | None:
        """Return a duration in whole seconds, rounded up: nothing may end earlier than it says."""
        found: int | None = self.value(key)
        return None if found is None else -(-found // 1000)

    def listen(self, key: str) -> ListenAddress | None:
        """Return an address to listen on."""
        found: ListenAddress | None = self.value(key)
        return found

    def name(self, key: str) -> Named | None:
        """Return a reference, with its place."""
        found: Named | None = self.value(key)
        return found

    def names(self, key: str) -> tuple[Named, ...]:
        """Return references, with their places."""
        found: tuple[Named, ...] = self.value(key) or ()
        return found

    def nested(self, kind: str) -> Block | None:
        """Return the nested block of that kind."""
        return self.blocks.get(kind)

    def labelled(self, kind: str) -> tuple[Block, ...]:
        """Return the nested blocks of a kind that has labels, in the written order."""
        return self.named.get(kind, ())

    @property
    def free_values(self) -> dict[str, Any]:
        """Return keys of the user's own, with their values."""
        return {key.text: value for key, value in self.free}
