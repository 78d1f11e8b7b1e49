"""Parses a text without errors, the usual case, in one loop without backtracking state.

It runs on the same tables and builds the same nodes as the parser that recovers from errors, in a
third of the time: no state is copied at each line, and no depth is counted. At the first doubt it
gives up, and the text is read again by the parser, which then says what is wrong.
"""

from __future__ import annotations

from .syntax import File
from .tables import END, Tables
from .tokens import LONGEST_NUMBER, NUMBERS, Token
from .tree import Parts, build

MOST_STATES = 32
"""A level of nesting takes a state at least, so with fewer nothing is nested too deeply."""


def read_fast(text: str, path: str, tables: Tables) -> File | None:
    """Return the tree of a text that ends in a newline; None if there is anything to report."""
    rows, ignored = tables.states, tables.ignored
    states: list[int] = [tables.start]
    values: Parts = []
    offset, line, line_start = 0, 1, 0
    for found in tables.lexer.finditer(text):
        begin, end = found.span()
        if begin != offset:
            return None
        offset = end
        kind = found.lastgroup or ""
        if kind in ignored:
            continue
        while (action := rows[states[-1]].get(kind)) is not None and action < 0:
            _reduce(action, states, values, path, tables)
        if action is None or len(states) >= MOST_STATES:
            return None
        word = found[0]
        states.append(action)
        values.append(Token(kind, word, line, begin - line_start + 1))
        if kind == "_NL":
            line += word.count("\n")
            line_start = text.rindex("\n", 0, end) + 1
        elif kind in NUMBERS and len(word) > LONGEST_NUMBER:
            return None
    return _file(states, values, path, tables) if offset == len(text) else None


def _reduce(action: int, states: list[int], values: Parts, path: str, tables: Tables) -> None:
    rule = tables.rules[-1 - action]
    behind = len(values) - rule.size
    values[behind:] = (build(rule.origin, values[behind:], path),)
    del states[behind + 1 :]
    states.append(tables.states[states[-1]][rule.origin])


def _file(states: list[int], values: Parts, path: str, tables: Tables) -> File | None:
    while states[-1] != tables.end:
        action = tables.states[states[-1]].get(END, 0)
        if action >= 0:
            return None
        _reduce(action, states, values, path, tables)
    (file,) = values
    assert isinstance(file, File)
    return file
