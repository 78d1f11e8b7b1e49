"""Evictions: written cases, and random matrices with random requests.

The models are `sleep` without a health check, so that a decision takes milliseconds.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence

from tests.conformance.case import Case, Step

RANDOM_CASES = 30
REQUESTS = 12


def models(ids: Sequence[str]) -> str:
    """A config's `models`."""
    sleeper = '{cmd: "sleep 600", proxy: "http://127.0.0.1:9", checkEndpoint: none}'
    return "models:\n" + "".join(f"  {json.dumps(each)}: {sleeper}\n" for each in ids)


def loads(ids: str) -> tuple[Step, ...]:
    """One step a word: ask for a model and see what runs."""
    return tuple(("load", each) for each in ids.split())


def matrix_case(
    name: str,
    ids: str,
    sets: Mapping[str, str],
    requests: str,
    costs: Mapping[str, int] | None = None,
    names: Mapping[str, str] | None = None,
    routing: bool = False,
) -> Case:
    """A case with a matrix, at top level or under `routing`."""
    matrix = {"vars": names or {}, "evict_costs": costs or {}, "sets": sets}
    written = json.dumps({key: value for key, value in matrix.items() if value})
    place = f"matrix: {written}\n"
    if routing:
        place = f"routing: {{router: {{use: matrix, settings: {{matrix: {written}}}}}}}\n"
    return Case(name, models(ids.split()) + place, loads(requests))


def tie_case(
    name: str,
    sets: Mapping[str, str],
    costs: Mapping[str, int] | None = None,
    names: Mapping[str, str] | None = None,
) -> Case:
    """`b` and `c` run, then comes `a`, which may stay with either: a set of its own allows that."""
    return matrix_case(name, "a b c d", {**sets, "zz": "b & c"}, "b c a b c a", costs, names)


def group_case(name: str, groups: str, requests: str) -> Case:
    """A case with groups over five models."""
    return Case(name, models("abcde") + groups, loads(requests))


WRITTEN = (
    matrix_case("two together, one alone", "a b c", {"s": "a & b", "t": "c"}, "a b c a b a c"),
    matrix_case(
        "the same under routing", "a b c", {"s": "a & b", "t": "c"}, "a b c a", routing=True
    ),
    matrix_case("vars", "a b/c d", {"s": "x & y"}, "a b/c d a", names={"x": "a", "y": "b/c"}),
    matrix_case("a var hides an id", "a b c", {"s": "b & c"}, "a c b a", names={"b": "a"}),
    matrix_case("a model in no set", "a b c", {"s": "a & b"}, "a b c b a"),
    tie_case("a tie goes to the first in order", {"s": "a & b", "t": "a & c"}),
    tie_case("order of sets: written is not what counts", {"t": "a & b", "s": "a & c"}),
    tie_case("order of sets: digits", {"s10": "a & b", "s2": "a & c"}),
    tie_case("order of sets: leading zeros", {"s2": "a & b", "s02": "a & c", "s002": "b"}),
    tie_case("order of sets: upper case", {"b": "a & b", "C": "a & c"}),
    tie_case("order of sets: letters and digits", {"sa": "a & b", "s1": "a & c"}),
    tie_case("order of sets: a dash or a letter", {"ab": "a & b", "a-b": "a & c"}),
    tie_case("order of sets: inside a number", {"p1x": "a & b", "p12": "a & c"}),
    tie_case("order of sets: a dot", {"p1.b": "a & b", "p1": "a & c"}),
    tie_case("order of sets: zeros inside a number", {"p100": "a & b", "p10": "a & c"}),
    tie_case("order of sets: counters", {"p010.a": "a & b", "p002.b": "a & c", "p009.c": "b"}),
    tie_case("order of sets: referred to", {"s1": "a & b | d & +s9", "s9": "a & c"}),
    tie_case(
        "order of sets: references in order of appearance",
        {"s1": "b | +s9 | +s8", "s8": "a & b", "s9": "a & c"},
    ),
    tie_case("order within a set", {"s": "a & (c | b)"}),
    tie_case("order within a product", {"s": "(b | c) & (d | a)"}),
    matrix_case("a tie within a product", "a b c d", {"s": "(a | b) & (c | d)"}, "a c b d a c"),
    tie_case("costs decide", {"s": "a & b", "t": "a & c"}, {"b": 5, "c": 6}),
    tie_case("a cost by var", {"s": "a & b", "t": "a & x"}, {"x": 7}, {"x": "c"}),
    matrix_case(
        "costs against order",
        "a b c d",
        {"s1": "d & a", "s2": "d & b & c"},
        "b c d a d",
        {"a": 9},
    ),
    matrix_case(
        "at most two of four", "a b c d", {"pool": "a|b|c|d", "two": "+pool & +pool"}, "a b c d a b"
    ),
    matrix_case(
        "exotic tie", "a b c d", {"s": "(b | c | (b & d)) & d", "t": "a & b & c & d"}, "b c d a d"
    ),
    matrix_case("running outside any set", "a b c d", {"s": "a & b", "t": "c & d"}, "a c d b a"),
    Case("no matrix, no groups", models("abc"), loads("a b c a")),
    group_case(
        "one group without swap", "groups: {g: {swap: false, members: [a, b, c]}}\n", "a b c d a e"
    ),
    group_case(
        "persistent group",
        "groups: {g: {persistent: true, members: [a]}, h: {members: [b, c]}}\n",
        "a b c d b a",
    ),
    group_case(
        "group that is not exclusive",
        "groups: {g: {exclusive: false, members: [a, b]}, h: {members: [c]}}\n",
        "c a b c d",
    ),
)


POOL = ("a", "b.2", "c-3", "org/d", "E", "f10", "f2", "g_h")
SET_NAMES = ("s2", "s10", "Voice", "p001.x", "p002.x", "p010.x", "all", "z-1")


def random_case(seed: int) -> Case:
    """A matrix over four to seven models, some with costs, and requests."""
    draw = random.Random(seed)
    ids = draw.sample(POOL, draw.randint(4, 7))
    words = {each: f"v{at}" if "/" in each else each for at, each in enumerate(ids)}
    leaves = list(words.values())
    names = draw.sample(SET_NAMES, draw.randint(2, 5))
    sets = {
        name: alternatives(draw, leaves, [f"+{each}" for each in names[:at]])
        for at, name in enumerate(names)
    }
    shuffled = dict(draw.sample(sorted(sets.items()), len(sets)))
    costs = {words[each]: draw.choice([1, 2, 3, 10]) for each in ids if draw.random() < 0.3}
    handles = {word: each for each, word in words.items() if word != each}
    requests = [draw.choice(ids)]
    while len(requests) < REQUESTS:
        requests.append(draw.choice([each for each in ids if each != requests[-1]]))
    routing = bool(seed % 2)
    return matrix_case(
        f"random {seed:02}", " ".join(ids), shuffled, " ".join(requests), costs, handles, routing
    )


def alternatives(draw: random.Random, leaves: Sequence[str], references: Sequence[str]) -> str:
    """`x & y | z & (w | +other)`: few models at a time, so that a request has to choose."""
    spaced = draw.choice([" ", ""])
    terms = []
    for _ in range(draw.randint(1, 3)):
        parts = draw.sample(leaves, draw.randint(1, 3))
        if draw.random() < 0.6:
            inner = f"{spaced}|{spaced}".join(draw.sample(leaves, draw.randint(2, 3)))
            parts.append(f"({inner})")
        if references and draw.random() < 0.4:
            parts.append(draw.choice(references))
        draw.shuffle(parts)
        terms.append(f"{spaced}&{spaced}".join(parts))
    return f"{spaced}|{spaced}".join(terms)


CASES = (*WRITTEN, *(random_case(seed) for seed in range(RANDOM_CASES)))
