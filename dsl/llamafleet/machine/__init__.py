"""Machines as a probe of a host finds them: types, and readers of what its tools print."""

from .facts import (
    Compiler,
    Cpu,
    Disk,
    Distribution,
    Driver,
    Gpu,
    MachineFacts,
    Serving,
    Toolkit,
    Unknown,
)

__all__ = [
    "Compiler",
    "Cpu",
    "Disk",
    "Distribution",
    "Driver",
    "Gpu",
    "MachineFacts",
    "Serving",
    "Toolkit",
    "Unknown",
]
