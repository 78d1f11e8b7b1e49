"""Set expressions of llama-swap as nodes of the language."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..language.syntax import AllOf, AnyOf, Expression, Member, SetReference
from ..source import Position, Span

_TOKEN = re.compile(r"\s*(?:(?P<set>\+[\w.-]+)|(?P<word>[\w.-]+)|(?P<sign>[&|()]))")

DEEPEST = 30
"""As deep as the language nests."""


class ExpressionError(Exception):
    """Text that is not a set expression."""


def parse(
    text: str, span: Span, member: Callable[[str], str], reference: Callable[[str], str]
) -> Expression:
    """Parse an expression; `member` and `reference` map its names to those of the fleet file."""
    return _Parser(text, span, member, reference).whole()


class _Parser:
    def __init__(
        self, text: str, span: Span, member: Callable[[str], str], reference: Callable[[str], str]
    ) -> None:
        self._tokens = _tokens(text, span)
        self._span = span
        self._member, self._reference = member, reference
        self._depth = 0

    def whole(self) -> Expression:
        found = self._any()
        if self._tokens:
            raise ExpressionError(f'unexpected "{self._tokens[0][0]}"')
        return found

    def _any(self) -> Expression:
        terms = [self._all()]
        while self._next("|"):
            terms.append(self._all())
        return terms[0] if len(terms) == 1 else AnyOf(tuple(terms), self._span)

    def _all(self) -> Expression:
        terms = [self._term()]
        while self._next("&"):
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else AllOf(tuple(terms), self._span)

    def _next(self, sign: str) -> bool:
        if self._tokens and self._tokens[0][0] == sign:
            self._tokens.pop(0)
            return True
        return False

    def _term(self) -> Expression:
        if not self._tokens:
            raise ExpressionError("unexpected end")
        text, span = self._tokens.pop(0)
        if text == "(":
            self._depth += 1
            if self._depth > DEEPEST:
                raise ExpressionError("nested too deeply")
            inner = self._any()
            if not self._next(")"):
                raise ExpressionError("missing closing parenthesis")
            self._depth -= 1
            return inner
        if text.startswith("+"):
            return SetReference(self._reference(text[1:]), span)
        if text in "&|)":
            raise ExpressionError(f'unexpected "{text}"')
        return Member(self._member(text), span)


def _tokens(text: str, span: Span) -> list[tuple[str, Span]]:
    """Split into tokens; their spans are exact where the text is on one line as it is."""
    found: list[tuple[str, Span]] = []
    offset = 0
    stripped = text.rstrip()
    inline = span.start.line == span.end.line
    shift = 1 if span.end.column - span.start.column == len(text) + 2 else 0
    while offset < len(stripped):
        match = _TOKEN.match(stripped, offset)
        if match is None:
            raise ExpressionError(f'unexpected "{stripped[offset]}"')
        word = match["set"] or match["word"] or match["sign"]
        start = match.end() - len(word)
        place = span
        if inline:
            column = span.start.column + shift + start
            line = span.start.line
            place = Span(span.path, Position(line, column), Position(line, column + len(word)))
        found.append((word, place))
        offset = match.end()
    return found
