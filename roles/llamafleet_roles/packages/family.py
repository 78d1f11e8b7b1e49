"""What differs from one family of distributions to another, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DistroFamily:
    """One family of distributions, known by its package manager.

    `command` is what only its hosts have. `installed` is shell that succeeds if `$package` is
    installed; `update`, if there is one, renews the lists of packages, and `install` is put before
    the names. `version` prints the version of `$1`, installed or else to be had.

    `names` pairs Debian's name of a package with the family's own: none where it is the same, ""
    where nothing needs to be installed, several with spaces between them.
    """

    name: str
    command: str
    installed: str
    install: str
    update: str = ""
    version: str = "true"
    names: tuple[tuple[str, str], ...] = ()

    def own_names(self, debian: tuple[str, ...]) -> tuple[str, ...]:
        """Return what the family calls the packages with these names of Debian, each once."""
        own = dict(self.names)
        found = (word for name in debian for word in own.get(name, name).split())
        return tuple(dict.fromkeys(found))
