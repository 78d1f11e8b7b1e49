"""secret-in-file: keys, tokens and passwords in a fleet file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..diagnostics.model import Diagnostic
from ..language.syntax import File
from .report import warning

if TYPE_CHECKING:
    from .secrets_in_tree import SecretPlace


def secret_in_file(files: Iterable[File]) -> Iterator[Diagnostic]:
    """Check for secrets, which everybody gets who can read the file or its history.

    Unlike other rules this one reads what is written, not what it means: a secret is one in any
    place, and in one that no service leads to, too.
    """
    from .secrets_in_tree import find_secrets

    for file in files:
        for place in find_secrets(file):
            yield _reported(place)


def _reported(place: SecretPlace) -> Diagnostic:
    label = f' "{place.label}"' if place.label else ""
    whose = f" of {place.kind}{label}" if place.kind else ""
    message = f"{place.key}{whose} contains a secret in plain text"
    return warning("secret-in-file", message, place.span, _way_out(place))


def _way_out(place: SecretPlace) -> str:
    """Return the hint: where the secret belongs instead."""
    elsewhere = "llamafleet_environment in the inventory's group data (docs/secrets.md)"
    match place.key:
        case "api-key":
            return f'use api-key-file = "/etc/...", or set LLAMA_API_KEY in {elsewhere}'
        case "env":
            return f"remove it here, and set the variable in {elsewhere}"
        case "a comment":
            return "remove it, and revoke the key: it stays in the history of the file"
        case "command" | "stop-command":
            return f'let a shell expand "$NAME", and set NAME in {elsewhere}'
        case "url" | "proxy":
            return "remove it from the address"
    if place.kind == "llama-swap" or place.kind == "model":
        return f'write "${{env.NAME}}" in a pass-through block, and set NAME in {elsewhere}'
    return f"set it in {elsewhere}"
