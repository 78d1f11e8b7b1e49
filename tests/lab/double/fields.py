"""Typed access to the mappings of a config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .refusal import RefusedError


class Fields:
    """Typed access to a mapping: a value of the wrong type is refused, an unknown key ignored."""

    def __init__(self, raw: object) -> None:
        if raw is not None and not isinstance(raw, Mapping):
            raise _mistyped(raw, "map")
        self.raw: Mapping[str, Any] = raw or {}

    def text(self, key: str, default: str = "") -> str:
        """A string; numbers and booleans are taken as their text."""
        value = self.raw.get(key)
        if value is None:
            return default
        if isinstance(value, list | Mapping):
            raise _mistyped(value, "string")
        return str(value).lower() if isinstance(value, bool) else str(value)

    def integer(self, key: str, default: int = 0) -> int:
        """A whole number; `60.0` is one, `"60"` and `5m` are not."""
        value = self.raw.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            raise _mistyped(value, "int")
        return int(value)

    def switch(self, key: str) -> bool:
        """A boolean; the YAML 1.1 words are taken here."""
        value = self.raw.get(key)
        if isinstance(value, str) and value.lower() in ("yes", "on", "no", "off"):
            return value.lower() in ("yes", "on")
        if value is not None and not isinstance(value, bool):
            raise _mistyped(value, "bool")
        return bool(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings."""
        value = self.raw.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise _mistyped(value, "[]string")
        return tuple(str(each) for each in value)

    def nested(self, *keys: str) -> Fields:
        """The mapping below a path of keys."""
        return Fields(self.raw.get(keys[0])).nested(*keys[1:]) if keys else self


def _mistyped(value: object, wanted: str) -> RefusedError:
    kind = {str: "str", bool: "bool", int: "int", float: "float", list: "seq", dict: "map"}
    shown = f" `{value}`" if not isinstance(value, list | dict) else ""
    text = f"line 0: cannot unmarshal !!{kind.get(type(value), 'str')}{shown} into {wanted}"
    return RefusedError(f"yaml: unmarshal errors:\n  {text}")
