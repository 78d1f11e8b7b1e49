"""Nodes as values: anchors followed, keys merged, scalars resolved, doubles refused.

llama-swap decodes its whole file this way since v243, and parts of it before; that is why a
configuration can lose the notation of its numbers, or all of a mapping with one odd key.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace

from ..diagnostics.model import Diagnostics, Label
from . import scalars
from .keys import TOP
from .nodes import Node
from .shapes import ANYTHING, MACROS, SETS, Fields, ListOf, Named, Shape
from .values import Key, Scalar, Table, Value
from .versions import MACROS_EVERYWHERE, since

LOW, MANY, ALIASED = 1000, 100, 0.99
"""More aliases than that are refused: a few lines could mean more than there is memory for."""


class _RefusedError(Exception):
    """A problem at which the decoder gives up at once."""

    def __init__(self, code: str, message: str, node: Node) -> None:
        super().__init__(message)
        self.code, self.node = code, node


def untyped(root: Node, diagnostics: Diagnostics, version: int) -> Value | None:
    """Return the value of a node, or None where llama-swap stops reading."""
    try:
        return _Decoder(diagnostics, version).value(root)
    except _RefusedError as refused:
        diagnostics.error(refused.code, str(refused), refused.node.span, refused=True)
    except RecursionError:
        diagnostics.error("yaml-syntax", "the file is nested too deeply", root.span, refused=True)
    return None


class _Decoder:
    def __init__(self, diagnostics: Diagnostics, version: int) -> None:
        self.diagnostics = diagnostics
        self.version = version
        # Scalars are written anew before a key that takes text reads them.
        self.rewritten = version >= MACROS_EVERYWHERE
        self.path: list[str] = []
        self.decoded = self.aliased = self.depth = 0
        self.open: set[int] = set()

    def count(self, node: Node) -> None:
        self.decoded += 1
        self.aliased += self.depth > 0
        if self.aliased > MANY and self.decoded > LOW and self.aliased / self.decoded > ALIASED:
            message = "anchors and aliases expand this file too much"
            raise _RefusedError("yaml-syntax", message, node)

    def value(self, node: Node) -> Value:
        self.count(node)
        match node.kind:
            case "alias":
                return self.followed(node)
            case "scalar":
                return self.scalar(node)
            case "sequence":
                return Value(tuple(self.value(each) for each in node.children), node.span)
        return Value(self.table(node), node.span)

    def followed(self, node: Node) -> Value:
        assert node.target is not None
        if id(node) in self.open:
            raise _RefusedError("yaml-syntax", f'"*{node.value}" contains itself', node)
        self.open.add(id(node))
        self.depth += 1
        try:
            return self.value(node.target)
        finally:
            self.depth -= 1
            self.open.discard(id(node))

    def scalar(self, node: Node) -> Value:
        data = self.resolved(node)
        text = node.value if data is not None else ""
        if self.rewritten or node.tag == "!!binary":
            text = data if type(data) is str else scalars.as_text(data)
        return Value(data, node.span, text, node.written, node.known)

    def resolved(self, node: Node) -> Scalar:
        if node.tag == "!!str" or (node.quoted and node.tag in ("", "!")):
            return node.value
        try:
            tag, data = scalars.resolved(node.value, "" if node.tag == "!" else node.tag)
            if tag == "!!binary":
                return base64.b64decode(node.value, validate=True).decode("utf-8", "replace")
        except (ValueError, binascii.Error) as error:
            raise _RefusedError("wrong-type", str(error), node) from None
        return data

    def table(self, node: Node) -> Table:
        self.report_doubles(node)
        entries: dict[str, tuple[Key, Value]] = {}
        merged: Node | None = None
        whole = all(self.is_string(key) for key, _ in node.pairs())
        for key_node, value_node in node.pairs():
            if _is_merge(key_node) and not self.in_macros():
                merged = value_node
                continue
            key = self.key(key_node, whole)
            self.path.append(key.text)
            entries[key.text] = (key, self.entry(value_node))
            self.path.pop()
        if merged is not None:
            self.merge(merged, entries)
        return Table(tuple(entries.values()))

    def in_macros(self) -> bool:
        """Return True if this mapping defines macros, in which << is a name like any other."""
        return self.path == ["macros"] or (
            len(self.path) == 3 and self.path[0] == "models" and self.path[2] == "macros"
        )

    def entry(self, node: Node) -> Value:
        """Return the value of a key; what an older release never decodes cannot stop it."""
        try:
            return self.value(node)
        except _RefusedError:
            if self.rewritten or decoded(self.path, self.version):
                raise
            return Value(None, node.span)

    def merge(self, node: Node, entries: dict[str, tuple[Key, Value]]) -> None:
        inner = node.target if node.kind == "alias" else node
        nodes = [node]
        if inner is not None and inner.kind == "sequence" and node.kind == "sequence":
            nodes = node.children
        for each in nodes:
            target = each.target if each.kind == "alias" else each
            if target is None or target.kind != "mapping":
                message = "<< takes a mapping, or a list of mappings"
                raise _RefusedError("wrong-type", message, each)
            value = self.value(each)
            for key, inner_value in value.table or ():
                # A key of its own comes first, and of several mappings the first.
                entries.setdefault(key.text, (key, inner_value))

    def report_doubles(self, node: Node) -> None:
        seen: dict[tuple[str, str], Node] = {}
        refused = self.rewritten or decoded(self.path, self.version)
        harm = "refuses this" if refused else "takes the last one"
        for key, _ in node.pairs():
            name = (key.kind, key.value)
            if name in seen:
                self.diagnostics.error(
                    "duplicate-key",
                    f'key "{key.written or key.value}" is set twice in one mapping',
                    key.span,
                    related=(Label(seen[name].span, "first here"),),
                    hint=f"merge them or remove one: llama-swap {harm}",
                    refused=refused,
                )
            seen.setdefault(name, key)

    def is_string(self, node: Node) -> bool:
        target = node.target if node.kind == "alias" else node
        assert target is not None
        return _is_merge(target) or (target.kind == "scalar" and type(self.resolved(target)) is str)

    def key(self, node: Node, whole: bool) -> Key:
        value = self.value(node)
        if not value.scalar:
            raise _RefusedError("wrong-type", "a key must be text, not a list or mapping", node)
        return Key(value.text, node.span, string=whole or self.is_string(node))


def decoded(path: list[str], version: int) -> bool:
    """Return True if releases before v243 decode the mapping; they leave out what they ignore."""
    shape: Shape = TOP
    for at, name in enumerate(path):
        match shape:
            case Fields(keys) if name in keys and (since(*path[: at + 1]) or 0) <= version:
                shape = keys[name]
            case Fields():
                return False
            case Named(each):
                shape = each
            case ListOf():
                return True
        if shape is ANYTHING:
            return True
    return shape not in (MACROS, SETS)


def _is_merge(node: Node) -> bool:
    if node.kind != "scalar" or node.value != "<<":
        return False
    return node.tag == "!!merge" or (not node.quoted and node.tag in ("", "!"))


def without(table: Table, name: str) -> Table:
    """Return the mapping without one key."""
    return replace(table, entries=tuple(pair for pair in table if pair[0].text != name))
