"""Values of keys that llamafleet does not know: what JSON can say, in the language's words."""

from __future__ import annotations

from collections.abc import Mapping

from ...dataclasses import dataclass
from ...language import syntax
from ..json_types import Json
from .scalars import SWITCHES
from .value_type import Mismatch, mismatch

CONSTANTS: Mapping[str, Json] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class JsonValue:
    """A number, text, `true`, `false`, `null`, or a list of such values."""

    @property
    def expected(self) -> str:
        """`a number, text in quotes, true, false, null, or a list of these`."""
        return "a number, text in quotes, true, false, null, or a list of these"

    def read(self, value: syntax.Value) -> Json | Mismatch:
        """Return the value as JSON has it."""
        match value:
            case syntax.Items(values):
                items = tuple(self.read(each) for each in values)
                bad = next((each for each in items if isinstance(each, Mismatch)), None)
                return bad or tuple(each for each in items if not isinstance(each, Mismatch))
            case syntax.Text(text):
                return text
            case syntax.Number(text):
                return float(text) if "." in text else int(text)
            case syntax.Name(text) if text in CONSTANTS:
                return CONSTANTS[text]
        said = {"on": "true", "off": "false"}.get(SWITCHES.get(value.text.lower(), ""))
        return mismatch(self, value, f"write {said}" if said else f'write "{value.text}"')
