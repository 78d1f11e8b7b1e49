"""A checked `discover` block: a folder, and which of its files are taken."""

from __future__ import annotations

import re

from ..dataclasses import dataclass
from ..diagnostics.model import Diagnostics
from ..language.syntax import Block
from ..source import Span
from .schema.block import read_block
from .schema.discover import DISCOVER
from .schema.patterns import PATH


@dataclass(frozen=True, slots=True)
class Discover:
    """A checked `discover` block."""

    folder: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    origin: Span


def discover_blocks(block: Block) -> tuple[Block, ...]:
    """Return the discover blocks of a service."""
    return tuple(
        each
        for each in block.entries
        if isinstance(each, Block) and each.kind.text == DISCOVER.kind
    )


def read_discover(block: Block, diagnostics: Diagnostics) -> Discover | None:
    """Check a discover block; None if its label is no folder."""
    fields = read_block(block, DISCOVER, diagnostics)
    label = fields.label
    folder = label.text
    if block.label is None:
        return None
    if not _is_folder(folder):
        message = f'discover takes the path of a folder, not "{label.text}"'
        hint = 'write an absolute path without .. and / at its end: discover "/models" { ... }'
        diagnostics.error("bad-name", message, label.span, hint=hint)
        return None
    include, exclude = fields.texts("include"), fields.texts("exclude")
    return Discover(folder, include, exclude, block.header)


def _is_folder(path: str) -> bool:
    plain = all(part not in ("", ".", "..") for part in path.split("/")[1:])
    return bool(re.fullmatch(PATH.regex, path)) and plain


def read_discovers(block: Block, diagnostics: Diagnostics) -> tuple[Discover, ...]:
    """Check all discover blocks of a service; a folder stands in one of them only."""
    found: dict[str, Discover] = {}
    for each in discover_blocks(block):
        read = read_discover(each, diagnostics)
        # A second block of one folder is reported as any block that is declared twice.
        if read is not None:
            found.setdefault(read.folder, read)
    return tuple(found.values())
