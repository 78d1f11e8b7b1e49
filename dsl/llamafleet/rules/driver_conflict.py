"""driver-conflict: cards in one host that need two drivers of NVIDIA."""

from __future__ import annotations

from collections.abc import Iterator

from ..compatibility.cuda_table import BLACKWELL, TURING, number
from ..diagnostics.model import Diagnostic, Label
from .context import RuleContext
from .report import error
from .rule import ERROR, Code, rule


@rule(
    Code(
        "driver-conflict",
        ERROR,
        "Two cards of a host need different kernel modules of NVIDIA.",
        in_yaml=False,
    ),
)
def driver_conflict(context: RuleContext) -> Iterator[Diagnostic]:
    """Check that no host has a card before Turing beside one since Blackwell.

    The older need NVIDIA's proprietary kernel module, the newer the open one; a kernel loads one.
    """
    for host in context.fleet.hosts.values():
        numbers = [
            (number(gpu.arch or ""), gpu)
            for gpu in host.gpus
            if gpu.vendor == "nvidia" and gpu.arch
        ]
        old = next((gpu for found, gpu in numbers if found is not None and found < TURING), None)
        new = next(
            (gpu for found, gpu in numbers if found is not None and found >= BLACKWELL), None
        )
        if old is None or new is None:
            continue
        message = (
            f'host "{host.name}" cannot drive gpu "{old.name}" and gpu "{new.name}" together: '
            f"{old.arch} needs NVIDIA's proprietary kernel module, {new.arch} the open one"
        )
        span = host.spans.get("gpus", host.origin)
        labels = (Label(old.origin, "proprietary"), Label(new.origin, "open"))
        yield error("driver-conflict", message, span, "put them into two hosts", *labels)
