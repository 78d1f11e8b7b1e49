"""Secrets of an imported file, and the environment variables that hold them from now on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ..secrets.find import Found, in_text
from ..secrets.mask import masked as without
from ..source import Span

VARIABLE = re.compile(r"\$\{env\.([A-Za-z_][A-Za-z0-9_]*)\}")


def environment_file(service: str) -> str:
    """Return the file that a rollout writes for a service from `llamafleet_environment`."""
    return f"/etc/llamafleet/{service}.env"


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret that stays outside: `variable` must hold what stands at `span`.

    `in_argv`: the command that gets it takes it as an argument, which all users of a host can read.
    """

    variable: str
    what: str
    span: Span
    value: str = field(repr=False)
    in_argv: bool = False


@dataclass(slots=True)
class SecretStore:
    """Allocates a variable for every secret; the same secret gets the same one again.

    `lost` are those that are left out: nobody needs them, and nobody is to see them.
    """

    found: list[Secret] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def keep(
        self, variable: str, what: str, span: Span, value: str, *, in_argv: bool = False
    ) -> str:
        """Return the variable that shall hold `value`; a taken name gets a number behind it."""
        name, number = variable, 2
        while (known := self._held(name)) is not None and known != value:
            name, number = f"{variable}_{number}", number + 1
        secret = Secret(name, what, span, value, in_argv)
        if replace(secret, in_argv=True) not in self.found and secret not in self.found:
            self.found.append(secret)
        return name

    def fits(self, variable: str, value: str) -> bool:
        """Return True if the variable of just that name can hold the value."""
        return self._held(variable) in (None, value)

    def _held(self, variable: str) -> str | None:
        return next((each.value for each in self.found if each.variable == variable), None)


def without_secrets(
    text: str, safe: SecretStore, what: str, span: Span, found: tuple[Found, ...] | None = None
) -> str:
    """Return the text with `${env.NAME}`, which llama-swap replaces, for every secret in it."""
    for each in reversed(in_text(text) if found is None else found):
        name = safe.keep(each.variable, what, span, text[each.start : each.end])
        text = f"{text[: each.start]}${{env.{name}}}{text[each.end :]}"
    return text


def masked(text: str, secrets: Iterable[Secret]) -> str:
    """Return a comment without the secrets that it mentions."""
    return without(text, (each.value for each in secrets), "(a key)")
