"""The names of cards from the PCI ID Repository, by lspci: the last resort."""

from __future__ import annotations

import re

from ..draft import Draft, address
from ..source import MISSING, Answer, Source

COMMAND = f"""
command -v lspci >/dev/null || exit {MISSING}
lspci -D -nn
"""

_LINE = re.compile(
    r"([0-9a-f:.]+) [^\[]*\[(?:0300|0302|0380|1200)\]: (.*?) \[[0-9a-f]{4}:[0-9a-f]{4}\]"
)
_BRACKETS = re.compile(r"\[([^\[\]]+)\]$")


def read(answer: Answer, draft: Draft) -> None:
    """Note what the brackets at the end call a card: GP102GL [Tesla P40]."""
    for found in filter(None, map(_LINE.match, answer.lines)):
        place = address(found[1])
        if place not in draft.cards:
            continue
        product = _BRACKETS.search(found[2])
        draft.card(place, name=product[1] if product else None)


LSPCI = Source("lspci", COMMAND, read)
