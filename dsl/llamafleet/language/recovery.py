"""The parser that goes on after an error, so that one run reports all of them.

The automaton stops at the first token that does not fit; this is what goes on after it. An entry
ends with its line, so after a bad token the state that the line began with is taken up again behind
that line. Each line is read at most twice, whatever it holds, so time stays linear.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..diagnostics.model import Diagnostics
from .automaton import Automaton, State
from .syntax import File
from .syntax_reports import SyntaxReports
from .tables import END, tables
from .tokens import Lexer, LexerPosition, Token
from .tree import UNREADABLE

DEEPEST = 32
"""How deep blocks, lists or parentheses may nest: far more than means anything."""

MOST_ERRORS = 50
"""After so many syntax errors the rest of a file is not read."""

# Few lines need these, so `re` compiles them when it meets them.
WORD = r"[A-Za-z][A-Za-z0-9_.\-]*"
QUOTED = r'"(?:\\.|[^"\\\n])*"'
ENTRY = rf"(\}}|({WORD}|{QUOTED})([ \t]+({WORD}|{QUOTED}))?[ \t]*[={{])"
HEADER = rf'{WORD}([ \t]+({WORD}|"[^"\n]*"))?[ \t]*\{{'
OPENS = r"\{[ \t\r]*(#.*)?$"
BODY = rf"[ \t]*(({WORD}|{QUOTED})[ \t]*=|[{{}}])"


def read_recovering(text: str, path: str, diagnostics: Diagnostics) -> File:
    """Return the tree of what can be read in a text that ends in a newline; report every error."""
    parser = _Parser(path, text, close_at_margin=False)
    file = parser.run()
    if parser.suspicious and parser.unclosed:
        parser = _Parser(path, text, close_at_margin=True)
        file = parser.run()
    diagnostics.extend(parser.diagnostics.found)
    return file


class _Mark(NamedTuple):
    """The start of a line, with the parser's state there."""

    position: LexerPosition
    state: State
    blocks: tuple[Token, ...]
    lists: tuple[Token, ...]


class _Parser:
    """One run over one text."""

    def __init__(self, path: str, text: str, close_at_margin: bool) -> None:
        self.diagnostics = Diagnostics()
        self._reports = SyntaxReports(path, self.diagnostics)
        self.suspicious = False
        self.unclosed = False
        self._close_at_margin = close_at_margin
        self._lexer = Lexer(text, tables())
        self._automaton = Automaton(tables(), path)
        self._blocks: list[Token] = []
        self._lists: list[Token] = []
        self._parens = 0
        self._first: Token | None = None
        self._before: Token | None = None
        self._mark()

    def run(self) -> File:
        """Read to the end."""
        while True:
            token = self._lexer.next()
            if self._first is None:
                self._begin_line(token)
            if token.type == END or len(self.diagnostics) >= MOST_ERRORS:
                return self._finish(token)
            if self._too_deep(token):
                self._skip_line(token)
            elif not self._feed(token):
                self._report(token)
                self._recover(token)

    def _feed(self, token: Token) -> bool:
        fits = self._automaton.feed(token)
        if fits:
            self._shifted(token)
        return fits

    def _shifted(self, token: Token) -> None:
        self._before = token
        match token.type:
            case "_NL":
                # An entry is complete with its line: the next line must find it done, see _recover.
                self._automaton.complete()
                self._mark()
            case "LBRACE":
                self._blocks.append(self._first or token)
            case "RBRACE":
                self._blocks.pop()
            case "LSQB":
                self._lists.append(token)
            case "RSQB":
                self._lists.pop()
            case "LPAR":
                self._parens += 1
            case "RPAR":
                self._parens -= 1

    # Errors.

    def _too_deep(self, token: Token) -> bool:
        depths = {"LBRACE": len(self._blocks), "LSQB": len(self._lists), "LPAR": self._parens}
        if depths.get(token.type, 0) < DEEPEST:
            return False
        self._reports.error(token, f"nested more than {DEEPEST} levels deep")
        return True

    def _report(self, token: Token) -> None:
        opened = self._lists[-1] if self._lists else None
        expected = self._automaton.expected()
        self._reports.unexpected(token, expected, self._before, self._lexer, opened)

    # Going on.

    def _mark(self) -> None:
        """Remember the state at the start of a line."""
        self._first = None
        self._line = _Mark(
            self._lexer.position,
            self._automaton.state,
            tuple(self._blocks),
            tuple(self._lists),
        )
        if not self._lists:
            self._entry = self._line

    def _back_to(self, mark: _Mark) -> None:
        """Restore the state at `mark`, but leave the lexer where it is."""
        self._automaton.state = mark.state
        self._blocks[:] = mark.blocks
        self._lists[:] = mark.lists
        self._parens = 0
        self._before = None

    def _begin_line(self, token: Token) -> None:
        """Detect a block that is not closed: the next one starts at the left margin."""
        self._first = token
        at_margin = token.column == 1 and token.type == "NAME" and not self._lists
        if not (at_margin and self._blocks and self._blocks[0].column == 1):
            return
        if not re.match(HEADER, self._lexer.line_at(self._entry.position)):
            return
        self.suspicious = True
        if self._close_at_margin:
            self._report_unclosed(token, f"block {token.text} at the left margin")
            self._close_blocks(token)
            self._mark()
            self._first = token

    def _report_unclosed(self, token: Token, found: str) -> None:
        opened = self._blocks[0 if self._close_at_margin else -1]
        self._reports.unclosed(token, found, opened)

    def _close_blocks(self, token: Token) -> None:
        for _ in tuple(self._blocks):
            self._feed(Token("RBRACE", "}", token.line, token.column))
            self._feed(Token("_NL", "\n", token.line, token.column))

    def _recover(self, token: Token) -> None:
        """Find a place to go on from after a token that does not fit."""
        line = self._lexer.line_at(self._line.position)
        if self._line.lists and re.match(ENTRY, line):
            # The list was never closed: give its entry up, and read this line as one of its own.
            self._back_to(self._entry)
            self._lexer.position = self._line.position
            self._mark()
        elif self._line.lists:
            self._skip_line(token)
        elif self._opens_block(line):
            self._open_block(token)
        else:
            opened = len(self._lists) > 0
            self._skip_line(token)
            if opened:
                self._skip_list(line)

    def _skip_line(self, token: Token) -> None:
        self._back_to(self._line)
        if token.type != "_NL":
            self._lexer.skip_line()
        self._mark()

    def _skip_list(self, line: str) -> None:
        """Skip the other lines of a list whose first line could not be read."""
        while line.count("[") > line.count("]") or not line.count("]"):
            line = self._lexer.line_at(self._lexer.position)
            if not line or re.match(ENTRY, line):
                break
            self._lexer.skip_line()
        self._mark()

    def _opens_block(self, line: str) -> bool:
        """Return True if the bad line is a block's header, so that its body and `}` come next."""
        if re.search(OPENS, line):
            return True
        if self._blocks or self._first is None or self._first.type != "NAME":
            return False
        offset = self._lexer.text.find("\n", self._line.position.offset) + 1
        return (
            self._automaton.fits("LBRACE")
            and re.match(BODY, self._lexer.text[offset : offset + 200]) is not None
        )

    def _open_block(self, token: Token) -> None:
        first = self._first or token
        if not self._automaton.fits("LBRACE"):
            self._back_to(self._entry)
            self._feed(Token("NAME", UNREADABLE, first.line, first.column))
        self._lists.clear()
        self._feed(Token("LBRACE", "{", token.line, token.column))
        newline = token if token.type == "_NL" else self._lexer.skip_line()
        if self._lexer.line_at(self._lexer.position).startswith("{"):
            # The brace that was missed stands alone on the next line.
            newline = self._lexer.skip_line()
        self._feed(newline)

    def _finish(self, token: Token) -> File:
        if len(self.diagnostics) >= MOST_ERRORS:
            self._reports.error(
                token, f"{MOST_ERRORS} syntax errors: the rest of the file is not read"
            )
        elif self._lists:
            self._report(token)
        elif self._blocks:
            self._report_unclosed(token, "end of file")
        self._back_to(self._entry)
        self.unclosed = bool(self._blocks)
        self._close_blocks(token)
        self._feed(Token(END, "", token.line, token.column))
        file = self._automaton.result
        assert isinstance(file, File)
        return file
