"""Secrets in texts and in command lines: where each one stands, and what it may be called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..dataclasses import dataclass
from .names import is_placeholder, is_secret, is_secret_name, variable_of
from .shapes import by_shape


@dataclass(frozen=True, slots=True)
class Found:
    """A secret in a text: from `start` up to `end`; `name` is what the text calls it."""

    start: int
    end: int
    name: str

    @property
    def variable(self) -> str:
        """Return a name for the environment variable that could hold it."""
        return variable_of(self.name)


# Texts, which `re` compiles and keeps when they are first needed: most fleets need none.
_NAMED = r"(?<![\w$.\-])(-*[A-Za-z_][\w.\-]*)(\\*[\"'])?[ \t]{0,16}(=|:)[ \t]{0,16}"
_FLAG = r"(?<![\w\-])(--?[A-Za-z][\w\-]*)(\\?[ \t]|\\*[\"'],?[ \t]*|,[ \t]*|\\?\n)[ \t\\\n]*"
_SCHEME = r"(?i)(?:bearer|basic|token|digest|apikey)\s+"
_BARE = r"[^\s\"'`;&|()<>{}\[\]\\]"
_SHORT = "-k"
LONGEST_LIST = 20_000
SHORTEST = len("bearer ") + 4
"""Letters of the shortest secret that needs no `=`, `:` or `-` to be seen."""
_RANDOM = r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_\-+/=.]{12,}"


def in_text(text: str) -> tuple[Found, ...]:
    """Return the secrets in a text of any kind, in order; none overlaps another."""
    if len(text) < SHORTEST and not ("=" in text or ":" in text or "-" in text):
        return ()
    named = _named(text) if "=" in text or ":" in text else ()
    after_flags = _after_flags(text) if "-" in text else ()
    candidates = [*named, *after_flags, *(Found(*each) for each in by_shape(text))]
    kept: list[Found] = []
    for each in sorted(candidates, key=lambda one: (one.start, -one.end)):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
        elif each.end > kept[-1].end:
            kept[-1] = Found(kept[-1].start, each.end, kept[-1].name)
    return tuple(kept)


def in_value(name: str, value: str) -> tuple[Found, ...]:
    """Return the secrets in the value of a key: all of it where the key stands for one."""
    if is_secret_name(name):
        scheme = re.match(_SCHEME, value)
        start = scheme.end() if scheme else 0
        if is_secret(name, value[start:]):
            return (Found(start, len(value), name),)
    return in_text(value)


def in_assignment(text: str) -> tuple[Found, ...]:
    """Return the secrets in `NAME=value`, where the value goes on to the end of the text."""
    name, sign, value = text.partition("=")
    if sign and re.fullmatch(r"-{0,2}[A-Za-z_][\w.\-]*", name):
        at = len(name) + 1
        return tuple(
            Found(at + each.start, at + each.end, each.name) for each in in_value(name, value)
        )
    return in_text(text)


SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "fish", "busybox"})


def shell_texts(words: Sequence[str]) -> frozenset[int]:
    """Return the places of the words that a shell reads as commands: behind `sh -c`."""
    found: set[int] = set()
    shell = False
    for at, word in enumerate(words):
        if shell and re.fullmatch(r"-[a-zA-Z]*c", word):
            found.add(at + 1)
            shell = False
        shell = shell or word.rpartition("/")[2] in SHELLS
    return frozenset(found)


def in_words(words: Sequence[str]) -> Iterator[tuple[int, Found]]:
    """Yield the secrets of a command line: the place of the word, and where in it."""
    shells = shell_texts(words)
    for at, word in enumerate(words):
        before = words[at - 1] if at else ""
        name = before if re.fullmatch(r"--?[A-Za-z][\w\-]*", before) else ""
        whole = (
            name and not word.startswith("--") and is_secret_name(name) and is_secret(name, word)
        )
        if whole or (before == _SHORT and _looks_random(word)):
            yield at, Found(0, len(word), name if whole else "API_KEY")
        elif at in shells:
            yield from ((at, each) for each in in_text(word))
        elif before in ("-u", "--user") and _is_login(words[:at], word):
            yield at, Found(word.index(":") + 1, len(word), "PASSWORD")
        else:
            yield from ((at, each) for each in in_assignment(word))


def _is_login(before: Sequence[str], word: str) -> bool:
    user, _, password = word.partition(":")
    return bool(user and password) and any(
        each.rpartition("/")[2] in ("curl", "wget") for each in before
    )


def _looks_random(word: str) -> bool:
    return (
        bool(re.fullmatch(_RANDOM, word)) and not is_placeholder(word) and not word.startswith("-")
    )


def _named(text: str) -> Iterator[Found]:
    """`NAME=value`, `"name": "value"`, `name: value`, and all of a list of them."""
    done = 0
    for found in re.finditer(_NAMED, text):
        if found.start() < done or not is_secret_name(found[1]):
            continue
        at = found.end()
        opened = found[2] is None and found.start() and text[found.start() - 1] in "\"'"
        quote = text[found.start() - 1] if opened else ""
        if text[at : at + 1] == "[":
            done = _end_of_list(text, at)
            yield from _listed(text, at, done, found[1])
        elif found[3] == ":" and text[at : at + 1] in ("\n", ""):
            listed = tuple(_items(text, at, found[1]))
            done = listed[-1].end if listed else at
            yield from listed
        else:
            yield from _valued(text, at, found[1], quote if found[3] == "=" else "")


def _valued(text: str, at: int, name: str, quote: str) -> Iterator[Found]:
    start, end = _value(text, at, quote)
    if scheme := re.compile(_SCHEME).match(text, start):
        start, end = scheme.end(), max(end, _value(text, scheme.end(), quote)[1])
    value = text[start:end]
    refers = value.endswith("$") and text[end : end + 1] in ("(", "{")
    if value and not refers and is_secret(name, value):
        yield Found(start, end, name)


def _value(text: str, at: int, quote: str = "") -> tuple[int, int]:
    """Return where a value begins and ends that stands at `at`, without its quotes.

    `quote` is one that was opened before its name.
    """
    if quote:
        end = text.find(quote, at)
        return at, end if end >= 0 else len(text)
    escaped = re.compile(r"(\\*)([\"'])").match(text, at)
    if escaped:
        start, closing = escaped.end(), escaped[0]
        end = start
        while (end := text.find(closing, end)) > 0 and not escaped[1] and text[end - 1] == "\\":
            end += 1
        end = end if end >= start else len(text)
        rest = re.compile(rf"{_BARE}+").match(text, end + len(closing))
        if rest and not escaped[1] and closing == escaped[2] and rest[0][0] not in ",:":
            return at, rest.end()  # 'abc'def is one word for a shell
        return start, end
    found = re.compile(rf"(?:{_BARE}|\\.)*").match(text, at)
    end = found.end() if found else at
    while end > at and text[end - 1] in ",.:":
        end -= 1
    return at, end


def _end_of_list(text: str, at: int) -> int:
    """Return where a list ends; one that is never closed ends with its line."""
    end = text.find("]", at, at + LONGEST_LIST)
    if end < 0:
        end = text.find("\n", at, at + LONGEST_LIST)
    return end if end >= 0 else min(len(text), at + LONGEST_LIST)


def _listed(text: str, at: int, close: int, name: str) -> Iterator[Found]:
    """`[a, "b"]`, which may go on over several lines."""
    for found in re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|'([^'\n]*)'|([^\s,\"'\[\]]+)").finditer(
        text, at + 1, close
    ):
        group = 1 if found[1] is not None else 2 if found[2] is not None else 3
        if found[group] and is_secret(name, found[group]):
            yield Found(found.start(group), found.end(group), name)


_ITEM = r"\n[ \t]*-[ \t]+([\"']?)([^\n]*)"


def _items(text: str, at: int, name: str) -> Iterator[Found]:
    """Lines that begin with `- `, as YAML has them."""
    while found := re.compile(_ITEM).match(text, at):
        start = found.start(2)
        end = text.find(found[1], start) if found[1] else -1
        if end < 0:
            value = re.sub(r"\s+#.*$|\s+$", "", found[2])
            end = start + len(value)
        if text[start:end] and is_secret(name, text[start:end]):
            yield Found(start, end, name)
        at = found.end()


def _after_flags(text: str) -> Iterator[Found]:
    """`--api-key value`, and `"--api-key", "value"` in a list of words."""
    for found in re.finditer(_FLAG, text):
        short = found[1] == _SHORT
        if not (short or is_secret_name(found[1])) or text.startswith("--", found.end()):
            continue
        start, end = _value(text, found.end())
        value = text[start:end]
        if value.endswith("$") and text[end : end + 1] in ("(", "{"):
            continue
        if value and (_looks_random(value) if short else is_secret(found[1], value)):
            yield Found(start, end, "API_KEY" if short else found[1])
