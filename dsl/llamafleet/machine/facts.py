"""A machine as it is: cards, drivers, toolkits, compilers, and what it serves already.

A part that could not be found out is None or empty, and `unknown` says why; an empty part without
an entry there is not on the machine. Versions are texts as upstream writes them, sizes are bytes.
"""

from __future__ import annotations

from typing import Any

from ..dataclasses import dataclass
from .versions import numbers


@dataclass(frozen=True, slots=True)
class Gpu:
    """A graphics card, or the graphics part of a processor (`integrated`).

    `pci` is its address as sysfs writes it, `0000:01:00.0`; None where a tool lists a card that no
    bus shows, as on WSL. `uuid` is the vendor's own name for it, `GPU-…` for NVIDIA and AMD.
    `device` is its number on the PCI bus, `0x1b38`. `arch` is the compiler's name for it: sm_61,
    gfx1201. `module` is the kernel module that drives it: nvidia, amdgpu, xe, vfio-pci; None where
    none does. `trouble` says why a tool cannot use it. `parts` counts the devices that it is split
    into: 8 for a MI300X in CPX mode.
    """

    vendor: str
    pci: str | None = None
    uuid: str | None = None
    name: str | None = None
    arch: str | None = None
    vram: int | None = None
    device: str | None = None
    module: str | None = None
    integrated: bool = False
    trouble: str | None = None
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Driver:
    """A vendor's driver: what is in the kernel, and what programs load.

    `module` is the version of the loaded kernel module, `library` that of the libraries beside it,
    such as NVML's. They differ after an update without a reboot, and nothing works then. `api` is
    the newest CUDA that the driver knows, `13.0`. `open` says which of NVIDIA's two modules it is.
    """

    vendor: str
    module: str | None = None
    library: str | None = None
    api: str | None = None
    open: bool | None = None

    @property
    def version(self) -> str | None:
        """Return the version that counts: the kernel's, else the libraries'."""
        return self.module or self.library

    @property
    def agrees(self) -> bool | None:
        """Return True if module and libraries are of one version; None where one is unknown.

        NVML calls 610.57.04 just 610.57, so that numbers which are left out do not count.
        """
        if self.module is None or self.library is None:
            return None
        pairs = zip(numbers(self.module), numbers(self.library), strict=False)
        return all(one == other for one, other in pairs)


@dataclass(frozen=True, slots=True)
class Toolkit:
    """Something that a backend is compiled with.

    `kind` is cuda, rocm, hip, oneapi, glslc or spirv-headers. `path` is the folder or the program;
    `origin` is `distribution`, or `vendor` for what stands below /opt or /usr/local.
    """

    kind: str
    version: str
    path: str
    origin: str = "vendor"


@dataclass(frozen=True, slots=True)
class Compiler:
    """A C++ compiler: `name` is g++ or clang++, `version` such as 14.2.0."""

    name: str
    version: str
    path: str

    @property
    def major(self) -> int:
        """Return the first number of its version, which is what toolkits ask for."""
        return numbers(self.version)[0]


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution, as /etc/os-release names it: id, version_id, codename, id_like."""

    id: str
    version: str = ""
    codename: str = ""
    like: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Cpu:
    """The processors: machine (x86_64, aarch64), model, and the features that the kernel names."""

    machine: str
    model: str | None = None
    threads: int | None = None
    features: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Disk:
    """A file system, by the folder that was asked for; sizes in bytes."""

    path: str
    size: int
    free: int


@dataclass(frozen=True, slots=True)
class Serving:
    """Something that serves models, or looks as if it did.

    `kind` is unit, container, process or port. `name` is the unit, container or program, `port` its
    TCP port where one is known, `detail` what else it says of itself.
    """

    kind: str
    name: str
    port: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A part that could not be found out, and why: the tool's own words where it has some."""

    part: str
    reason: str


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """Everything that one probe of a host found; see the module for what None and empty mean."""

    gpus: tuple[Gpu, ...] = ()
    drivers: tuple[Driver, ...] = ()
    toolkits: tuple[Toolkit, ...] = ()
    compilers: tuple[Compiler, ...] = ()
    cpu: Cpu | None = None
    glibc: str | None = None
    distribution: Distribution | None = None
    kernel: str | None = None
    ram: int | None = None
    disks: tuple[Disk, ...] = ()
    serving: tuple[Serving, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    def driver(self, vendor: str) -> Driver | None:
        """Return the driver of a vendor's cards, or None where there is none."""
        return next((each for each in self.drivers if each.vendor == vendor), None)

    def toolkits_of(self, kind: str) -> tuple[Toolkit, ...]:
        """Return the toolkits of a kind, the newest first."""
        found = (each for each in self.toolkits if each.kind == kind)
        return tuple(sorted(found, key=lambda each: numbers(each.version), reverse=True))

    def to_json(self) -> dict[str, Any]:
        """Return the facts as JSON has them, which `pyinfra INVENTORY fact …` prints."""
        found: dict[str, Any] = _plain(self)
        return found


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, frozenset):
        return sorted(value)
    names = getattr(value, "__match_args__", None)
    return {name: _plain(getattr(value, name)) for name in names} if names else value
