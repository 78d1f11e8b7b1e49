"""The syntactic context of the cursor in a text that is being typed.

The parser leaves out the line that it cannot read, which is just the one that matters here. So this
looks at tokens alone: which blocks are open, and what of the entry stands before the cursor.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto

from ..language.recovery import ENTRY, HEADER
from ..language.tables import END, tables
from ..language.tokens import BAD_CHARACTER, Lexer, LexerPosition, Token
from ..language.tree import unquote
from ..source import Position
from .kinds import TOP

WORDS = frozenset({"NAME", "STRING", "SET_REF", "NUMBER", "SIZE", "DURATION"})


class Slot(Enum):
    """A kind of syntax that may stand at a position."""

    KIND = auto()
    """A block's kind or a directive, at top level."""
    KEY = auto()
    """A key, a nested block's kind, or `set`, inside a block."""
    LABEL = auto()
    """What follows the first word of an entry."""
    VALUE = auto()
    """A value, or an item of a list."""
    EXPRESSION = auto()
    """A part of a set."""
    NOTHING = auto()
    """A comment, or what only its author knows."""


@dataclass(slots=True)
class Open:
    """A block around the cursor: its header, and the words that its entries begin with."""

    kind: str
    label: str
    keys: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place: the blocks around it, outermost first, and what is written there.

    `key` is the first word of the entry. `word` is the whole token at the cursor, with its quotes
    or its plus sign, and begins at `start`; empty where the cursor stands between tokens. `items`
    are the names that the value has already.
    """

    slot: Slot
    blocks: tuple[Open, ...]
    start: Position
    key: str = ""
    word: str = ""
    items: tuple[str, ...] = ()


def cursor_at(text: str, position: Position) -> Cursor:
    """Return the context at `position`; the text may have syntax errors anywhere."""
    return _Scan(text, position).run()


def _block_above(lines: list[str], number: int) -> int:
    """Return the number of lines above the top-level block that may contain line `number`."""
    for above in range(min(number, len(lines)) - 1, -1, -1):
        line = lines[above]
        if line[:1].isalpha() and re.match(HEADER, line) and re.split(r"[\s{]", line)[0] in TOP:
            return above
    return 0


class _Scan:
    """One walk over the tokens of a text."""

    def __init__(self, text: str, position: Position) -> None:
        lines = text.split("\n")
        above = _block_above(lines, position.line)
        self._text = "\n".join([*lines[above:], ""])
        self._lexer = Lexer(self._text, tables())
        self._lexer.position = LexerPosition(0, above + 1, 0)
        self._position = position
        self._blocks: list[Open] = []
        self._entry: list[Token] = []
        self._brackets = 0
        self._found: Cursor | None = None

    def run(self) -> Cursor:
        """Walk to the end of the block that the cursor is in: its later keys count, too."""
        while True:
            token = self._next()
            if self._found is None:
                self._look(token)
            elif len(self._blocks) < len(self._found.blocks):
                return self._found
            if token.type == END:
                return self._found or self._cursor(Slot.NOTHING)
            self._take(token)

    def _next(self) -> Token:
        token = self._lexer.next()
        if token.type != BAD_CHARACTER:
            return token
        offset, line, line_start = self._lexer.position
        end = offset + 1
        if token.text == '"':
            # A text that is not closed, or not yet: it goes on to the end of its line.
            end = self._text.index("\n", offset)
            token = token._replace(text=self._text[offset:end])
        self._lexer.position = LexerPosition(end, line, line_start)
        return token

    # Where the cursor is.

    def _look(self, token: Token) -> None:
        """Notice that the cursor is in or before `token`."""
        if token.type == "_NL":
            self._look_in_line_end(token)
        elif token.type == END or self._position < token.start:
            self._found = self._cursor(self._slot())
        elif token.type in WORDS or token.text.startswith('"'):
            # Also where the cursor touches either end of it.
            if self._position <= token.end:
                self._found = self._cursor(self._slot(), token)
        elif self._position == token.start:
            self._found = self._cursor(self._slot())

    def _look_in_line_end(self, token: Token) -> None:
        """A line end holds comments and empty lines, up to the next token."""
        lines = token.text.split("\n")
        number = self._position.line - token.line
        if not 0 <= number < len(lines):
            return
        column = max(0, self._position.column - (token.column if number == 0 else 1))
        last = number == len(lines) - 1
        if last and column >= len(lines[-1]):
            return  # behind the line end: the next token, or the end, decides
        if "#" in lines[number][:column]:
            self._found = self._cursor(Slot.NOTHING)
        elif number == 0:
            self._found = self._cursor(self._slot())
        else:
            self._end_line()
            self._found = self._cursor(self._slot())

    def _cursor(self, slot: Slot, token: Token | None = None) -> Cursor:
        key = _text(self._entry[0]) if self._entry else ""
        items = tuple(_text(each) for each in self._entry[1:] if each.type in ("NAME", "STRING"))
        word, start = (token.text, token.start) if token else ("", self._position)
        return Cursor(slot, tuple(self._blocks), start, key, word, items)

    def _slot(self) -> Slot:
        kinds = [each.type for each in self._entry]
        match kinds:
            case []:
                return Slot.KEY if self._blocks else Slot.KIND
            case ["NAME" | "STRING"]:
                return Slot.LABEL
            case ["NAME" | "STRING", "EQUAL"]:
                return Slot.VALUE
            case ["NAME" | "STRING", "EQUAL", "LSQB", *_]:
                return Slot.VALUE if self._brackets else Slot.NOTHING
            case ["NAME", "NAME", "EQUAL", *_]:
                return Slot.EXPRESSION
        return Slot.NOTHING

    # What the tokens are.

    def _take(self, token: Token) -> None:
        at_margin = token.column == 1 and token.text in TOP and not self._entry
        if at_margin and self._blocks and re.match(HEADER, self._line_of(token)):
            self._blocks.clear()  # those above were never closed
        match token.type:
            case "_NL":
                self._end_line()
            case "LBRACE":
                self._open()
            case "RBRACE":
                self._begin_entry()
                del self._blocks[-1:]
            case _:
                self._brackets += {"LSQB": 1, "RSQB": -1}.get(token.type, 0)
                self._entry.append(token)

    def _end_line(self) -> None:
        """An entry ends with its line, unless a list is open that goes on."""
        if not self._brackets or re.match(ENTRY, self._rest()):
            self._begin_entry()

    def _begin_entry(self) -> None:
        if self._blocks and self._entry:
            self._blocks[-1].keys.append(_text(self._entry[0]))
        self._entry.clear()
        self._brackets = 0

    def _open(self) -> None:
        words = [_text(each) for each in self._entry] or [""]
        self._begin_entry()
        self._blocks.append(Open(words[0], words[1] if len(words) > 1 else ""))

    def _line_of(self, token: Token) -> str:
        start = self._lexer.position.offset - len(token.text)
        return self._text[start : self._text.find("\n", start)]

    def _rest(self) -> str:
        offset = self._lexer.position.offset
        return self._text[offset : self._text.find("\n", offset)]


def _text(token: Token) -> str:
    return unquote(token.text) if token.type == "STRING" else token.text
