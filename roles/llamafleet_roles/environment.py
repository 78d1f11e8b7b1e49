"""The text of environment files for systemd."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from llamafleet.targets.writers.environment_file import to_environment_file

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
HEADER = "Managed by llamafleet from inventory data: edits here are overwritten."


class EnvironmentFileError(ValueError):
    """A name or value that an environment file cannot represent; the message says why."""


def environment_text(values: Mapping[str, Any]) -> str:
    """Render one line a variable, quoted for systemd (systemd.exec(5), EnvironmentFile=).

    Raises EnvironmentFileError.
    """
    for name, value in values.items():
        if not _NAME.match(str(name)):
            raise EnvironmentFileError(f"{name!r} is not a valid name of an environment variable")
        if "\0" in str(value):
            raise EnvironmentFileError(f"the value of {name} contains a NUL character")
    return to_environment_file(((name, str(value)) for name, value in values.items()), HEADER)
