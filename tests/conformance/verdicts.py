"""Configurations, right and wrong, to hold a verdict against: bases, and seeded mutations of them.

A case is a text; nothing in it names a program that could do harm, and no store is opened.
`python -m tests.conformance.verdicts PROGRAM NUMBER` records the verdicts of another release.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
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


SEED, COUNT = 1, 600
RECORDINGS = Path(__file__).with_name("recordings")


def corpus(seed: int, count: int) -> Iterator[str]:
    """Bases and edges first, then mutations of bases: of the tree mostly, of the text at times."""
    draw = random.Random(seed)
    yield from BASES
    yield from EDGES.values()
    for _ in range(count - len(BASES) - len(EDGES)):
        base = draw.choice(BASES)
        yield text_mutation(draw, base) if draw.random() < 0.3 else tree_mutation(draw, base)


def digest(texts: Sequence[str]) -> str:
    """Names a corpus, so that verdicts are never compared with another one's."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def refuses(binary: Path, text: str, directory: Path) -> bool:
    """Whether a llama-swap ends because of its configuration, before it wants to listen.

    The address is none, so that it ends in any case: a configuration is looked at first.
    """
    config = directory / "config.yaml"
    config.write_bytes(text.encode())
    done = subprocess.run(
        [binary, "-config", config, "-listen", "127.0.0.1:99999"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=directory,
        env={"PATH": "/nonexistent"},
        timeout=60,
        check=False,
    )
    return b"listen tcp: address 99999" not in done.stdout


def judged(binary: Path, texts: Sequence[str], directory: Path) -> str:
    """`1` for each configuration that is refused, `0` for each that is not."""

    def one(number: int) -> str:
        own = directory / str(number)
        own.mkdir()
        return str(int(refuses(binary, texts[number], own)))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return "".join(pool.map(one, range(len(texts))))


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


def record(binary: Path, number: int) -> None:
    """Write which configurations of the corpus a release refuses."""
    texts = list(corpus(SEED, COUNT))
    with tempfile.TemporaryDirectory() as directory:
        refused = judged(binary, texts, Path(directory))
    found = {"corpus": digest(texts), "refused": refused}
    path = RECORDINGS / f"verdicts-v{number}.json"
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record(Path(sys.argv[1]), int(sys.argv[2]))
