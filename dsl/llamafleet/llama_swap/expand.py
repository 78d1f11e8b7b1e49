"""Macros: `${NAME}` replaced in values, from the last definition to the first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from . import scalars
from .values import Scalar, Table, Value

PATTERN = re.compile(r"\$\{([a-zA-Z0-9_-]+)\}")


@dataclass(frozen=True, slots=True)
class Definition:
    """A macro as it is put in: its value, or its text inside a longer one."""

    name: str
    data: Scalar
    known: bool = True

    @property
    def slug(self) -> str:
        """Return the text that stands for it in a value."""
        return f"${{{self.name}}}"

    @property
    def text(self) -> str:
        """Return the value inside a longer text."""
        match self.data:
            case bool():
                return "true" if self.data else "false"
            case float():
                return scalars.number_text(self.data)
        return str(self.data)


def expanded(value: Value, macros: Sequence[Definition]) -> Value:
    """Return the value with all macros replaced; the later definitions first."""
    match value.data:
        case Table(entries):
            if not value.data.strings:
                return value  # llama-swap looks into mappings of strings only
            return replace(
                value, data=Table(tuple((key, expanded(each, macros)) for key, each in entries))
            )
        case tuple(items):
            return replace(value, data=tuple(expanded(each, macros) for each in items))
        case str():
            return _scalar(value, macros)
    return value


def _scalar(value: Value, macros: Sequence[Definition]) -> Value:
    data: Scalar = value.data if isinstance(value.data, str) else None
    known = value.known
    for macro in reversed(macros):
        if not isinstance(data, str) or "${" not in data:
            break
        if data == macro.slug:
            data, known = macro.data, known and macro.known
        elif macro.slug in data:
            data, known = data.replace(macro.slug, macro.text), known and macro.known
    return replace(value, data=data, text=scalars.as_text(data), known=known)


def expanded_text(text: str, macros: Sequence[Definition]) -> str:
    """Return a text, say a key, with all macros replaced."""
    for macro in reversed(macros):
        text = text.replace(macro.slug, macro.text)
    return text


def left(text: str) -> list[str]:
    """Return names of macros that are still in a text."""
    return PATTERN.findall(text)
