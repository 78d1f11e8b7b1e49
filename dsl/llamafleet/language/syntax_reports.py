"""Reports syntax errors at the tokens that cause them."""

from __future__ import annotations

from ..diagnostics.model import Diagnostics, Label
from ..source import Position, Span
from .syntax_errors import describe
from .tokens import BAD_CHARACTER, Lexer, Token


class SyntaxReports:
    """The syntax errors of one file, as diagnostics."""

    def __init__(self, path: str, diagnostics: Diagnostics) -> None:
        self.path = path
        self.diagnostics = diagnostics

    def error(
        self,
        token: Token,
        message: str,
        width: int = 1,
        related: tuple[Label, ...] = (),
        hint: str = "",
    ) -> None:
        """Report an error that starts at a token and is `width` columns wide."""
        end = Position(token.line, token.column + width)
        span = Span(self.path, token.start, end)
        self.diagnostics.error("syntax", message, span, related=related, hint=hint)

    def unexpected(
        self,
        token: Token,
        expected: frozenset[str],
        before: Token | None,
        lexer: Lexer,
        opened: Token | None,
    ) -> None:
        """Report a token that does not fit; `opened` is the "[" of the list that it is in."""
        text = lexer.text
        offset = lexer.position.line_start + token.column - 1
        rest = text[offset : text.find("\n", offset)] if token.type == BAD_CHARACTER else ""
        problem = describe(token, expected, before, rest)
        related: tuple[Label, ...] = ()
        if opened is not None and opened.line != token.line:
            related = (Label(opened.span(self.path), "this list is not closed"),)
        self.error(token, problem.message, problem.width, related, problem.hint)

    def unclosed(self, token: Token, found: str, opened: Token) -> None:
        """Report a block that is not closed where `found` shows it; `opened` is its header."""
        label = Label(opened.span(self.path), "this block is not closed")
        self.error(token, f'unexpected {found}, expected "}}"', len(token.text) or 1, (label,))
