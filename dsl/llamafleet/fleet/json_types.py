"""Values of keys that llamafleet does not know: what JSON can say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Json: TypeAlias = "Mapping[str, Json] | tuple[Json, ...] | str | bool | int | float | None"
"""A value of a key that llamafleet does not know."""

JsonObject: TypeAlias = Mapping[str, Json]
NOTHING: JsonObject = {}
