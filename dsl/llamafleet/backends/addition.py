"""Parts of llama.cpp that a build may have beside its backend, as data."""

from __future__ import annotations

from ..dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Addition:
    """A part of llama.cpp that is compiled in beside any backend.

    `cmake` switches it on and `off` switches it off, so that a build says either. `targets` are
    what CMake must build besides; `packages` and `runtime_packages` have Debian's names, and are
    for compiling and for running.
    """

    name: str
    cmake: tuple[str, ...]
    off: tuple[str, ...]
    targets: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    runtime_packages: tuple[str, ...] = ()

    def options(self, wanted: bool) -> tuple[str, ...]:
        """Return the CMake options of a build that has the part, or that has it not."""
        return self.cmake if wanted else self.off
