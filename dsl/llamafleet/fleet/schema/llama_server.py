"""llama-server's flags as keys of a model.

The tables in `flags/` are written by `tools/llama_server_flags.py` from each build's own help. A
key is a flag's long name in the newest table that has it; every long spelling is taken, and the
first is what is rendered. Whether the build that serves a model has it is for the rules to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from ...language import syntax
from .block import Key
from .flag_tables import Row, bundled
from .renamed_flags import GONE
from .server_flag import ServerFlag, server_flag

PINNED = "b11434"

_WEIGHTS = "declare the weights in a gguf block, and set gguf = NAME"
_ANSWERS = "it makes llama-server print something and exit"
OWNED: Mapping[str, str] = {
    "model": "llamafleet passes the path of the model's gguf",
    "host": "set listen in the service",
    "port": "llamafleet allocates ports; set the first with listen or start-port in the service",
    "alias": "the name of the block is the id; add others with aliases = [...]",
    "tags": "llamafleet puts the digest of the configuration there",
    "mmproj": "declare it in a gguf block, and set mmproj = NAME",
    "spec-draft-model": "declare it in a gguf block, and set draft = NAME",
    "spec-draft-hf": "declare it in a gguf block, and set draft = NAME",
    "mmproj-url": "declare it in a gguf block, and set mmproj = NAME",
    "model-url": _WEIGHTS, "docker-repo": _WEIGHTS, "hf-repo": _WEIGHTS, "hf-file": _WEIGHTS,
    "hf-token": "set HF_TOKEN where the rollout runs: secrets do not belong in fleet files",
    "help": _ANSWERS, "version": _ANSWERS, "cache-list": _ANSWERS, "list-devices": _ANSWERS,
    "completion-bash": _ANSWERS, "license": _ANSWERS,
    "hf-repo-v": _WEIGHTS, "hf-file-v": _WEIGHTS, "model-vocoder": _WEIGHTS,
}  # fmt: skip
"""Flags that are no keys, and who sets them."""


def owned(key: str) -> str:
    """Return why llamafleet does not let a flag be set; empty if it may be."""
    if key != "spec-default" and key.endswith(("-default", "-spec")):
        return f"{_WEIGHTS}; the flag chooses weights itself"
    return OWNED.get(key, "")


@cache
def flags() -> Mapping[str, ServerFlag]:
    """Return every flag that a model may set, by its key, in the order of upstream's help."""
    return {row["key"]: server_flag(row) for row in _rows() if not _refusal(row)}


@cache
def flag_order() -> Mapping[str, int]:
    """Return the position of each flag in the order of the argv."""
    return {key: place for place, key in enumerate(flags())}


def keys() -> Iterator[Key]:
    """Yield the keys of a model that are flags; other spellings point to the first one."""
    for flag in flags().values():
        yield Key(flag.key, flag.values, flag.help, default=None, upstream=flag.on)
        for name in flag.names:
            other = name.removeprefix("--")
            if name.startswith("--") and other != flag.key:
                yield Key(other, flag.values, flag.help, upstream=flag.on, same_as=flag.key)


def unsupported_flags() -> dict[str, str]:
    """Return keys that somebody could expect, and why they are none."""
    found: dict[str, str] = {}
    for row in _rows():
        reason = _refusal(row)
        for name in row["names"]:
            if reason and name.startswith("--"):
                found[name.removeprefix("--")] = reason
        for name in row.get("no", ()):
            if name.startswith("--"):
                found[name.removeprefix("--")] = reason or f"write {row['key']} = off"
    for name, gone in GONE.items():
        # A table of an older build may still have it: then it is a key, and the rules look at it.
        if name.startswith("--") and name not in _spellings():
            found[name.removeprefix("--")] = gone.instead
    return found


def argv(flag: ServerFlag, value: syntax.Value) -> tuple[str, ...]:
    """Return the arguments for a value that the flag's type accepts, spelled as it is written."""
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
def _rows() -> tuple[Row, ...]:
    """Return the rows of all tables, the newest first: a key may be an older build's only.

    Where an older table calls by its own key what a newer one knows as a spelling of another, the
    newer one holds; and what a newer one refuses, an older one may take.
    """
    found: dict[str, Row] = {}
    spelled: set[str] = set()
    for table in bundled():
        for row in table.rows:
            names = {*row["names"], *row.get("no", ())}
            known = found.get(row["key"])
            revived = known is not None and known.get("removed") and not row.get("removed")
            if revived or (known is None and not names & spelled):
                found[row["key"]] = row
        spelled |= {
            name
            for row in table.rows
            if not row.get("removed")
            for name in (*row["names"], *row.get("no", ()))
        }
    return tuple(found.values())


@cache
def _spellings() -> frozenset[str]:
    """Return every spelling of a flag that is a key."""
    return frozenset(name for flag in flags().values() for name in (*flag.names, *flag.negatives))


def _refusal(row: Row) -> str:
    key: str = row["key"]
    if row.get("removed"):
        return f"llama.cpp has removed it; {PINNED} does not start with it"
    return owned(key)
