"""Read YAML the way llama-swap's library does: YAML 1.2 scalars, duplicate keys refused."""

from __future__ import annotations

import re
from typing import Any

import yaml

from .refusal import RefusedError

FLOAT = r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"


class Loader(yaml.SafeLoader):
    """PyYAML's loader without its YAML 1.1 booleans, dates and octal numbers."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping; a key that is written twice is an error."""
        seen: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise RefusedError(
                    f"yaml: unmarshal errors:\n  line {line}: mapping key "
                    f'"{key.value}" already defined at line {seen[key.value]}'
                )
            seen[key.value] = line
        return super().construct_mapping(node, deep)


Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", FLOAT, list("-+0123456789.")),
    ("merge", r"<<", ["<"]),
):
    Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), _first
    )


def read_yaml(text: str, path: str) -> dict[str, Any]:
    """The top-level mapping of the first document; an empty file is an empty mapping."""
    try:
        value = yaml.load(text, Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or error
        raise RefusedError(f"failed to parse config {path}: yaml: {line}{problem}") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RefusedError(f"config {path}: top-level YAML must be a mapping")
    return value
