"""driver-conflict: cards in one host that need two drivers of NVIDIA."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label
from ..fleet.model import Host
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
    hosts = [each for each in context.fleet.hosts.values() if len({*_arches(each)}) > 1]
    if not hosts:
        return
    # The tables are loaded only for a fleet that has two kinds of card in one host.
    from ..compatibility.cuda_table import BLACKWELL, TURING, number

    for host in hosts:
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


def _arches(host: Host) -> Iterator[str]:
    return (gpu.arch for gpu in host.gpus if gpu.vendor == "nvidia" and gpu.arch)
