"""Differences between two meanings of configurations."""

from __future__ import annotations

from collections.abc import Iterator


def differences(before: object, after: object, path: str = "") -> Iterator[str]:
    """Yield one line for each difference between two meanings, with the path that leads to it."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys((*before, *after)):
            inner = f"{path}.{key}" if path else str(key)
            if key not in after:
                yield f"{inner}: lost, was {_shown(before[key])}"
            elif key not in before:
                yield f"{inner}: new, is {_shown(after[key])}"
            else:
                yield from differences(before[key], after[key], inner)
    elif before != after or type(before) is not type(after):
        yield f"{path}: was {_shown(before)}, is {_shown(after)}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 300 else text[:297] + "..."
