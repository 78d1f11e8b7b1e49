"""A llama-server command line, read by the flag table as the server itself would read it.

A flag takes the word behind it whatever that looks like, `_` in a long name is `-`, of a flag given
again the last one counts unless the server collects them. What the table does not know is kept as
it stands, with the words behind it that are no flags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TypeAlias

from ..dataclasses import dataclass
from ..source import Span
from .schema import llama_server
from .words import Word

COLLECTED = frozenset({
    "override-tensor", "override-kv", "lora", "lora-scaled", "control-vector",
    "control-vector-scaled", "spec-draft-override-tensor", "spec-type", "alias", "tags", "api-key",
})  # fmt: skip
"""Comma lists that grow when their flag is given again; others are replaced."""

ADDED_UP = frozenset({"n-cpu-moe", "n-cpu-ffn", "spec-draft-n-cpu-moe"})
"""Flags whose every occurrence adds something that one alone cannot say."""

ORDERED: tuple[tuple[str, ...], ...] = (
    ("override-tensor", "cpu-moe", "n-cpu-moe", "n-cpu-ffn"),
    ("spec-draft-override-tensor", "spec-draft-cpu-moe", "spec-draft-n-cpu-moe"),
    ("verbose", "verbosity", "log-disable", "log-file"),
    ("grammar", "grammar-file", "json-schema", "json-schema-file"),
    ("pooling", "rerank"),
    ("samplers", "sampler-seq"),
    ("chat-template", "chat-template-file"),
    ("reasoning", "reasoning-effort", "chat-template-kwargs"),
    ("lora", "lora-scaled"),
    ("control-vector", "control-vector-scaled"),
    ("cpu-mask", "cpu-range"),
    ("cpu-mask-batch", "cpu-range-batch"),
    ("api-key", "api-key-file"),
    ("agent", "tools"),
    ("agent", "ui-mcp-proxy"),
    ("kv-unified", "kv-unified-per-slot"),
    ("spec-type", "spec-default", "spec-ngram-mod-n-min", "spec-ngram-mod-n-max"),
)
"""Flags that set the same thing, so that their order among themselves counts."""

_NEGATIVE_NUMBER = re.compile(r"-\.?[0-9]")


@dataclass(frozen=True, slots=True)
class Form:
    """The spelling of a flag and the way its values are read."""

    key: str
    type: str
    arity: int
    off: bool = False
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """One flag as it is given. `form` is None for what the table does not know."""

    form: Form | None
    words: tuple[Word, ...]

    @property
    def key(self) -> str:
        """Return the key of the flag, or how it is written."""
        return self.form.key if self.form else self.words[0].text

    @property
    def values(self) -> tuple[str, ...]:
        """Return the values that follow the flag."""
        return tuple(word.text for word in self.words[1:])

    @property
    def texts(self) -> tuple[str, ...]:
        """Return all of it, as it is written."""
        return tuple(word.text for word in self.words)

    @property
    def span(self) -> Span:
        """Return the span from the flag to its last value."""
        first, last = self.words[0].span, self.words[-1].span
        return first if last.start < first.start else Span(first.path, first.start, last.end)


@cache
def forms() -> Mapping[str, Form]:
    """Return every spelling that llama-server takes."""
    found: dict[str, Form] = {}
    for row in llama_server._rows():
        arity = {"switch": 0, "flag": 0, "pair": 2}.get(row["type"], 1)
        words = tuple(row.get("words", ()))
        for name in row["names"]:
            found[name] = Form(row["key"], row["type"], arity, words=words)
        for name in row.get("no", ()):
            found[name] = Form(row["key"], row["type"], arity, off=True)
    return found


def form_of(word: str) -> Form | None:
    """Return the form of a word as a flag; None if it is none."""
    return forms().get(word.replace("_", "-") if word.startswith("--") else word)


def read(words: Sequence[Word]) -> tuple[Option, ...]:
    """Return the flags of an argv, without its program."""
    return tuple(_options(words))


def _options(words: Sequence[Word]) -> Iterator[Option]:
    index = 0
    while index < len(words):
        form = form_of(words[index].text)
        if form is None:
            end = _end_of_unknown(words, index)
            yield Option(None, tuple(words[index:end]))
        else:
            end = index + 1 + form.arity
            taken = tuple(words[index:end])
            if len(taken) <= form.arity or _lacks_value(form, taken[1:]):
                # A value is missing: older servers had it without. It stays as it is written.
                form, taken = None, taken[:1]
                end = index + 1
            yield Option(form, taken)
        index = end


def _lacks_value(form: Form, values: tuple[Word, ...]) -> bool:
    return form.type == "choice" and any(
        _is_flag(value.text) and value.text not in form.words for value in values
    )


def _end_of_unknown(words: Sequence[Word], index: int) -> int:
    end = index + 1
    while end < len(words) and not _is_flag(words[end].text):
        end += 1
    return end


def _is_flag(word: str) -> bool:
    return len(word) > 1 and word.startswith("-") and not _NEGATIVE_NUMBER.match(word)


def is_preset(key: str) -> bool:
    """Return True if the flag is a preset, which sets many others where it stands."""
    return key != "spec-default" and key.endswith(("-default", "-spec"))


def in_table_order(options: Sequence[Option]) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield each group of ORDERED that is there, and whether it is in the table's order."""
    order = {key: index for index, key in enumerate(llama_server.flags())}
    for group in ORDERED:
        keys = [each.key for each in options if each.form and each.key in group]
        ranks = [order.get(key, -1) for key in keys]
        if len(set(keys)) > 1:
            yield group, ranks == sorted(ranks)


Normal: TypeAlias = dict[str, object]

UNSAID = {"parallel": ("-1",), "fit": ("on",), "host": ("127.0.0.1",), "port": ("8080",)}
"""What llama-server does where nothing is said, and llamafleet says."""


def normal(words: Sequence[str], span: Span) -> Normal:
    """Return the meaning of llama-server's argv, however its flags are spelled and ordered."""
    options = read([Word(text, span) for text in words[1:]])
    said: dict[str, list[Option]] = {}
    for option in options:
        if option.form is not None:
            said.setdefault(option.key, []).append(option)
    settings = {key: _setting(key, found) for key, found in said.items()}
    kept = {key: value for key, value in settings.items() if UNSAID.get(key) != value}
    found: Normal = {f"--{key}": value for key, value in kept.items()}
    for group, _ in in_table_order(options):
        found[f"order of {', '.join(group)}"] = tuple(
            (each.key, each.values) for each in options if each.form and each.key in group
        )
    unknown = tuple(each.texts for each in options if each.form is None)
    if unknown:
        found["other arguments"] = unknown
    found["program"] = words[0]
    return found


def _setting(key: str, given: Sequence[Option]) -> object:
    last = given[-1]
    assert last.form is not None
    if last.form.arity == 0:
        return "off" if last.form.off else "on"
    values = [value for option in given for value in option.values]
    if key == "alias" or key == "tags":
        return tuple(sorted({part for value in values for part in value.split(",")}))
    if last.form.type == "repeated" or key in ADDED_UP:
        return tuple(values)
    return (",".join(values),) if key in COLLECTED else last.values
