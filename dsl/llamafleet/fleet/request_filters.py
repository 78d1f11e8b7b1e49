"""Blocks of a model about its requests, each read once however many models inherit it."""

from __future__ import annotations

from ..dataclasses import dataclass, field
from ..diagnostics.model import Diagnostics
from ..language.syntax import Block
from .model import NOTHING, Filters, JsonObject
from .schema.block import BlockSchema, Fields, read_block
from .schema.swap_keys import METADATA, PASS_THROUGH, SET_PARAMS, VARIANT


@dataclass(frozen=True, slots=True)
class NestedBlocks:
    """Reads nested blocks; one that several models inherit is read, and complained about, once."""

    diagnostics: Diagnostics
    _read: dict[int, Fields] = field(default_factory=dict)

    def read(self, fields: Fields, schema: BlockSchema) -> Fields | None:
        """Return the nested block of that kind, if there is one."""
        block = fields.nested(schema.kind)
        return None if block is None else self._fields(block, schema)

    def free(self, fields: Fields, schema: BlockSchema) -> JsonObject:
        """Return the keys and values of a free-form nested block; empty where there is none."""
        found = self.read(fields, schema)
        return found.free_values if found else NOTHING

    def filters(self, fields: Fields) -> Filters:
        """Return the changes to requests."""
        variants = (self._fields(each, VARIANT) for each in fields.labelled(VARIANT.kind))
        return Filters(
            strip_params=fields.texts("strip-params"),
            set_params=self.free(fields, SET_PARAMS),
            variants=tuple((each.label.text, each.free_values) for each in variants),
        )

    def metadata(self, fields: Fields) -> JsonObject:
        """Return the metadata for the list of models."""
        return self.free(fields, METADATA)

    def pass_through(self, fields: Fields) -> JsonObject:
        """Return keys in llama-swap's own words."""
        return self.free(fields, PASS_THROUGH)

    def _fields(self, block: Block, schema: BlockSchema) -> Fields:
        known = self._read.get(id(block))
        if known is None:
            known = self._read[id(block)] = read_block(block, schema, self.diagnostics)
        return known
