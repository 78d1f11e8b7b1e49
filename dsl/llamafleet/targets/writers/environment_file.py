"""Environment files of systemd: one assignment a line, quoted so that it is read back as it was."""

from __future__ import annotations

from collections.abc import Iterable

# Inside double quotes systemd takes these four literally only after a backslash.
_ESCAPED = str.maketrans({char: f"\\{char}" for char in '\\"`$'})


def to_environment_file(values: Iterable[tuple[str, str]], header: str) -> str:
    """Return the file, with `header` as a comment above it."""
    lines = [f"# {header}", *(f'{name}="{value.translate(_ESCAPED)}"' for name, value in values)]
    return "\n".join(lines) + "\n"
