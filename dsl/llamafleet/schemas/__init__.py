"""JSON Schemas (draft 2020-12) of what llamafleet prints as JSON, and of fleet.lock.

`$id` ends with the version of a format, which the output states as `version` (fleet.lock: `lock`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

_ENDING = ".schema.json"


def names() -> tuple[str, ...]:
    """Return the names of all schemas, sorted."""
    found = (each.name for each in files(__name__).iterdir() if each.name.endswith(_ENDING))
    return tuple(sorted(name.removesuffix(_ENDING) for name in found))


def schema_text(name: str) -> str:
    """Return the text of a schema; raises FileNotFoundError for a name that is not in `names`."""
    return (files(__name__) / f"{name}{_ENDING}").read_text(encoding="utf-8")


def schema(name: str) -> Mapping[str, Any]:
    """Return a schema as an object; raises FileNotFoundError for an unknown name."""
    found: Mapping[str, Any] = json.loads(schema_text(name))
    return found
