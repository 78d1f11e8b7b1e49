"""Values held against the table of keys: what llama-swap refuses, and what it never reads."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace

from ..diagnostics.model import Diagnostics
from .misplaced import report_unknown
from .model import Unused
from .shapes import (
    ANYTHING,
    DURATION,
    INT,
    MACROS,
    SETS,
    SWITCH,
    TEXT,
    TEXTS,
    Fields,
    ListOf,
    Named,
    Shape,
)
from .values import Key, Table, Value
from .versions import MACROS_EVERYWHERE, since

TRUE = {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"}
FALSE = {"n", "N", "no", "No", "NO", "off", "Off", "OFF"}
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9}
_UNITS |= {"m": 60 * 10**9, "h": 3600 * 10**9}
_DURATION = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")


class Checker:
    """Walks a value beside its shape; `unused` collects what has no effect."""

    def __init__(self, version: int, diagnostics: Diagnostics, anchors: frozenset[str]) -> None:
        self.version = version
        self.diagnostics = diagnostics
        self.anchors = anchors
        self.unused: list[Unused] = []

    def checked(self, value: Value, shape: Shape, path: tuple[str, ...]) -> Value:
        """Return the value without what this llama-swap ignores; what it refuses is reported."""
        if value.data is None and value.scalar:
            return value
        match shape:
            case Fields():
                return self.fields(value, shape, path)
            case Named(each):
                return self.named(value, each, path)
            case ListOf(each):
                if value.items is None:
                    return self.wrong(value, "a list", path)
                items = (self.checked(item, each, path) for item in value.items)
                return replace(value, data=tuple(items))
        if shape is ANYTHING:
            return self.anything(value)
        if shape in (SETS, MACROS):
            ok = value.table is not None
        else:
            ok = value.scalar and (not value.known or fits(value, shape))
        return value if ok else self.wrong(value, shape.words, path)

    def anything(self, value: Value) -> Value:
        """Read a value of any form, so that keys below it are checked."""
        for inner in value.items or ():
            self.anything(inner)
        for _, inner in self.readable(value.table) if value.table else ():
            self.anything(inner)
        return value

    def named(self, value: Value, each: Shape, path: tuple[str, ...]) -> Value:
        """Return a mapping from free names to values of one shape; report other values."""
        if value.table is None:
            return self.wrong(value, "a mapping", path)
        entries = []
        for key, inner in self.readable(value.table):
            checked = self.checked(inner, each, (*path, key.text))
            # Of what has the wrong form altogether, nothing else need be said.
            if path == ("models",) or checked.data is not None or inner.data is None:
                entries.append((key, checked))
        return replace(value, data=Table(tuple(entries)))

    def readable(self, table: Table) -> Iterator[tuple[Key, Value]]:
        """Entries but those with a null for a key, which llama-swap leaves out."""
        names = {key.text for key, _ in table}
        for key, value in table:
            if key.text == "<<" and self.version >= MACROS_EVERYWHERE:
                # Quoted or not: written anew it has no quotes, and is a merge key.
                for item in value.items if value.items is not None else (value,):
                    if item.table is None:
                        self.wrong(value, "a mapping", ("<<",))
                        break
                    yield from (each for each in item.table if each[0].text not in names)
                    names.update(each.text for each, _ in item.table)
            elif key.text or key.string:
                yield key, value

    def fields(self, value: Value, shape: Fields, path: tuple[str, ...]) -> Value:
        """Return a mapping with known keys; report unknown and too new ones and drop them."""
        if value.table is None:
            return self.wrong(value, "a mapping", path)
        kept = []
        for key, inner in self.readable(value.table):
            inner_path = (*path, key.text)
            if key.text not in shape.keys:
                self.unused.append(Unused(path, key, inner))
                if not (path == () and key.text in self.anchors):
                    report_unknown(key, path, shape, inner, self.diagnostics)
            elif (first := since(*inner_path) or 0) > self.version:
                self.unused.append(Unused(path, key, inner))
                self.too_new(key, first)
                if inner_path == ("profiles",):
                    # Another thing had that name, and took lists.
                    self.checked(inner, Named(TEXTS), inner_path)
            elif key.text == "strip_params" and _given(value.table, "stripParams"):
                self.unused.append(Unused(path, key, inner))
            else:
                kept.append((key, self.checked(inner, shape.keys[key.text], inner_path)))
        return replace(value, data=Table(tuple(kept)))

    def too_new(self, key: Key, first: int) -> None:
        """Report a key that the release does not have yet."""
        self.diagnostics.error(
            "version-needed",
            f"llama-swap v{self.version} ignores {key.text}",
            key.span,
            hint=f"{key.text} needs v{first} or newer",
        )

    def wrong(self, value: Value, wanted: str, path: tuple[str, ...]) -> Value:
        """Report a value of the wrong form, and return it without data."""
        name = ".".join(path) or "the file"
        hint = _hint(value, wanted)
        self.diagnostics.error(
            "wrong-type",
            f"{name} takes {wanted}, not {shown(value)}",
            value.span,
            hint=hint,
            refused=True,
        )
        return replace(value, data=None)


def _given(table: Table, name: str) -> bool:
    value = table.get(name)
    return value is not None and value.scalar and bool(value.text)


def _hint(value: Value, wanted: str) -> str:
    data = value.data
    if wanted == "a list":
        alone = value.written or value.text
        return f"write [{alone}]" if value.scalar else "start each line with -"
    if wanted == SWITCH.words and data in ("true", "false"):
        return "remove the quotes"
    if wanted == INT.words and isinstance(data, str):
        duration = nanoseconds(data)
        if data.strip().isdigit():
            return "remove the quotes"
        return f"write the seconds as a number: {duration // 10**9}" if duration else ""
    return ""


def fits(value: Value, shape: Shape) -> bool:
    """Return True if a scalar is what a plain key takes."""
    data = value.data
    if shape is INT:
        return number(value) is not None
    if shape is SWITCH:
        return isinstance(data, bool) or (type(data) is str and data in TRUE | FALSE)
    if shape is DURATION:
        return type(data) is str and nanoseconds(data) is not None
    return shape is TEXT


def number(value: Value) -> int | None:
    """Return a whole number of 64 bits; decimals are cut off, as llama-swap does."""
    data = value.data
    if isinstance(data, bool) or not isinstance(data, int | float):
        return None
    if isinstance(data, float) and not math.isfinite(data):
        return None
    return int(data) if -(2**63) <= int(data) < 2**63 else None


def switch(value: Value) -> bool:
    """Return the truth of a switch that fits."""
    return value.data is True or (type(value.data) is str and value.data in TRUE)


def nanoseconds(text: str) -> int | None:
    """Return a duration in Go's notation, such as 1h15m or 1.5s."""
    sign, rest = (-1, text[1:]) if text[:1] == "-" else (1, text.removeprefix("+"))
    if rest == "0":
        return 0
    parts = _DURATION.findall(rest)
    if not rest or "".join(amount + unit for amount, unit in parts) != rest:
        return None
    total = sum(int(float(amount) * _UNITS[unit]) for amount, unit in parts)
    return sign * total if total < 2**63 else None


def shown(value: Value) -> str:
    """Return a value in a few words, for messages."""
    if value.table is not None:
        return "a mapping"
    if value.items is not None:
        return "a list"
    text = " ".join((value.written or value.text).split())
    short = text if len(text) <= 40 else f"{text[:37]}..."
    if type(value.data) is str:
        return f'"{short}"'
    return short
