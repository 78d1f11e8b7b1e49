"""Small models of many architectures: their keys and tensors are in architectures.json.

There a tensor's name without a layer is whole; `*` in front of one is every layer, and numbers are
some. They are what llama.cpp itself asks for when it makes such a model, and most files have.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.memory.models import Model, begun

DESCRIBED: dict[str, dict[str, Any]] = {
    each["name"]: each
    for each in json.loads(
        (Path(__file__).parent / "architectures.json").read_text(encoding="utf-8")
    )
}


def described(name: str) -> Model:
    """The header of a model by its name."""
    said = DESCRIBED[name]
    keys = said["keys"]
    model = begun(
        said["architecture"], "Q8_0", said["embedding"], said["layers"],
        keys.get("context_length", 0), said["vocabulary"],
    )  # fmt: skip
    model.tensors.clear()
    model.entries |= {f"{said['architecture']}.{key}": value for key, value in keys.items()}
    model.entries |= said.get("others", {})
    for where, kind, *dims in said["tensors"]:
        model.tensors += [(each, kind, tuple(dims)) for each in _names(where, said["layers"])]
    return model


def _names(where: str, layers: int) -> list[str]:
    """A tensor's name in each of its layers."""
    if " " not in where:
        return [where]
    numbers, name = where.split(" ")
    chosen = range(layers) if numbers == "*" else map(int, numbers.split(","))
    return [f"blk.{layer}.{name}" for layer in chosen]


def _maker(name: str) -> Callable[[], Model]:
    return lambda: described(name)


ARCHITECTURES: dict[str, Callable[[], Model]] = {name: _maker(name) for name in DESCRIBED}
