"""Parses a llama-server command line into keys of a model.

A flag becomes a key where the key renders to the very words that were given; everything else goes
into `extra-args` as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..fleet.schema import llama_server
from ..fleet.schema.server_flag import ServerFlag
from ..fleet.schema.value_type import Mismatch, unprintable
from ..fleet.server_argv import ADDED_UP, COLLECTED, Option, in_table_order, is_preset, normal, read
from ..fleet.words import Word
from ..language.syntax import Attribute, Items, Name, Number, Text, Value
from ..source import Span
from . import nodes

SERVER = re.compile(r"(?:.*/)?(?:[A-Za-z0-9]+[-_.])*llama-server(?:[-_.][^/]*)?")
"""A path whose last part says llama-server, with whatever a build or a fork adds to it."""

ENDING = frozenset({"help", "version", "cache-list", "list-devices", "completion-bash"})
LOCAL = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class ServerCommand:
    """A llama-server command line: its program, files, port, keys and remaining arguments."""

    program: Word
    model: Word | None
    mmproj: Word | None
    draft: Word | None
    port: Word | None
    keys: tuple[Attribute, ...]
    extra: tuple[Option, ...]

    @property
    def extra_args(self) -> tuple[str, ...]:
        """The arguments that are not keys."""
        return tuple(text for option in self.extra for text in option.texts)


def is_server(words: Sequence[Word]) -> bool:
    """Return True if a command line starts llama-server itself, not in a container or a shell."""
    return bool(words) and SERVER.fullmatch(words[0].text) is not None


def parse_server_command(words: Sequence[Word]) -> ServerCommand | None:
    """Parse a command line into keys; None where the keys could not mean the same."""
    if not is_server(words):
        return None
    options = read(words[1:])
    if any(each.form and (is_preset(each.key) or each.key in ENDING) for each in options):
        return None
    verbatim = _verbatim(options)
    last = {each.key: each for each in options if each.form}
    given: dict[str, list[Option]] = {}
    extra: list[Option] = []
    for option in options:
        if option.key == "host" and option.form and option.values == (LOCAL,):
            continue  # as it would be without
        if option.form is None or option.key in verbatim or option.key in SETTABLE:
            extra.append(option)
        elif option.key not in OWN:
            given.setdefault(option.key, []).append(option)
    keys: list[Attribute] = []
    for key, found in given.items():
        value = _value(llama_server.flags()[key], found)
        if value is None:
            extra += found if key in COLLECTED else found[-1:]
        else:
            keys.append(nodes.attribute(key, value))
    parsed = ServerCommand(
        words[0],
        _only(last.get("model")),
        _only(last.get("mmproj")),
        _only(last.get("spec-draft-model")),
        _only(last.get("port")),
        tuple(keys),
        tuple(extra),
    )
    return parsed if faithful(parsed, words) else None


OWN = frozenset({"model", "mmproj", "spec-draft-model", "port"})
"""Flags that the caller says in other words."""

SETTABLE = frozenset(llama_server.OWNED) - OWN
"""Flags that are no keys; they can be given all the same."""


def rendered(parsed: ServerCommand) -> tuple[str, ...]:
    """Return the argv that the keys render to, without files, address and name."""
    flags = llama_server.flags()
    values = {each.key.text: each.value for each in parsed.keys}
    words = [
        word
        for key, flag in flags.items()
        if key in values
        for word in llama_server.argv(flag, values[key])
    ]
    return (parsed.program.text, *words, *parsed.extra_args)


def faithful(parsed: ServerCommand, words: Sequence[Word]) -> bool:
    """Return True if the keys mean the same as the words."""
    span = parsed.program.span
    wanted = normal([word.text for word in words], span)
    files = {f"--{key}" for key in OWN}
    wanted = {key: value for key, value in wanted.items() if key not in files}
    return normal(rendered(parsed), span) == wanted


def _only(option: Option | None) -> Word | None:
    return option.words[1] if option else None


def _verbatim(options: Sequence[Option]) -> frozenset[str]:
    """Return the keys whose flags must be kept together as written."""
    keys = {key for group, sorted_ in in_table_order(options) if not sorted_ for key in group}
    counted = [each.key for each in options if each.form and each.key in ADDED_UP]
    keys.update(key for key in counted if counted.count(key) > 1)
    keys.update(
        each.key
        for each in options
        if each.form and each.key not in llama_server.flags() and each.key not in OWN
    )
    keys.update(each.key for each in options if _is_older_spelling(each))
    return frozenset(keys - OWN)


def _is_older_spelling(option: Option) -> bool:
    """Return True if a flag has been renamed since: its server may know this name only."""
    flag = llama_server.flags().get(option.key)
    if flag is None or option.form is None or not option.key.startswith(RENAMED):
        return False
    return option.words[0].text not in (flag.on, flag.off)


RENAMED = ("spec-draft-", "ui", "ctx-checkpoints", "load-mode")
"""Beginnings of keys that llama.cpp called something else until lately."""


def _value(flag: ServerFlag, given: Sequence[Option]) -> Value | None:
    """Return the value that renders to the given words; None where none does."""
    last = given[-1]
    span = last.span
    assert last.form is not None
    if flag.type in ("switch", "flag"):
        return nodes.switch(not last.form.off, span)
    ways: list[Value]
    words = [word for option in given for word in option.words[1:]]
    if flag.type == "repeated":
        wanted = tuple(part for word in words for part in (flag.on, word.text))
        ways = [nodes.items(each, span) for each in _each(words)]
    elif flag.key in COLLECTED:
        joined = ",".join(word.text for word in words)
        wanted = (flag.on, joined)
        ways = [*_scalars(joined, span), *_lists(joined, span)]
    else:
        wanted = (flag.on, *last.values)
        if flag.type == "pair":
            ways = [nodes.items(each, span) for each in _each(last.words[1:])]
        else:
            ways = [*_scalars(last.values[0], span), *_lists(last.values[0], span)]
    return next((each for each in ways if _renders(flag, each, wanted)), None)


def _renders(flag: ServerFlag, value: Value, wanted: tuple[str, ...]) -> bool:
    if _takes_away(flag, value) or isinstance(flag.values.read(value), Mismatch):
        return False
    return llama_server.argv(flag, value) == wanted


def _takes_away(flag: ServerFlag, value: Value) -> bool:
    """`key = none` removes the key, unless none is one of the flag's own words."""
    return isinstance(value, Name) and value.text == "none" and flag.type not in ("choice", "list")


def _scalars(text: str, span: Span) -> Iterator[Value]:
    """Yield the ways to write one value, the plainest first."""
    if unprintable(text):
        return
    if nodes.is_number(text):
        yield Number(text, span)
    word = nodes.bare(text, span)
    if isinstance(word, Name) and text.lower() not in NOT_WORDS:
        yield word
    yield Text(text, span)
    yield word


NOT_WORDS = frozenset({"none", "on", "off"})
"""Words that a reader takes for something else where any text may stand."""


def _lists(text: str, span: Span) -> Iterator[Items]:
    parts = text.split(",")
    if len(parts) > 1:
        for values in _each([Word(part, span) for part in parts]):
            yield nodes.items(values, span)


def _each(words: Iterable[Word]) -> Iterator[tuple[Value, ...]]:
    """Yield the ways to write a list: numbers where all are, else words and texts, else texts."""
    words = tuple(words)
    if any(unprintable(word.text) for word in words):
        return
    if all(nodes.is_number(word.text) for word in words):
        yield tuple(Number(word.text, word.span) for word in words)
    yield tuple(nodes.named(word.text, word.span) for word in words)
    yield tuple(Text(word.text, word.span) for word in words)
