"""Parses a text without errors, the usual case, in one loop without backtracking state.

It runs on the same tables and builds the same nodes as the parser that recovers from errors, in a
third of the time: no state is copied at each line, and no depth is counted. A line that is an
attribute is one match. At the first doubt it gives up, and the text is read again by the parser,
which then says what is wrong.
"""

from __future__ import annotations

from .attribute_line import read_attribute
from .syntax import File
from .tables import END, Tables
from .tokens import LONGEST_NUMBER, NUMBERS, Token
from .tree import Parts, build

MOST_STATES = 32
"""A level of nesting takes a state at least, so with fewer nothing is nested too deeply."""
TOKENS = 4
"""How many states the tokens of an attribute take at most."""


def read_fast(text: str, path: str, tables: Tables) -> File | None:
    """Return the tree of a text that ends in a newline; None if there is anything to report."""
    new, ignored = tuple.__new__, tables.ignored
    match, match_line = tables.lexer.match, tables.attribute.match
    states: list[int] = [tables.start]
    values: Parts = []
    offset, line, line_start, size, kind = 0, 1, 0, len(text), ""
    while offset < size:
        found = match_line(text, offset) if kind == "_NL" else None
        if found and _before_attribute(states, values, path, tables):
            attribute = read_attribute(found, path, line, line_start)
            if attribute is None:
                return None
            values.append(attribute)
            word = found["_NL"]
        else:
            found = match(text, offset)
            if found is None:
                return None
            kind = found.lastgroup or ""
            word = found[0]
            if kind not in ignored:
                action = _reduce_before(kind, states, values, path, tables)
                if action is None or len(states) >= MOST_STATES:
                    return None
                states.append(action)
                values.append(new(Token, (kind, word, line, offset - line_start + 1)))
        offset = found.end()
        if kind == "_NL":
            line += word.count("\n")
            line_start = text.rindex("\n", 0, offset) + 1
        elif kind in NUMBERS and len(word) > LONGEST_NUMBER:
            return None
    return _file(states, values, path, tables)


def _before_attribute(states: list[int], values: Parts, path: str, tables: Tables) -> bool:
    """Go to the state behind an attribute, as its tokens would, if one can stand here."""
    _reduce_before("NAME", states, values, path, tables)
    behind = tables.states[states[-1]].get("attribute")
    if behind is None or len(states) + TOKENS > MOST_STATES:
        return False
    states.append(behind)
    return True


def _reduce_before(
    kind: str, states: list[int], values: Parts, path: str, tables: Tables
) -> int | None:
    """Make the reductions due before a token; return the state it leads to, None for an error."""
    rows = tables.states
    while (action := rows[states[-1]].get(kind)) is not None and action < 0:
        _reduce(action, states, values, path, tables)
    return action


def _reduce(action: int, states: list[int], values: Parts, path: str, tables: Tables) -> None:
    rule = tables.rules[-1 - action]
    behind = len(values) - rule.size
    values[behind:] = (build(rule.origin, values[behind:], path),)
    del states[behind + 1 :]
    states.append(tables.states[states[-1]][rule.origin])


def _file(states: list[int], values: Parts, path: str, tables: Tables) -> File | None:
    _reduce_before(END, states, values, path, tables)
    if states[-1] != tables.end:
        return None
    (file,) = values
    assert isinstance(file, File)
    return file
