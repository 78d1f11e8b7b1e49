"""The compiler's front: from a path or a text to a checked fleet and what is wrong with it."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .dataclasses import dataclass
from .diagnostics.model import Diagnostic, Diagnostics
from .fleet.matrix import Auto
from .fleet.model import Fleet
from .fleet.resolve import resolve
from .fleet.weights_folders import with_folders
from .language.include import read_all
from .language.reading import Read, read_bytes
from .lock.load import load_lock, load_observations
from .rules import findings
from .rules.allow import Allow, allowances, silenced, unused
from .rules.context import RuleContext, Supplied
from .rules.secret_in_file import secret_in_file
from .source import Source
from .targets import TARGETS
from .targets.swap.block import llama_swaps

if TYPE_CHECKING:
    from .capacity.footprint import Footprints

UNREAD = frozenset({"syntax", "not-text", "unreadable-file", "include-cycle"})
"""Codes after which a part of the fleet is unknown."""

DOUBTFUL = frozenset({"missing-key", "unknown-name", "unknown-member", "missing-name"})
"""Codes that may only say that something stood in a part that could not be read."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The result of compiling a fleet file; `fleet` is None if there are errors.

    `resolved` is there, too, where only the rules found errors: for what shows the reasons.
    `footprints` are what its models take, None where nothing is known of any.
    """

    fleet: Fleet | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, Source]
    resolved: Fleet | None = None
    footprints: Footprints | None = None


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no cycles meanwhile: none are made, and looking took half of the time."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            # All that was made goes to the oldest generation, without being looked through.
            gc.freeze()
            gc.unfreeze()
            gc.enable()


@_uncollected()
def compile_file(
    path: str | os.PathLike[str], read: Read = read_bytes, *, locked: bool = True
) -> Compiled:
    """Read a fleet file with all that it includes and its lock, and check everything.

    Without `locked` no lock is read, and none is missed.
    """
    files, sources, found = read_all(os.fspath(path), read)
    diagnostics = Diagnostics()
    main = os.fspath(path)
    fleet = resolve(files, TARGETS, diagnostics, lambda: load_observations(main, read, locked))
    footprints, written = None, fleet.ggufs
    if locked:
        fleet = load_lock(fleet, read, diagnostics)
    if any(build.patches for build in fleet.builds.values()):
        from .fleet.patches import with_patches

        fleet = with_patches(fleet, read, diagnostics)
    fleet = with_folders(fleet, written)
    if locked and not (found.has_errors or diagnostics.has_errors):
        fleet, footprints = _derived(fleet, diagnostics)
    allows, bad = allowances(files)
    used: set[Allow] = set()
    partial = any(each.code in UNREAD for each in found)
    found.extend(each for each in diagnostics if not (partial and each.code in DOUBTFUL))
    resolved = None if found.has_errors else fleet
    if resolved is not None:
        context = RuleContext(fleet, footprints, _supplied(fleet, read))
        said = [*found.found, *findings(context), *secret_in_file(files)]
        found.found[:] = silenced(said, allows, used)
        footprints = context.footprints if context.sized else None
        found.extend(unused(allows, used))
    else:
        found.extend(silenced(secret_in_file(files), allows, used))
    found.extend(bad)
    checked = None if found.has_errors else fleet
    return Compiled(checked, tuple(found), sources, resolved, footprints)


def _supplied(fleet: Fleet, read: Read) -> Callable[[], Supplied]:
    """Looks into the inventory's group data, once a rule asks: most need not."""

    def look() -> Supplied:
        from .supplied import supplied

        return supplied(fleet, read)

    return look


def _derived(fleet: Fleet, diagnostics: Diagnostics) -> tuple[Fleet, Footprints | None]:
    """Return the fleet with its derived sets and costs; most fleets derive nothing."""
    for service in llama_swaps(fleet):
        if service.matrix and service.matrix.auto != Auto():
            from .capacity.derive import derive

            return derive(fleet, diagnostics)
    return fleet, None


def compile_text(text: str, path: str = "fleet.fleet") -> Compiled:
    """Check a text as if it were the file at `path`; what it includes is read from there."""

    def read(asked: str) -> bytes:
        return text.encode("utf-8", "surrogatepass") if asked == path else read_bytes(asked)

    return compile_file(path, read)
