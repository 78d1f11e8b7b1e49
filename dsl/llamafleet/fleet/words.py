"""A command line cut into words, as llama-swap and a POSIX shell do, each with its place.

Blanks part words; `'...'` is literal, in `"..."` a backslash escapes `$ ` " \\` and a line end, and
elsewhere whatever follows. Quotes that are never closed end with the text, as in llama-swap.
"""

from __future__ import annotations

from ..dataclasses import dataclass
from ..source import Position, Span

START = Position(1, 1)
BLANKS = " \t\r\n"
IN_DOUBLE_QUOTES = '$`"\\'


@dataclass(frozen=True, slots=True)
class Word:
    """One argument and where it stands."""

    text: str
    span: Span


def split(text: str, path: str, start: Position = START) -> tuple[Word, ...]:
    """Return the words of a text that begins at `start` of a file."""
    return tuple(_words(text, path, start))


def _words(text: str, path: str, start: Position) -> list[Word]:
    found: list[Word] = []
    offset, place = 0, _Place(text, start)
    while offset < len(text):
        if text[offset] in BLANKS:
            offset += 1
            continue
        end, word = _word(text, offset)
        if word is not None:
            found.append(Word(word, Span(path, place.at(offset), place.at(end))))
        offset = end
    return found


def _word(text: str, offset: int) -> tuple[int, str | None]:
    """Return the end of the word at `offset`, and its text; None for a lone line end."""
    parts: list[str] = []
    said = False
    while offset < len(text) and text[offset] not in BLANKS:
        each = text[offset]
        if each == "'":
            end = text.find("'", offset + 1)
            end = len(text) if end < 0 else end
            parts.append(text[offset + 1 : end])
            offset, said = end + 1, True
        elif each == '"':
            offset, part = _quoted(text, offset + 1)
            parts.append(part)
            said = True
        elif each == "\\":
            after = text[offset + 1 : offset + 2]
            if after != "\n":
                parts.append(after)
                said = True
            offset += 2
        else:
            parts.append(each)
            offset, said = offset + 1, True
    return min(offset, len(text)), "".join(parts) if said else None


def _quoted(text: str, offset: int) -> tuple[int, str]:
    """Return the text in double quotes from `offset` on, and the offset behind them."""
    parts: list[str] = []
    while offset < len(text) and text[offset] != '"':
        if text[offset] == "\\" and offset + 1 < len(text):
            after = text[offset + 1]
            if after in IN_DOUBLE_QUOTES:
                parts.append(after)
            elif after != "\n":
                parts.append("\\" + after)
            offset += 2
        else:
            parts.append(text[offset])
            offset += 1
    return offset + 1, "".join(parts)


class _Place:
    """Offsets of a text as positions; asked in rising order, so that it is linear."""

    def __init__(self, text: str, start: Position) -> None:
        self._text = text
        self._offset, self._line, self._column = 0, start.line, start.column

    def at(self, offset: int) -> Position:
        passed = self._text[self._offset : offset]
        lines = passed.count("\n")
        if lines:
            self._line += lines
            self._column = 1 + len(passed) - passed.rindex("\n") - 1
        else:
            self._column += len(passed)
        self._offset = offset
        return Position(self._line, self._column)
