"""The text of environment files for systemd."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# Inside double quotes systemd takes these four literally only after a backslash.
_ESCAPED = str.maketrans({char: f"\\{char}" for char in '\\"`$'})


class EnvironmentFileError(ValueError):
    """A name or value that cannot be in an environment file; the message says why."""


def environment_text(values: Mapping[str, Any]) -> str:
    """One line a variable; each value is quoted so that systemd reads back what was given."""
    lines = ["# Managed by llamafleet from inventory data: edits here are overwritten."]
    for name, value in values.items():
        if not _NAME.match(str(name)):
            raise EnvironmentFileError(f"{name!r} cannot be the name of an environment variable")
        text = str(value)
        if "\0" in text:
            raise EnvironmentFileError(f"the value of {name} holds a NUL character")
        lines.append(f'{name}="{text.translate(_ESCAPED)}"')
    return "\n".join(lines) + "\n"
