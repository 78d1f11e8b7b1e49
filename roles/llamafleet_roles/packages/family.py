"""The differences between families of distributions, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DistroFamily:
    """One family of distributions, known by its package manager.

    `command` exists on its hosts only. `installed` is shell code that succeeds if `$package` is
    installed; `update`, if set, refreshes the package lists; `install` is followed by the names.
    `version` prints the version of `$1`, installed or candidate.

    `names` maps Debian's name of a package to the family's: no entry if it is the same, "" if
    nothing needs to be installed, several separated by spaces.
    """

    name: str
    command: str
    installed: str
    install: str
    update: str = ""
    version: str = "true"
    names: tuple[tuple[str, str], ...] = ()

    def own_names(self, debian: tuple[str, ...]) -> tuple[str, ...]:
        """Map Debian's names of packages to the family's, each once."""
        own = dict(self.names)
        found = (word for name in debian for word in own.get(name, name).split())
        return tuple(dict.fromkeys(found))
