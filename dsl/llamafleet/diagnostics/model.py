"""Diagnostics as values: the problem, its place and the way out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from ..dataclasses import dataclass, field
from ..source import Span


class Severity(StrEnum):
    """Severity of a diagnostic; a warning stops a rollout under `--strict` only."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Label:
    """A span with a few words about it; no words where the message says it all."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem.

    `code` is a kebab-case name listed in `codes.py`. `message` says what is there and what is
    wrong: lower case, no period, names quoted as written. `related` points at the other place: the
    previous definition, the cause of a number. `hint` is the way out, if there is one: verb first.
    `refused`: the declared llama-swap would not start with it.
    """

    code: str
    severity: Severity
    message: str
    primary: Label
    related: tuple[Label, ...] = ()
    hint: str = ""
    refused: bool = False


def on_one_line(message: str) -> str:
    """Return a message with its line ends and other invisible characters written as escapes."""
    if message.isprintable():
        return message
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in message
    )


def order(diagnostic: Diagnostic) -> tuple[str, int, int, str, str]:
    """Return the key that diagnostics are sorted by: path, line, column, code, message."""
    span = diagnostic.primary.span
    return (span.path, span.start.line, span.start.column, diagnostic.code, diagnostic.message)


@dataclass(slots=True)
class Diagnostics:
    """The collector that every step of the compiler fills."""

    found: list[Diagnostic] = field(default_factory=list)

    def error(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        *,
        related: tuple[Label, ...] = (),
        hint: str = "",
        refused: bool = False,
    ) -> None:
        """Add an error at `span`."""
        self.found.append(
            Diagnostic(
                code,
                Severity.ERROR,
                on_one_line(message),
                Label(span, label),
                related,
                hint,
                refused,
            )
        )

    def warning(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        *,
        related: tuple[Label, ...] = (),
        hint: str = "",
    ) -> None:
        """Add a warning at `span`."""
        self.found.append(
            Diagnostic(
                code, Severity.WARNING, on_one_line(message), Label(span, label), related, hint
            )
        )

    def extend(self, others: Iterable[Diagnostic]) -> None:
        """Add diagnostics that were collected elsewhere."""
        self.found.extend(others)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(sorted(self.found, key=order))

    def __len__(self) -> int:
        return len(self.found)

    @property
    def has_errors(self) -> bool:
        """Return True if any diagnostic is an error."""
        return any(each.severity is Severity.ERROR for each in self.found)
