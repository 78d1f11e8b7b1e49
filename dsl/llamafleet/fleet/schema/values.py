"""The types of values: each turns a syntax value into a checked one, or says why it cannot.

A type is a small frozen object with `expected` (words for messages and the reference) and `read`.
To add one, write such a class; nothing needs to be registered.
"""

from .compound import ListOf, OneOf, OrNull
from .json_values import JsonValue
from .scalars import Choice, Decimal, Duration, Integer, Size, Switch
from .texts import Listen, Pattern, Reference, Text, TextOrWord, Word
from .value_type import Mismatch, Named, ValueType, did_you_mean

__all__ = [
    "Choice",
    "Decimal",
    "Duration",
    "Integer",
    "JsonValue",
    "ListOf",
    "Listen",
    "Mismatch",
    "Named",
    "OneOf",
    "OrNull",
    "Pattern",
    "Reference",
    "Size",
    "Switch",
    "Text",
    "TextOrWord",
    "ValueType",
    "Word",
    "did_you_mean",
]
