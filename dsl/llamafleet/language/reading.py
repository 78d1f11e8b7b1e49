"""Reads files to source text; nothing that a path may name makes it fail."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable
from typing import TypeAlias

from ..diagnostics.model import Diagnostics, Label
from ..source import Position, Source, Span

LARGEST = 16 * 1024 * 1024
"""Bytes of a file that is still taken for a fleet file."""

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

Read: TypeAlias = Callable[[str], bytes]
"""Reads the file of that path; raises OSError."""


def read_bytes(path: str) -> bytes:
    """Return the bytes of a regular file, at most one more than `LARGEST`.

    Raises OSError for anything else: a pipe may never begin, and a device never end.
    """
    # Not blocking: to open a pipe would wait for somebody who writes into it.
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with open(number, "rb") as file:  # noqa: PTH123 (there is no path any more)
        mode = os.fstat(number).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "it is a directory", path)
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is not a regular file", path)
        return file.read(LARGEST + 1)


def read_source(
    path: str, diagnostics: Diagnostics, at: Span | None = None, read: Read = read_bytes
) -> Source | None:
    """Return the source at `path`; report the reason and return None where it cannot be read."""
    try:
        data = read(path)
    except (OSError, ValueError) as error:
        span = at or Source(path, "").whole()
        hint = _neighbour(path) if isinstance(error, FileNotFoundError) else ""
        diagnostics.error(
            "unreadable-file", f'cannot read "{path}": {reason(error)}', span, hint=hint
        )
        return None
    if len(data) > LARGEST:
        message = f'"{path}" is larger than {LARGEST // 1024**2} MiB, the limit for fleet files'
        diagnostics.error("unreadable-file", message, at or Source(path, "").whole())
        return None
    return decode(path, data, diagnostics, at)


def decode(
    path: str, data: bytes, diagnostics: Diagnostics, at: Span | None = None
) -> Source | None:
    """Decode UTF-8, with or without a byte order mark; report and return None for anything else."""
    try:
        return Source(path, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8-sig", "replace")) + 1
        span = Span(path, Position(line, column), Position(line, column + 1))
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            message, hint = "not UTF-8 but UTF-16", "save the file as UTF-8"
        else:
            message = f"not UTF-8: byte 0x{data[error.start]:02X}"
            hint = "save the file as UTF-8" if b"\0" not in data else ""
        related = (Label(at, "included here"),) if at else ()
        diagnostics.error("not-text", message, span, related=related, hint=hint)
        return None


def without_controls(source: Source, diagnostics: Diagnostics) -> str | None:
    """Return the text with a newline at its end and no control characters; None if it is binary."""
    text = source.text if source.text.endswith("\n") else source.text + "\n"
    found = CONTROL.search(text)
    if not found:
        return text
    line = text.count("\n", 0, found.start()) + 1
    column = found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1
    span = Span(source.path, Position(line, column), Position(line, column + 1))
    if "\0" in text:
        diagnostics.error("not-text", "not a text file: it contains NUL bytes", span)
        return None
    message = f"unexpected control character U+{ord(found[0]):04X}"
    diagnostics.error("syntax", message, span, hint="remove it")
    return CONTROL.sub(" ", text)


def reason(error: Exception) -> str:
    """Return why a file could not be read, in lower case."""
    match error:
        case FileNotFoundError():
            return "no such file"
        case IsADirectoryError():
            return "it is a directory"
        case PermissionError():
            return "permission denied"
        case OSError():
            return (error.strerror or str(error)).lower()
        case _:
            return str(error)


def _neighbour(path: str) -> str:
    """Return a hint with a similar name beside a missing file."""
    from pathlib import Path

    from ..diagnostics.suggest import suggest

    missing = Path(path)
    try:
        meant = suggest(missing.name, (each.name for each in missing.parent.iterdir()))
    except OSError:
        return f'there is no folder "{missing.parent}"'
    return f'did you mean "{missing.with_name(meant)}"?' if meant else ""
