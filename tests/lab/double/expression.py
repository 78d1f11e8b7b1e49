"""Set expressions of the matrix: `a & (b | +other)`, where `&` binds tighter than `|`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .refusal import RefusedError


@dataclass(frozen=True, slots=True)
class Node:
    """A leaf (`model`), a reference (`ref`), or `and`/`or` over parts."""

    kind: str
    name: str = ""
    parts: tuple[Node, ...] = ()

    def walk(self) -> Iterator[Node]:
        """This node and everything below it, in written order."""
        yield self
        for part in self.parts:
            yield from part.walk()


def tokens(text: str) -> Iterator[str]:
    """Operators, names and `+references` of an expression."""
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
        elif text[at] in "&|()":
            yield text[at]
            at += 1
        else:
            start = at + (text[at] == "+")
            end = start
            while end < len(text) and (text[end].isalnum() or text[end] in "_-."):
                end += 1
            if start > at and end == start:
                raise RefusedError(f"tokenize: expected set name after '+' at position {start}")
            if end == start:
                raise RefusedError(f"tokenize: unexpected character '{text[at]}' at position {at}")
            yield text[at:end]
            at = end


class Parser:
    """One expression, one token of look-ahead."""

    def __init__(self, text: str) -> None:
        if not text.strip():
            raise RefusedError("empty DSL expression")
        self.rest = [*tokens(text.strip()), ""]

    def whole(self) -> Node:
        """The expression, which must end where the text ends."""
        node = self.either()
        if self.rest[0]:
            word = self.rest[0].removeprefix("+")
            raise RefusedError(f'parse: unexpected token "{word}" after expression')
        return node

    def either(self) -> Node:
        """Alternatives."""
        return self._chain("|", "or", self.both)

    def both(self) -> Node:
        """Parts that are loaded together."""
        return self._chain("&", "and", self.part)

    def _chain(self, operator: str, kind: str, part: Callable[[], Node]) -> Node:
        parts = [part()]
        while self.rest[0] == operator:
            self.rest.pop(0)
            parts.append(part())
        return parts[0] if len(parts) == 1 else Node(kind, parts=tuple(parts))

    def part(self) -> Node:
        """A name, a reference, or an expression in parentheses."""
        word = self.rest.pop(0) if self.rest[0] else ""
        if word == "(":
            node = self.either()
            if (self.rest.pop(0) if self.rest[0] else "") != ")":
                raise RefusedError("parse: missing closing parenthesis")
            return node
        if word in ("", "&", "|", ")"):
            raise RefusedError(f'parse: unexpected token "{word}"')
        return Node("ref", word[1:]) if word.startswith("+") else Node("model", word)
