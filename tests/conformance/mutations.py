"""Configurations, right and wrong: bases, edges, and seeded mutations of the bases.

A case is a text; nothing in it names a program that could do harm, and no store is opened. PyYAML
writes some of them, and another release of it may write them otherwise: what they are compared
with is asked at once, or recorded together with the text.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

BASES = tuple(
    path.read_text(encoding="utf-8")
    for path in sorted((Path(__file__).parent / "configs").glob("*.yaml"))
)
EDGES: dict[str, str] = json.loads(
    (Path(__file__).parent / "configs" / "edges.json").read_text(encoding="utf-8")
)
"""Small texts, each at an edge of what is accepted, by name."""
SCALARS: tuple[Any, ...] = (
    None, "", 0, 1, -1, -2, 7, 600, 1.5, 60.0, 1e3, True, False, "true", "60", "yes", "off", "5m",
    "10s", "3s", "a", "b", "c", "d", "low", "small", "text", "matrix", "group", "warm", "pin",
    "spillover", "${PORT}", "${PID}", "${MODEL_ID}", "${base}", "${nope}", "${n}", "$${x}",
    "a & b", "a & (b | c)", "+pair & c", "+nope", "a & nope", "a &", "", "(a", "a b", "a, b",
    "http://127.0.0.1:9", "http://127.0.0.1:x", "127.0.0.1:9", "://x", "http://[::1]:9", "http://%zz",
    "a\nb", "# only a comment", "away/big", "big", "far", "x y", "(?=a)", "[a", r".*\.js$", "fifo",
)  # fmt: skip
KEYS = (
    "cmd", "proxy", "ttl", "aliases", "env", "macros", "filters", "setParams", "members", "swap",
    "models", "groups", "matrix", "routing", "peers", "name", "use", "settings", "sets", "vars",
    "a", "b", "c", "nope", "startPort", "${base}", "low", "2", "1.5", "true", "null", "<<", "",
)  # fmt: skip
ODD_KEYS: tuple[Any, ...] = (7, 1.5, True, None)


def corpus(seed: int, count: int) -> Iterator[str]:
    """Bases and edges first, then mutations of bases: of the tree mostly, of the text at times."""
    draw = random.Random(seed)
    yield from BASES
    yield from EDGES.values()
    for _ in range(count - len(BASES) - len(EDGES)):
        base = draw.choice(BASES)
        yield text_mutation(draw, base) if draw.random() < 0.3 else tree_mutation(draw, base)


def tree_mutation(draw: random.Random, base: str) -> str:
    """One to three changes of values or keys."""
    tree = yaml.safe_load(base)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        places = list(_places(tree))
        if not places:
            break
        _change(draw, tree, *draw.choice(places))
    text: str = yaml.safe_dump(tree, sort_keys=draw.random() < 0.2, allow_unicode=True)
    return text


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key != "store":
                yield tree, key
                yield from _places(value)
    elif isinstance(tree, list):
        for at, value in enumerate(tree):
            yield tree, at
            yield from _places(value)


def _change(draw: random.Random, tree: Any, parent: Any, key: Any) -> None:
    kind = draw.randrange(8)
    if kind <= 2:
        parent[key] = draw.choice(SCALARS)
    elif kind == 3:
        parent.pop(key)
    elif kind == 4 and isinstance(parent, dict):
        new = draw.choice(ODD_KEYS) if draw.random() < 0.3 else draw.choice(KEYS)
        parent[new] = parent.pop(key)
    elif kind == 5:
        parent[key] = draw.choice(([parent[key]], {"x": parent[key]}, [], {}))
    elif kind == 6:
        other, place = draw.choice(list(_places(tree)))
        parent[key] = other[place] if not isinstance(other[place], dict | list) else []
    elif isinstance(parent, dict):
        parent[draw.choice(KEYS)] = draw.choice(SCALARS)
    else:
        parent.append(draw.choice(SCALARS))


def text_mutation(draw: random.Random, base: str) -> str:
    """A line doubled, dropped, moved or shifted; or a few signs put in or taken out."""
    lines = base.split("\n")
    at = draw.randrange(len(lines))
    kind = draw.randrange(6)
    if kind == 0:
        lines.insert(at, lines[at])
    elif kind == 1:
        lines.pop(at)
    elif kind == 2:
        lines.insert(draw.randrange(len(lines)), lines.pop(at))
    elif kind == 3:
        lines[at] = draw.choice(("  ", " ", "\t")) + lines[at]
    elif kind == 4:
        lines[at] = lines[at].lstrip(" ")
    else:
        text = "\n".join(lines)
        place = draw.randrange(len(text))
        signs = draw.choice(
            (":", "'", '"', "- ", "*x", "&x ", "{", "[", "}", "|", "!", "#", "%", "")
        )
        return text[:place] + signs + text[place + draw.randrange(3) :]
    return "\n".join(lines)
