"""Keys and tokens, which a fleet file never holds: what to look for, and where each one goes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
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


FLAG = re.compile(
    r"--?(?:[a-z]+-)*(?:api-?key|auth-token|access-token|hf-token|hft|password|secret)"
)
"""Flags whose values nobody should read."""
_FLAG_VALUE = re.compile(rf"(?s)({FLAG.pattern})=(.+)")
_ASSIGNED = re.compile(r"(?s)([A-Za-z_][A-Za-z0-9_]*)=(.+)")
_BEARER = re.compile(r"(?i)\bbearer\s+(\S+)")
FLAG_VARIABLES = {"--api-key": "LLAMA_API_KEY", "--hf-token": "HF_TOKEN", "-hft": "HF_TOKEN"}
"""What llama-server itself reads instead of a flag."""


def in_words(words: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """Keys in a command line: which word holds one, a variable for it, and the key."""
    for at, word in enumerate(words):
        before = words[at - 1] if at else ""
        if FLAG.fullmatch(before) and not word.startswith("-"):
            name, value = FLAG_VARIABLES.get(before, _variable(before)), word
        elif found := _FLAG_VALUE.fullmatch(word):
            name, value = _variable(found[1]), found[2]
        elif (found := _ASSIGNED.fullmatch(word)) and NAMES.fullmatch(found[1]):
            name, value = found[1], found[2]
        elif found := _BEARER.search(word):
            name, value = "BEARER_TOKEN", found[1]
        else:
            continue
        if is_secret("token", value):
            yield at, name, value


def _variable(flag: str) -> str:
    return flag.strip("-").replace("-", "_").upper()


def without_keys(words: Sequence[str], safe: Safe, what: str, span: Span) -> list[str] | None:
    """The words with `${env.NAME}` for every key; None where there is none."""
    found = list(words)
    keys = list(in_words(words))
    for at, name, value in keys:
        variable = safe.keep(name, what, span, value)
        found[at] = found[at].replace(value, f"${{env.{variable}}}")
    return found if keys else None


_LOOKS_LIKE_A_KEY = re.compile(r"\b(?:sk|hf|gsk|ghp|xai|AIza)[-_][A-Za-z0-9_\-]{16,}")


def masked(text: str, secrets: Iterable[Secret]) -> str:
    """A comment without the keys that it mentions."""
    for secret in secrets:
        if len(secret.value) >= 6:
            text = text.replace(secret.value, "(a key)")
    return _LOOKS_LIKE_A_KEY.sub("(a key)", text)


def blotted(text: str, secrets: Iterable[Secret]) -> str:
    """A text in which each key is as many stars, so that everything stays in its column."""
    for secret in secrets:
        text = text.replace(secret.value, "*" * len(secret.value))
    for pattern in (_LOOKS_LIKE_A_KEY, _BEARER):
        text = pattern.sub(lambda found: "*" * len(found[0]), text)
    return text
