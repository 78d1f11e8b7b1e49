"""The expressions of a matrix, in llama-swap's notation: `a & (b | c) | +other`."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from ..fleet.matrix_expression import Either, Node, One, Ref, Together

DEEPEST = 100
"""More parentheses inside each other than anybody writes."""


class ExpressionError(Exception):
    """An error in an expression, with its place in the text."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True, slots=True)
class Token:
    """A sign or a name; the kind of a name is "name" or "ref", of a sign itself."""

    kind: str
    text: str
    at: int


def tokens(text: str) -> list[Token]:
    """Return the tokens of an expression."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        each = text[at]
        if _space(each):
            at += 1
        elif each in "&|()":
            found.append(Token(each, each, at))
            at += 1
        elif each == "+" or _word(each):
            start = at + (each == "+")
            end = start
            while end < len(text) and _word(text[end]):
                end += 1
            if end == start:
                raise ExpressionError("+ must be followed by the name of a set", at)
            found.append(Token("ref" if each == "+" else "name", text[start:end], at))
            at = end
        else:
            raise ExpressionError(f'unexpected "{each}"', at)
    return found


def parsed(text: str) -> tuple[Node, list[Token]]:
    """Return the tree, whose leaves are named as written, and all tokens."""
    found = tokens(text)
    if not found:
        raise ExpressionError("the expression is empty", 0)
    return _Parser(found, len(text)).whole(), found


class _Parser:
    def __init__(self, found: list[Token], end: int) -> None:
        self.found = [*found, Token("end", "", end)]
        self.at = 0
        self.depth = 0

    def take(self) -> Token:
        token = self.found[self.at]
        self.at = min(self.at + 1, len(self.found) - 1)
        return token

    @property
    def next(self) -> str:
        return self.found[self.at].kind

    def whole(self) -> Node:
        node = self.either()
        token = self.found[self.at]
        if token.kind != "end":
            raise ExpressionError(f'unexpected "{token.text}", expected & or |', token.at)
        return node

    def either(self) -> Node:
        terms = [self.together()]
        while self.next == "|":
            self.take()
            terms.append(self.together())
        return terms[0] if len(terms) == 1 else Either(tuple(terms))

    def together(self) -> Node:
        terms = [self.atom()]
        while self.next == "&":
            self.take()
            terms.append(self.atom())
        return terms[0] if len(terms) == 1 else Together(tuple(terms))

    def atom(self) -> Node:
        token = self.take()
        match token.kind:
            case "name":
                return One(token.text, token.text)
            case "ref":
                return Ref(token.text)
            case "(":
                return self.inner(token)
            case "end":
                raise ExpressionError("unexpected end, expected a name", token.at)
        raise ExpressionError(f'unexpected "{token.text}", expected a name', token.at)

    def inner(self, token: Token) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionError("parentheses are nested too deeply", token.at)
        node = self.either()
        if self.take().kind != ")":
            raise ExpressionError("this parenthesis is not closed", token.at)
        self.depth -= 1
        return node


def _space(each: str) -> bool:
    return each in "\t\n\v\f\r \x85" or unicodedata.category(each)[0] == "Z"


def _word(each: str) -> bool:
    category = unicodedata.category(each)
    return category[0] == "L" or category == "Nd" or each in "_-."
