"""What a host compiles with and runs on, as far as it is known."""

from __future__ import annotations

from ..dataclasses import dataclass

Version = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Toolchain:
    """The tools of one host for one backend; None and empty are unknown.

    `toolkit` is the version of CUDA or HIP, and `own` is False where it came from the vendor and
    not with the distribution. `gcc` are the major versions of every g++. `driver` is the version
    of the kernel's driver, `api` the newest CUDA that it knows. `os` is `ID-VERSION_ID` of
    /etc/os-release. `quants` are names of weights' quantisations, such as IQ4_XS.
    """

    backend: str
    toolkit: Version | None = None
    own: bool | None = None
    gcc: tuple[int, ...] = ()
    glibc: Version | None = None
    driver: Version | None = None
    api: Version | None = None
    os: str | None = None
    quants: tuple[str, ...] = ()


def shown(version: Version) -> str:
    """Return a version as people write it: 12.8."""
    return ".".join(str(each) for each in version)
