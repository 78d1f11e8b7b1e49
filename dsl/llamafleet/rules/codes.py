"""All codes of diagnostics: those of reading files, and those of each rule."""

from __future__ import annotations

from ..diagnostics import codes as reading
from ..diagnostics.codes import Code
from . import RULES

CODES: dict[str, Code] = {
    code.name: code
    for code in sorted(
        (*reading.CODES, *(code for rule in RULES for code in rule.codes)),
        key=lambda code: code.name,
    )
}
