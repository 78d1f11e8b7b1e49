"""Keys and tokens, which a fleet file never holds: what to look for, and where each one goes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..language.source import Span

NAMES = re.compile(
    r"(?i)(?:.*_)?(?:api_?keys?|tokens?|secrets?|passwords?|passwd|credentials?)(?:_[0-9]+)?"
)
"""Names of environment variables whose values nobody should read."""

VARIABLE = re.compile(r"\$\{env\.([A-Za-z_][A-Za-z0-9_]*)\}")
PLACEHOLDER = re.compile(
    r"|<[^>]*>|\.\.\.|x+|none|null|dummy|changeme|not-needed|sk-no-key-required"
)

ENVIRONMENT_FILE = "/etc/llamafleet/secrets.env"
"""Where the service of an imported file reads what must not stand in it."""


@dataclass(frozen=True, slots=True)
class Secret:
    """One key that stays outside: `variable` must hold what stands at `span`."""

    variable: str
    what: str
    span: Span
    value: str = field(repr=False)


def is_secret(name: str, value: str) -> bool:
    """Whether a variable of that name and value is one; a placeholder or `${env.X}` is none."""
    if VARIABLE.search(value) or PLACEHOLDER.fullmatch(value.strip().lower()):
        return False
    return NAMES.fullmatch(name) is not None


@dataclass(slots=True)
class Safe:
    """Hands out a variable for every key; the same key gets the same one again."""

    found: list[Secret] = field(default_factory=list)

    def keep(self, variable: str, what: str, span: Span, value: str) -> str:
        """The variable that shall hold `value`; a number is added where the name is taken."""
        name, number = variable, 2
        while (known := self._held(name)) is not None and known != value:
            name, number = f"{variable}_{number}", number + 1
        self.found.append(Secret(name, what, span, value))
        return name

    def fits(self, variable: str, value: str) -> bool:
        """Whether the variable of just that name can hold the value."""
        return self._held(variable) in (None, value)

    def _held(self, variable: str) -> str | None:
        return next((each.value for each in self.found if each.variable == variable), None)
