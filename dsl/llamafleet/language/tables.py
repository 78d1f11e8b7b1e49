"""The parse tables of the grammar.

Lark turns `fleet.lark` into LALR(1) tables, which takes a third of a second. So its result is kept
beside the grammar, and a process that only reads fleet files never imports Lark. A table that was
not made from the grammar beside it is ignored and built anew; a test keeps the kept one current.

    python -m llamafleet.language.tables        writes it
"""

from __future__ import annotations

import json
import re
import zlib
from functools import cache
from typing import Any

from ..dataclasses import dataclass
from .reading import read_bytes

_FOLDER = __file__.removesuffix("tables.py")
GRAMMAR = _FOLDER + "fleet.lark"
TABLES = _FOLDER + "fleet.tables.json"

END = "$END"

LITERALS = ("NAME", "STRING", "NUMBER", "SIZE", "DURATION")
"""The tokens that are a value, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One production: `size` symbols become one `origin`."""

    origin: str
    size: int


@dataclass(frozen=True, slots=True)
class Tables:
    """The data that the parser runs on.

    `attribute` matches a whole line `key = value`, with a group for each of its tokens but `=`.
    `states` maps a symbol to what to do on it: a state to go to, or, where negative, -1 minus the
    number of the rule to reduce by. `completed` holds that rule where nothing else is possible.
    """

    lexer: re.Pattern[str]
    attribute: re.Pattern[str]
    ignored: frozenset[str]
    rules: tuple[Rule, ...]
    states: tuple[dict[str, int], ...]
    completed: tuple[Rule | None, ...]
    start: int
    end: int


@cache
def tables() -> Tables:
    """Return the tables of the grammar: the kept ones if they are current, else built by Lark."""
    grammar = read_bytes(GRAMMAR)
    try:
        kept = json.loads(read_bytes(TABLES))
        current = kept["grammar"] == _checksum(grammar)
    except (OSError, ValueError, KeyError, TypeError):
        current = False
    return _tables(kept if current else build(grammar))


def build(grammar: bytes) -> dict[str, Any]:
    """Have Lark analyse the grammar; return plain data."""
    from lark import Lark
    from lark.parsers.lalr_analysis import Shift

    lark = Lark(grammar.decode(), parser="lalr", lexer="basic")
    table: Any = lark.parser.parser._parse_table
    terminals: Any = lark.parser.lexer.terminals
    rules = list(lark.rules)
    # Lark numbers states by the order of a set, which differs from run to run.
    renumbered = _walk(table.states, table.start_states["start"], Shift)
    numbers = {rule: number for number, rule in enumerate(rules)}
    return {
        "grammar": _checksum(grammar),
        "terminals": [[each.name, each.pattern.to_regexp()] for each in terminals],
        "ignored": sorted(lark.ignore_tokens),
        "rules": [[each.origin.name, len(each.expansion)] for each in rules],
        "states": [
            {
                symbol: renumbered[to] if action is Shift else -1 - numbers[to]
                for symbol, (action, to) in sorted(table.states[state].items())
            }
            for state in renumbered
        ],
        "end": renumbered[table.end_states["start"]],
    }


def _walk(states: Any, start: Any, shift: Any) -> dict[Any, int]:
    """Number the states in the order in which a walk from the start meets them."""
    numbers = {start: 0}
    waiting = [start]
    while waiting:
        for _, (action, to) in sorted(states[waiting.pop(0)].items(), key=lambda item: item[0]):
            if action is shift and to not in numbers:
                numbers[to] = len(numbers)
                waiting.append(to)
    return numbers


def _tables(kept: dict[str, Any]) -> Tables:
    rules = tuple(Rule(origin, size) for origin, size in kept["rules"])
    states: tuple[dict[str, int], ...] = tuple(kept["states"])
    return Tables(
        lexer=re.compile("|".join(f"(?P<{name}>{regexp})" for name, regexp in kept["terminals"])),
        attribute=re.compile(_attribute_line(kept["terminals"])),
        ignored=frozenset(kept["ignored"]),
        rules=rules,
        states=states,
        completed=tuple(_completed(row, rules) for row in states),
        start=0,
        end=kept["end"],
    )


def _attribute_line(terminals: list[list[str]]) -> str:
    """Return the pattern of the usual line: its key, a value that is one token, its line end.

    What it does not match is no error: lists and quoted keys are read token by token.
    """
    forms = {name: f"(?P<{name}>{regexp})" for name, regexp in terminals}
    # In the order of the lexer, which tries sizes before numbers.
    values = "|".join(form for name, form in forms.items() if name in LITERALS)
    key = forms["NAME"].replace("(?P<NAME>", "(?P<key>", 1)
    blank = r"[ \t]*"
    return f"{key}{blank}={blank}(?:{values}){blank}{forms['_NL']}"


def _completed(row: dict[str, int], rules: tuple[Rule, ...]) -> Rule | None:
    actions = set(row.values())
    (action,) = actions if len(actions) == 1 else (0,)
    return rules[-1 - action] if action < 0 else None


def _checksum(grammar: bytes) -> int:
    return zlib.crc32(grammar.replace(b"\r\n", b"\n"))


def as_json(grammar: bytes) -> str:
    """Return the text of `fleet.tables.json`, one state a line so that a diff can be read."""
    data = build(grammar)
    lines = [f" {json.dumps(key)}: {json.dumps(data[key])}" for key in data if key != "states"]
    states = ",\n".join("  " + json.dumps(row) for row in data["states"])
    return "{\n" + ",\n".join([*lines, ' "states": [\n' + states + "\n ]"]) + "\n}\n"


if __name__ == "__main__":
    from pathlib import Path

    Path(TABLES).write_text(as_json(read_bytes(GRAMMAR)), encoding="utf-8")
