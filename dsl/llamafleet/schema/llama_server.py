"""llama-server's flags as keys of a model.

The table in `flags/` is written by `tools/llama_server_flags.py` from the pinned build's own help.
A key is a flag's long name; every long spelling is taken, and the first is what is rendered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..language import syntax
from .block import Key
from .values import Choice, Decimal, Integer, ListOf, OneOf, Switch, TextOrWord, ValueType

PINNED = "b11434"

_WEIGHTS = "weights come from a gguf block, which the model names: gguf = ..."
_ANSWERS = "it makes llama-server print something and end"
OWNED: Mapping[str, str] = {
    "model": "llamafleet passes the path of the model's gguf",
    "host": "the service's listen address sets it",
    "port": "llamafleet allocates ports; the service's listen or start-port sets the first",
    "alias": "the block's name is the id, and aliases = [...] adds to it",
    "tags": "llamafleet puts the digest of the configuration there",
    "mmproj": "name a gguf block: mmproj = ...",
    "spec-draft-model": "name a gguf block: draft = ...",
    "spec-draft-hf": "name a gguf block: draft = ...",
    "mmproj-url": "name a gguf block: mmproj = ...",
    "model-url": _WEIGHTS, "docker-repo": _WEIGHTS, "hf-repo": _WEIGHTS, "hf-file": _WEIGHTS,
    "hf-token": "secrets stay out of fleet files: set HF_TOKEN where the rollout runs",
    "help": _ANSWERS, "version": _ANSWERS, "cache-list": _ANSWERS, "list-devices": _ANSWERS,
    "completion-bash": _ANSWERS,
}  # fmt: skip
"""Flags that are no keys, and who sets them."""

_LOAD_MODE = "llama.cpp has replaced it: write load-mode ="
GONE: Mapping[str, str] = {
    "mmap": f"{_LOAD_MODE} mmap, or load-mode = none for off",
    "no-mmap": f"{_LOAD_MODE} none",
    "mlock": f'{_LOAD_MODE} mlock, or "mmap+mlock"',
    "direct-io": f"{_LOAD_MODE} dio",
    "ctx-size-draft": "llama.cpp has removed it: the draft's context follows ctx-size",
    "draft-max": "llama.cpp has replaced it: write spec-draft-n-max",
    "draft-n": "llama.cpp has replaced it: write spec-draft-n-max",
    "draft-min": "llama.cpp has replaced it: write spec-draft-n-min",
    "draft-n-min": "llama.cpp has replaced it: write spec-draft-n-min",
    "grp-attn-n": "llama.cpp has removed it: see rope-scaling",
    "grp-attn-w": "llama.cpp has removed it: see rope-scaling",
}
"""Flags that older fleets and blog posts use."""


@dataclass(frozen=True, slots=True)
class ServerFlag:
    """One flag: `off` is how it is switched off, `type` as in the table."""

    key: str
    on: str
    off: str
    type: str
    names: tuple[str, ...]
    help: str
    default: object
    values: ValueType


@cache
def flags() -> Mapping[str, ServerFlag]:
    """Every flag that a model may set, by its key, in the order of upstream's help."""
    return {row["key"]: _flag(row) for row in _rows() if not _refusal(row)}


def keys() -> Iterator[Key]:
    """The keys of a model that are flags; other spellings point to the first one."""
    for flag in flags().values():
        yield Key(flag.key, flag.values, flag.help, default=None, upstream=flag.on)
        for name in flag.names:
            other = name.removeprefix("--")
            if name.startswith("--") and other != flag.key:
                yield Key(other, flag.values, flag.help, upstream=flag.on, same_as=flag.key)


def refused() -> dict[str, str]:
    """Keys that somebody could expect, and why they are none."""
    found: dict[str, str] = {}
    for row in _rows():
        reason = _refusal(row)
        for name in row["names"]:
            if reason and name.startswith("--"):
                found[name.removeprefix("--")] = reason
        for name in row.get("no", ()):
            if name.startswith("--"):
                found[name.removeprefix("--")] = reason or f"write {row['key']} = off"
    return found | dict(GONE)


def argv(flag: ServerFlag, value: syntax.Value) -> tuple[str, ...]:
    """The arguments for a value that the flag's type accepts, spelled as it is written."""
    match flag.type, value:
        case "switch" | "flag", syntax.Name(text="on"):
            return (flag.on,)
        case "switch", _:
            return (flag.off,)
        case "flag", _:
            return ()
        case "pair", syntax.Items(values=items):
            return (flag.on, *map(_spelled, items))
        case "repeated", syntax.Items(values=items):
            return tuple(part for item in items for part in (flag.on, _spelled(item)))
        case _, syntax.Items(values=items):
            separator = ";" if flag.key == "samplers" else ","
            return (flag.on, separator.join(map(_spelled, items)))
    return (flag.on, _spelled(value))


def _spelled(value: syntax.Value) -> str:
    return "" if isinstance(value, syntax.Items) else value.text


@cache
def _rows() -> tuple[dict[str, Any], ...]:
    path = Path(__file__).with_name("flags") / f"{PINNED}.json"
    return tuple(json.loads(path.read_bytes()))


def _refusal(row: Mapping[str, Any]) -> str:
    key: str = row["key"]
    if row.get("removed"):
        return f"llama.cpp has removed it; {PINNED} stops when it meets it"
    if key != "spec-default" and key.endswith(("-default", "-spec")):
        return f"it chooses weights by itself; {_WEIGHTS}"
    return OWNED.get(key, "")


def _flag(row: Mapping[str, Any]) -> ServerFlag:
    key = row["key"]
    negative = next((name for name in row.get("no", ()) if name.startswith("--")), "")
    values = _value_type(key, row)
    names = tuple(row["names"])
    return ServerFlag(
        key, f"--{key}", negative, row["type"], names, row["help"], row.get("default"), values
    )


def _value_type(key: str, row: Mapping[str, Any]) -> ValueType:
    kind = _plain_type(key, row)
    return OneOf(Choice("none"), kind) if row.get("none") else kind


def _plain_type(key: str, row: Mapping[str, Any]) -> ValueType:
    words: list[str] = row.get("words", [])
    integer = Integer(row.get("low", -(2**31)), row.get("high", 2**31 - 1))
    match row["type"]:
        case "switch" | "flag":
            return Switch()
        case "integer":
            return OneOf(integer, Choice(*words)) if words else integer
        case "number":
            return Decimal()
        case "choice":
            return Choice(*words)
        case "pair":
            return ListOf(Integer(0), length=2)
        case "list":
            text = Choice(*words) if words else TextOrWord()
            item = Decimal() if row.get("of") == "number" else text
            return OneOf(item, ListOf(item))
        case "repeated":
            return OneOf(TextOrWord(), ListOf(TextOrWord()))
    return OneOf(TextOrWord(), ListOf(TextOrWord())) if key == "samplers" else TextOrWord()
