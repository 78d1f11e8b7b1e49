"""Real hosts with systemd, as many as wanted, on this one machine: `with Lab() as lab: ...`."""

from .hosts import Host, HostSpec
from .lab import Lab
from .shell import LabError

__all__ = ["Host", "HostSpec", "Lab", "LabError"]
