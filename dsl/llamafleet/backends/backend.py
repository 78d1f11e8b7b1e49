"""The differences between GPU stacks, as data."""

from __future__ import annotations

from ..dataclasses import dataclass
from .driver import Driver
from .vendor import Vendor

FOUND_BY = "LLAMAFLEET_GPUS"
"""The variable with the names of cards that a `finder` looks for."""


@dataclass(frozen=True, slots=True)
class Backend:
    """One GPU stack of llama.cpp.

    `cmake` switches it on; `architectures` is the option that takes the list of `arch`es and
    `architecture` how one is spelled there, with `{arch}` for the part after `arch_prefix`.
    `packages` (apt) are what compiling needs beyond the common ones, `runtime_packages` what
    running needs; a vendor's driver and package repository are the host's business. `prepare` is
    shell that must run before CMake; `wrapper` is argv that the server's own argv is put behind.

    `visible_devices` is the variable that hides the other GPUs; `visible_format` is its value, with
    `{devices}` for `0,1`. `visible_uuids` is the variable that takes UUIDs of cards, in the order
    in which they shall be counted; None where cards can be told apart by index only. There `finder`
    may be argv that the server's own argv is put behind and that turns the names in LLAMAFLEET_GPUS
    into indices when it starts, with `finder_packages`. `environment` is always set. `groups` give
    access to the devices. `before_start` is a command that a unit runs as root before it starts,
    and whose failure is no matter. `device` begins the names in `llama-server --list-devices`; it
    is None for the CPU.

    `arch_pattern` is what an `arch` of it looks like, with `arch_example`; none checks nothing.
    `toolkit` is the program whose version matters besides the C++ compiler's, and `toolkit_version`
    the shell command that prints it. `job_memory` is what one compiler takes, in kB.
    `splits_rows`: `split-mode = row` is not refused. `driver` is what a process takes of a card;
    `contexts`: it takes some also of a card on which nothing of its model lies.
    """

    name: str
    vendors: tuple[Vendor, ...]
    cmake: tuple[str, ...] = ()
    architectures: str | None = None
    arch_prefix: str = ""
    architecture: str = "{arch}"
    packages: tuple[str, ...] = ()
    runtime_packages: tuple[str, ...] = ()
    prepare: str = ""
    wrapper: tuple[str, ...] = ()
    visible_devices: str | None = None
    visible_format: str = "{devices}"
    visible_uuids: str | None = None
    finder: tuple[str, ...] = ()
    finder_packages: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    groups: tuple[str, ...] = ()
    before_start: tuple[str, ...] = ()
    device: str | None = None
    arch_pattern: str = ""
    arch_example: str = ""
    toolkit: str = ""
    toolkit_version: str = ""
    job_memory: int = 700_000
    splits_rows: bool = False
    driver: Driver | None = None
    contexts: bool = False

    def computes_on(self, vendor: str) -> bool:
        """Return True if it computes on cards of the vendor with this name."""
        return any(each.name == vendor for each in self.vendors)

    def arch_option(self, arches: tuple[str, ...]) -> tuple[str, ...]:
        """Return the CMake option that asks for these architectures; empty where none is needed."""
        spelled = tuple(
            self.architecture.format(arch=arch.removeprefix(self.arch_prefix))
            for arch in arches
            if arch.startswith(self.arch_prefix)
        )
        if not spelled or self.architectures is None:
            return ()
        return (f"-D{self.architectures}={';'.join(spelled)}",)

    def visible(self, devices: tuple[int, ...]) -> tuple[tuple[str, str], ...]:
        """Return the assignment that leaves only these devices visible."""
        if self.visible_devices is None or not devices:
            return ()
        listed = ",".join(str(device) for device in devices)
        return ((self.visible_devices, self.visible_format.format(devices=listed)),)

    def pins(self, vendor: str, name: str) -> bool:
        """Return True if it finds a vendor's card by this name: a UUID, or a PCI address."""
        if self.visible_uuids is not None:
            return name.startswith("GPU-")
        # Vulkan knows NVIDIA's cards by their own UUID, and others by their address alone.
        return bool(self.finder) and (vendor == "nvidia" or not name.startswith("GPU-"))

    def pinned(self, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """Return the assignment that leaves only these cards visible, in this order."""
        variable = self.visible_uuids or (FOUND_BY if self.finder else None)
        return ((variable, ",".join(names)),) if variable and names else ()
