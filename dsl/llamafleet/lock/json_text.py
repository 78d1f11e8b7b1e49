"""JSON with a member a line, so that a diff shows what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


class OneLine(dict[str, Any]):
    """A mapping that is written on one line."""


def json_lines(value: object, indent: str) -> Iterator[str]:
    """Yield JSON with a member a line; lists of numbers, one a layer, stay on one line."""
    inner = indent + " "
    match value:
        case OneLine():
            yield json.dumps(value, ensure_ascii=False)
        case Mapping() if value:
            items = [
                f"{json.dumps(str(key))}: {_inner(each, inner)}" for key, each in value.items()
            ]
            yield "{\n" + ",\n".join(inner + item for item in items) + f"\n{indent}}}"
        case list() | tuple() if any(isinstance(each, str | Mapping | list) for each in value):
            items = [_inner(each, inner) for each in value]
            yield "[\n" + ",\n".join(inner + item for item in items) + f"\n{indent}]"
        case Mapping():
            yield "{}"
        case _:
            yield json.dumps(value, ensure_ascii=False)


def _inner(value: object, indent: str) -> str:
    return "".join(json_lines(value, indent))
