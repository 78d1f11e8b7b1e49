"""One table per block kind: it drives checking, suggestions, explanation and documentation.

`read_block` turns a syntax `Block` into `Fields` and reports unknown keys, wrong types, missing and
repeated keys. A key with a bad value is dropped, so that the rest of the block is still checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..diagnostics.model import Diagnostics, Label
from ..fleet.model import ListenAddress
from ..language.source import Span
from ..language.syntax import Attribute, Block, MatrixSet, Name
from .values import BARE_WORD, Mismatch, Named, ValueType, described, did_you_mean, unprintable

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a block kind.

    `upstream` is what the key is called where it ends up (`proxy_buffering`). `same_as` names the
    key that this one is another spelling of.
    """

    name: str
    type: ValueType
    help: str
    required: bool = False
    default: object = None
    upstream: str = ""
    same_as: str = ""


@dataclass(frozen=True, slots=True)
class BlockSchema:
    """One block kind.

    `free_keys` is the type of keys that are names of the user's (handles of `matrix`), `sets`
    allows `set name = ...`. `refused` maps keys that somebody could expect here to why they are
    not: such a message beats "unknown key". `removable` lets `key = none` take an inherited key
    away, and `free_label` lets the label be any text, for names that live in APIs and never in a
    path. `not_even` says where else an unknown key was looked for.
    """

    kind: str
    help: str
    keys: tuple[Key, ...]
    blocks: tuple[BlockSchema, ...] = ()
    free_keys: ValueType | None = None
    labelled: bool = True
    sets: bool = False
    refused: Mapping[str, str] = field(default_factory=dict)
    removable: bool = False
    free_label: bool = False
    not_even: str = ""
    table: Mapping[str, Key] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", {key.name: key for key in self.keys})


@dataclass(frozen=True, slots=True)
class Fields:
    """The checked values of one block; a value that was dropped for being wrong counts as absent.

    The accessors return the schema's default for an absent key. `removed` are the keys set to
    `none`.
    """

    block: Block
    schema: BlockSchema
    values: Mapping[str, Any]
    written: Mapping[str, Attribute]
    free: tuple[tuple[Name, Any], ...] = ()
    sets: tuple[MatrixSet, ...] = ()
    blocks: Mapping[str, Block] = field(default_factory=dict)
    removed: frozenset[str] = frozenset()

    def has(self, key: str) -> bool:
        """Whether the key is written, with a good value."""
        return key in self.values

    def span(self, key: str) -> Span:
        """Where the key's value is, or the block's header."""
        return self.written[key].value.span if key in self.written else self.block.header

    @property
    def spans(self) -> dict[str, Span]:
        """Where the value of each written key is."""
        return {key: attribute.value.span for key, attribute in self.written.items()}

    @property
    def label(self) -> Named:
        """The block's label."""
        label = self.block.label
        return Named(label.text, label.span) if label else Named("", self.block.header)

    def value(self, key: str) -> Any:
        """The value as its type reads it, or the default."""
        if key in self.values:
            return self.values[key]
        return self.schema.table[key].default

    def text(self, key: str) -> str | None:
        """A text, word or choice."""
        found = self.value(key)
        return found.text if isinstance(found, Named) else found

    def texts(self, key: str) -> tuple[str, ...]:
        """The items of a list of texts, words or names."""
        items = self.value(key) or ()
        return tuple(each.text if isinstance(each, Named) else each for each in items)

    def integer(self, key: str) -> int | None:
        """A whole number."""
        found: int | None = self.value(key)
        return found

    def integers(self, key: str) -> tuple[int, ...] | None:
        """The items of a list of whole numbers; None where the list is absent."""
        found: tuple[int, ...] | None = self.value(key)
        return found

    def switch(self, key: str) -> bool:
        """`on` or `off`; an absent one without a default is off."""
        return bool(self.value(key))

    def size(self, key: str) -> int | None:
        """A size in bytes."""
        found: int | None = self.value(key)
        return found

    def seconds(self, key: str) -> int | None:
        """A duration in whole seconds, rounded up: nothing may end earlier than it says."""
        found: int | None = self.value(key)
        return None if found is None else -(-found // 1000)

    def listen(self, key: str) -> ListenAddress | None:
        """An address to listen on."""
        found: ListenAddress | None = self.value(key)
        return found

    def name(self, key: str) -> Named | None:
        """A reference, with its place."""
        found: Named | None = self.value(key)
        return found

    def names(self, key: str) -> tuple[Named, ...]:
        """References, with their places."""
        found: tuple[Named, ...] = self.value(key) or ()
        return found

    def nested(self, kind: str) -> Block | None:
        """The nested block of that kind."""
        return self.blocks.get(kind)


def read_block(block: Block, schema: BlockSchema, diagnostics: Diagnostics) -> Fields:
    """Check a block against its schema and return what is good in it."""
    _check_label(block, schema, diagnostics)
    values: dict[str, Any] = {}
    written: dict[str, Attribute] = {}
    free: dict[str, tuple[Name, Any]] = {}
    sets: list[MatrixSet] = []
    blocks: dict[str, Block] = {}
    removed: set[str] = set()
    for entry in block.entries:
        match entry:
            case Attribute() if schema.free_keys and entry.key.text not in schema.table:
                _read_free(entry, schema, free, diagnostics)
            case Attribute():
                _read_attribute(entry, schema, values, written, removed, diagnostics)
            case MatrixSet():
                if _is_set(entry, schema, diagnostics):
                    sets.append(entry)
            case Block():
                _read_nested(entry, schema, blocks, diagnostics)
    _check_required(block, schema, written, diagnostics)
    return Fields(
        block,
        schema,
        values,
        written,
        tuple(free.values()),
        tuple(sets),
        blocks,
        frozenset(removed),
    )


def _check_label(block: Block, schema: BlockSchema, diagnostics: Diagnostics) -> None:
    kind, label = schema.kind, block.label
    if label is None:
        if schema.labelled:
            hint = f"write {kind} some-name {{"
            diagnostics.error("missing-name", f"this {kind} has no name", block.header, hint=hint)
        return
    if not schema.labelled:
        hint = f"write {kind} {{"
        diagnostics.error("bad-name", f"{kind} takes no name", label.span, hint=hint)
        return
    if not _is_name(label.text, free=schema.free_label):
        hint = "no comma, no control characters, no blanks at its ends"
        if not schema.free_label:
            hint = "it becomes part of paths: a letter, then letters, digits, dots, _ and -"
        shown = described(label).partition(" ")[2]
        message = f"{shown} cannot be the name of a {kind}"
        hint += f"; {LONGEST_NAME} characters at most"
        diagnostics.error("bad-name", message, label.span, hint=hint)


def _is_name(text: str, *, free: bool) -> bool:
    if not 0 < len(text) <= LONGEST_NAME:
        return False
    if not free:
        return BARE_WORD.fullmatch(text) is not None
    return text == text.strip() and "," not in text and not unprintable(text)


def _read_attribute(
    entry: Attribute,
    schema: BlockSchema,
    values: dict[str, Any],
    written: dict[str, Attribute],
    removed: set[str],
    diagnostics: Diagnostics,
) -> None:
    key = schema.table.get(entry.key.text)
    if key is None:
        _report_unknown(entry, schema, diagnostics)
        return
    name = key.same_as or key.name
    if name in written:
        _report_repeated(entry, written[name], diagnostics)
        return
    written[name] = entry
    found = key.type.read(entry.value)
    if not isinstance(found, Mismatch):
        values[name] = found
    elif schema.removable and isinstance(entry.value, Name) and entry.value.text == "none":
        removed.add(name)
    else:
        _report_mismatch(entry.key.text, found, diagnostics)


def _report_unknown(entry: Attribute, schema: BlockSchema, diagnostics: Diagnostics) -> None:
    word, kind = entry.key.text, schema.kind
    if word in schema.refused:
        message = f"{word} is not for a {kind} block to say"
        diagnostics.error("refused-key", message, entry.key.span, hint=schema.refused[word])
        return
    keys = tuple(schema.table)
    listed = f"its keys are {', '.join(keys)}" if 0 < len(keys) <= 12 else ""
    hint = did_you_mean(word, keys, listed or f"llamafleet explain {kind} lists its keys")
    message = f'{kind} has no key "{word}"{schema.not_even.format(word)}'
    diagnostics.error("unknown-key", message, entry.key.span, hint=hint)


def _report_repeated(entry: Attribute, first: Attribute, diagnostics: Diagnostics) -> None:
    message = f"{entry.key.text} is set twice in this block"
    if entry.key.text != first.key.text:
        message = f"{entry.key.text} is another spelling of {first.key.text}, which is set too"
    diagnostics.error(
        "duplicate-key",
        message,
        entry.key.span,
        "again here",
        related=(Label(first.key.span, "first set here"),),
        hint="keep one of them",
    )


def _report_mismatch(key: str, found: Mismatch, diagnostics: Diagnostics) -> None:
    message = f"{key} takes {found.expected}, not {found.found}"
    diagnostics.error("wrong-type", message, found.span, hint=found.hint)


def _read_free(
    entry: Attribute,
    schema: BlockSchema,
    free: dict[str, tuple[Name, Any]],
    diagnostics: Diagnostics,
) -> None:
    assert schema.free_keys is not None
    word = entry.key.text
    if word in free:
        diagnostics.error(
            "duplicate-key",
            f"{word} is set twice in this block",
            entry.key.span,
            "again here",
            related=(Label(free[word][0].span, "first set here"),),
            hint="keep one of them",
        )
        return
    found = schema.free_keys.read(entry.value)
    if isinstance(found, Mismatch):
        _report_mismatch(word, found, diagnostics)
    else:
        free[word] = (entry.key, found)


def _is_set(entry: MatrixSet, schema: BlockSchema, diagnostics: Diagnostics) -> bool:
    words = f"{entry.keyword.text} {entry.name.text}"
    span = Span(entry.span.path, entry.keyword.span.start, entry.name.span.end)
    if not schema.sets:
        joined = f"{entry.keyword.text}-{entry.name.text}"
        hint = f'did you mean "{joined}"?' if joined in schema.table else "a key is one word"
        message = f'"{words}" are two words where {schema.kind} takes one key'
        diagnostics.error("misplaced-set", message, span, hint=hint)
        return False
    if entry.keyword.text != "set":
        message = f'"{words}" begins with {entry.keyword.text}, expected set'
        hint = f"write set {entry.name.text} = ..."
        diagnostics.error("misplaced-set", message, span, hint=hint)
        return False
    return True


def _read_nested(
    entry: Block, schema: BlockSchema, blocks: dict[str, Block], diagnostics: Diagnostics
) -> None:
    kind = entry.kind.text
    kinds = tuple(each.kind for each in schema.blocks)
    if kind not in kinds:
        otherwise = f"close {schema.kind} with }} first: other blocks stand at top level"
        hint = did_you_mean(kind, kinds, otherwise)
        message = f'{schema.kind} holds no block "{kind}"'
        diagnostics.error("misplaced-block", message, entry.header, hint=hint)
    elif kind in blocks:
        diagnostics.error(
            "duplicate-block",
            f"{kind} stands twice in this {schema.kind}",
            entry.header,
            "again here",
            related=(Label(blocks[kind].header, "first here"),),
            hint="merge the two",
        )
    else:
        blocks[kind] = entry


def _check_required(
    block: Block, schema: BlockSchema, written: Mapping[str, Attribute], diagnostics: Diagnostics
) -> None:
    for key in schema.keys:
        if key.required and key.name not in written:
            message = f"this {schema.kind} has no {key.name}"
            hint = f"add {key.name} = ... ({key.type.expected}): {key.help}"
            diagnostics.error("missing-key", message, block.header, hint=hint)
