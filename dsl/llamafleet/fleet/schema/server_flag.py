"""One flag of llama-server, as a row of a table in `flags/` describes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...dataclasses import dataclass
from .values import Choice, Decimal, Integer, ListOf, OneOf, Switch, TextOrWord, ValueType

LOWEST, HIGHEST = -(2**31), 2**31 - 1


@dataclass(frozen=True, slots=True)
class ServerFlag:
    """One flag: `on` and `off` are how it is switched, `type` as in the table.

    `names` are its spellings and `negatives` those that switch it off; `words` are values besides
    what the type takes, or all there are. A `removed` one is still recognised, to be refused.
    """

    key: str
    on: str
    off: str
    type: str
    names: tuple[str, ...]
    help: str
    default: object
    values: ValueType
    negatives: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    none: bool = False
    low: int = LOWEST
    high: int = HIGHEST
    removed: bool = False

    @property
    def free_text(self) -> bool:
        """Return True if a value may be any text, even one that looks like a flag."""
        return self.type in ("text", "repeated")


def server_flag(row: Mapping[str, Any]) -> ServerFlag:
    """Return the flag that a row describes."""
    key = row["key"]
    negatives = tuple(row.get("no", ()))
    return ServerFlag(
        key=key,
        on=f"--{key}",
        off=next((name for name in negatives if name.startswith("--")), ""),
        type=row["type"],
        names=tuple(row["names"]),
        help=row.get("help", ""),
        default=row.get("default"),
        values=_value_type(key, row),
        negatives=negatives,
        words=tuple(row.get("words", ())),
        none=bool(row.get("none")),
        low=row.get("low", LOWEST),
        high=row.get("high", HIGHEST),
        removed=bool(row.get("removed")),
    )


def _value_type(key: str, row: Mapping[str, Any]) -> ValueType:
    kind = _plain_type(key, row)
    return OneOf(Choice("none"), kind) if row.get("none") else kind


def _plain_type(key: str, row: Mapping[str, Any]) -> ValueType:
    words: list[str] = row.get("words", [])
    integer = Integer(row.get("low", LOWEST), row.get("high", HIGHEST))
    match row["type"]:
        case "switch" | "flag":
            return Switch()
        case "integer":
            return OneOf(integer, Choice(*words)) if words else integer
        case "number":
            return Decimal()
        case "choice":
            return Choice(*words)
        case "pair":
            return ListOf(TextOrWord() if row.get("of") == "text" else Integer(0), length=2)
        case "list":
            text = Choice(*words) if words else TextOrWord()
            item = Decimal() if row.get("of") == "number" else text
            return OneOf(item, ListOf(item))
        case "repeated":
            return OneOf(TextOrWord(), ListOf(TextOrWord()))
    return OneOf(TextOrWord(), ListOf(TextOrWord())) if key == "samplers" else TextOrWord()
