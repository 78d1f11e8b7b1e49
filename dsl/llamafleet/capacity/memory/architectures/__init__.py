"""One record for each architecture whose graph is known: how a model of that name is computed.

Files are named as those of llama.cpp's src/models/; related names share one. An architecture of no
record is estimated by rule of thumb, with a wide margin, and that is said.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from .record import Architecture

FAMILIES = (
    "llama", "qwen", "qwen3next", "gemma", "gpt", "deepseek", "glm", "phi", "granite", "mamba",
    "bert", "bailingmoe", "cohere", "diffusion", "ernie", "exaone", "hunyuan", "minimax", "olmo",
    "plamo", "rwkv", "t5", "others",
)  # fmt: skip
"""The modules beside this one that hold records."""


def record_of(name: str) -> Architecture | None:
    """Return the record of an architecture, None where there is none.

    Only the families up to the one that has it are imported: a check starts quicker so. Those
    whose name is how the architecture's begins come first.
    """
    families = sorted(FAMILIES, key=lambda family: not name.startswith(family))
    return next((found for family in families if (found := _records(family).get(name))), None)


def every_record() -> tuple[Architecture, ...]:
    """Return all records, in the order of the families."""
    return tuple(record for family in FAMILIES for record in _records(family).values())


@cache
def _records(family: str) -> dict[str, Architecture]:
    records: tuple[Architecture, ...] = import_module(f".{family}", __package__).ARCHITECTURES
    found = {record.name: record for record in records}
    assert len(found) == len(records), f"{family} has two records of one name"
    return found
