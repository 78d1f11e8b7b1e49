"""Splits text into tokens, one at a time, so that the parser can go back to a line or skip one."""

from __future__ import annotations

from typing import NamedTuple

from ..source import Position, Span
from .tables import END, Tables

LONGEST_NUMBER = 40
"""No size, port or context length needs more digits, and none of more ever reaches `int`."""

NUMBERS = frozenset({"NUMBER", "SIZE", "DURATION"})

BAD_CHARACTER = "<character>"
TOO_LONG = "<number>"


_new = tuple.__new__
"""Makes a named tuple without a call of Python: a big fleet has hundreds of thousands."""


class Token(NamedTuple):
    """One token; `line` and `column` are where it starts."""

    type: str
    text: str
    line: int
    column: int

    @property
    def start(self) -> Position:
        """The position of its first character."""
        return Position(self.line, self.column)

    @property
    def end(self) -> Position:
        """The position just behind it; a line end has no width."""
        width = 0 if self.type in ("_NL", END) else len(self.text)
        return Position(self.line, self.column + width)

    def span(self, path: str) -> Span:
        """Return its span in the file."""
        kind, text, line, column = self
        behind = column if kind in ("_NL", END) else column + len(text)
        start = _new(Position, (line, column))
        return _new(Span, (path, start, _new(Position, (line, behind))))


class LexerPosition(NamedTuple):
    """Position of the lexer: offset, line, and the offset where the line starts."""

    offset: int
    line: int
    line_start: int


class Lexer:
    """Reads tokens from a text that ends in a newline."""

    __slots__ = ("_ignored", "_match", "position", "text")

    def __init__(self, text: str, tables: Tables) -> None:
        self.text = text
        self.position = LexerPosition(0, 1, 0)
        self._match = tables.lexer.match
        self._ignored = tables.ignored

    def next(self) -> Token:
        """Return the next token: `BAD_CHARACTER` where none starts, `END` after the last one."""
        offset, line, line_start = self.position
        while found := self._match(self.text, offset):
            kind = found.lastgroup or ""
            if kind in self._ignored:
                offset = found.end()
                continue
            text = found[0]
            token = Token(kind, text, line, offset - line_start + 1)
            offset = found.end()
            if kind == "_NL":
                line += text.count("\n")
                line_start = self.text.rindex("\n", 0, offset) + 1
            elif kind in NUMBERS and len(text) > LONGEST_NUMBER:
                token = token._replace(type=TOO_LONG)
            self.position = LexerPosition(offset, line, line_start)
            return token
        self.position = LexerPosition(offset, line, line_start)
        if offset == len(self.text):
            return Token(END, "", line, offset - line_start + 1)
        return Token(BAD_CHARACTER, self.text[offset], line, offset - line_start + 1)

    def skip_line(self) -> Token:
        """Skip the rest of the line; return its line end, with the comments that belong to it."""
        offset, line, line_start = self.position
        # A comment belongs to the line end too, but a skipped line's comment may hide in a string.
        self.position = LexerPosition(self.text.find("\n", offset), line, line_start)
        if self.position.offset < 0:
            self.position = LexerPosition(len(self.text), line, line_start)
        return self.next()

    def line_at(self, position: LexerPosition) -> str:
        """Return the text of the line from `position` on."""
        return self.text[position.offset : self.text.find("\n", position.offset)]
