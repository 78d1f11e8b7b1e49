"""An impossibility, and the ways out of it."""

from __future__ import annotations

from ..dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that cannot work: `message` says what, `ways` what can be done on this host.

    `subject` is what is at fault: arch, compiler, glibc, driver, module, toolkit or headers.
    `certain` is False where it works, but not as it should.
    """

    subject: str
    message: str
    ways: tuple[str, ...] = ()
    certain: bool = True

    @property
    def hint(self) -> str:
        """Return the ways out as one phrase; empty where none is known."""
        *most, last = self.ways or ("",)
        return f"{', '.join(most)}, or {last}" if most else last
