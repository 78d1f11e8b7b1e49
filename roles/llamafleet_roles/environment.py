"""The text of environment files for systemd."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from llamafleet.targets.writers.environment_file import to_environment_file

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
HEADER = "Managed by llamafleet from inventory data: edits here are overwritten."


class EnvironmentFileError(ValueError):
    """A name or value that cannot be in an environment file; the message says why."""


def environment_text(values: Mapping[str, Any]) -> str:
    """One line a variable; each value is quoted so that systemd reads back what was given."""
    for name, value in values.items():
        if not _NAME.match(str(name)):
            raise EnvironmentFileError(f"{name!r} cannot be the name of an environment variable")
        if "\0" in str(value):
            raise EnvironmentFileError(f"the value of {name} holds a NUL character")
    return to_environment_file(((name, str(value)) for name, value in values.items()), HEADER)
