"""Compare the GPUs that a fleet file declares for a host with those of the machine. Pure."""

from __future__ import annotations

from collections import Counter

from llamafleet.backends import VENDORS
from llamafleet.machine import Driver, Gpu, MachineFacts
from llamafleet.machine.source import ABSENT, HUNG

DeclaredGpus = tuple[tuple[str, str | None], ...]

_NAMES = {each.name: each.shown for each in VENDORS}
_IN_PROCESSORS = {each.name for each in VENDORS if each.in_processors}


def gpu_mismatch(
    host: str, declared: DeclaredGpus, machine: MachineFacts, any_order: bool = False
) -> str | None:
    """Return a message if the machine has other GPUs than declared, or one is dead; else None.

    `any_order`: the cards are pinned, so that their order on the bus is no matter.
    """
    wanted = Counter(vendor for vendor, _ in declared)
    trouble = _trouble(wanted, machine)
    if trouble:
        return f"{trouble} on {host}"
    detected = Counter[str]()
    for gpu in _usable(machine):
        detected[gpu.vendor] += gpu.parts
    for vendor, count in wanted.items():
        present = detected[vendor]
        # A GPU inside of a processor counts too, and need not be declared.
        surplus = present > count and vendor not in _IN_PROCESSORS
        if present < count or surplus:
            return (
                f"the fleet file declares {_counted(wanted)} for {host}, but the machine has "
                f"{_counted(detected) or 'no GPU at all'}: correct gpus = [...] of "
                "this host, or run lspci to see why the machine does not show them"
            )
        wrong = _wrong_architecture(vendor, declared, machine, any_order)
        if wrong:
            return (
                f"the fleet file declares {wrong[0]} for {host}, but the machine has {wrong[1]}: "
                "correct gpus = [...] of this host"
            )
    return None


def _trouble(wanted: Counter[str], machine: MachineFacts) -> str | None:
    """Return what keeps every service from a declared vendor's cards, and the way out."""
    reasons = {each.part: each.reason for each in machine.unknown}
    if "pci" in reasons:
        return f"could not look for GPUs ({reasons['pci']})"
    for vendor in wanted:
        driver = machine.driver(vendor)
        if driver is not None and driver.agrees is False:
            return _disagreement(driver)
        for gpu in _usable(machine):
            if gpu.vendor == vendor and gpu.trouble:
                return f"the GPU at {gpu.pci} cannot be used ({gpu.trouble}): reboot or mend it"
    reason = reasons.get("nvidia-smi", ABSENT)
    if "nvidia" not in wanted or reason == ABSENT:
        return None
    said = "nvidia-smi hangs" if reason == HUNG else f'nvidia-smi says "{reason}"'
    return f"{said}, so that no program can use a GPU: see dmesg for NVRM and Xid, and reboot"


def _disagreement(driver: Driver) -> str:
    return (
        f"the {_NAMES[driver.vendor]} driver in the kernel is {driver.module}, but its libraries "
        f"are {driver.library}, so that no program can use a GPU: reboot"
    )


def _wrong_architecture(
    vendor: str, declared: DeclaredGpus, machine: MachineFacts, any_order: bool
) -> tuple[str, str] | None:
    """Return the declared and the detected architectures if both are known and differ.

    NVIDIA's index is the order of addresses on the bus, so that there the order counts as well.
    """
    found = [
        arch
        for gpu in _usable(machine)
        if gpu.vendor == vendor and (arch := gpu.arch)
        for _ in range(gpu.parts)
    ]
    wanted = [arch.rstrip("a") for each, arch in declared if each == vendor and arch]
    complete = len(wanted) == sum(1 for each, _ in declared if each == vendor)
    if vendor in _IN_PROCESSORS or not complete or len(found) != len(wanted):
        return None
    if any_order or vendor != "nvidia":
        found, wanted = sorted(found), sorted(wanted)
    return None if found == wanted else (", ".join(wanted), ", ".join(found))


def _usable(machine: MachineFacts) -> tuple[Gpu, ...]:
    """Return the cards but those that are given to virtual machines."""
    return tuple(gpu for gpu in machine.gpus if not (gpu.module or "").startswith("vfio"))


def _counted(vendors: Counter[str]) -> str:
    parts = [f"{count} {_NAMES.get(vendor, vendor)}" for vendor, count in sorted(vendors.items())]
    total = sum(vendors.values())
    return f"{' and '.join(parts)} GPU{'s' if total != 1 else ''}" if parts else ""
