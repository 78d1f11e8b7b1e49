"""Compare the GPUs that a fleet file declares for a host with those of the machine. Pure."""

from __future__ import annotations

from collections import Counter

from llamafleet.backends import VENDORS
from llamafleet_roles.base.facts import DetectedGpus

DeclaredGpus = tuple[tuple[str, str | None], ...]

_NAMES = {each.name: each.shown for each in VENDORS}
_IN_PROCESSORS = {each.name for each in VENDORS if each.in_processors}


def gpu_mismatch(host: str, declared: DeclaredGpus, detected: DetectedGpus) -> str | None:
    """Return a message if the machine has other GPUs than declared, else None."""
    wanted = Counter(vendor for vendor, _ in declared)
    for vendor, count in wanted.items():
        present = detected.count.get(vendor, 0)
        # A GPU inside of a processor counts too, and need not be declared.
        surplus = present > count and vendor not in _IN_PROCESSORS
        if present < count or surplus:
            return (
                f"the fleet file declares {_counted(wanted)} for {host}, but the machine has "
                f"{_counted(Counter(detected.count)) or 'no GPU at all'}: correct gpus = [...] of "
                "this host, or run lspci to see why the machine does not show them"
            )
        wrong = _wrong_architecture(vendor, declared, detected)
        if wrong:
            return (
                f"the fleet file declares {wrong[0]} for {host}, but the machine has {wrong[1]}: "
                "correct gpus = [...] of this host"
            )
    return None


def _wrong_architecture(
    vendor: str, declared: DeclaredGpus, detected: DetectedGpus
) -> tuple[str, str] | None:
    """Return the declared and the detected architectures if both are known and differ."""
    found = sorted(detected.archs.get(vendor, ()))
    wanted = sorted(arch.rstrip("a") for each, arch in declared if each == vendor and arch)
    complete = len(wanted) == sum(1 for each, _ in declared if each == vendor)
    inside = vendor in _IN_PROCESSORS
    if inside or not complete or len(found) != len(wanted) or found == wanted:
        return None
    return ", ".join(wanted), ", ".join(found)


def _counted(vendors: Counter[str]) -> str:
    parts = [f"{count} {_NAMES.get(vendor, vendor)}" for vendor, count in sorted(vendors.items())]
    total = sum(vendors.values())
    return f"{' and '.join(parts)} GPU{'s' if total != 1 else ''}" if parts else ""
