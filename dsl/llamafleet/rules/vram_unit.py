"""vram-unit: a card's memory in GB where cards are sold in GiB."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic
from .context import RuleContext
from .report import warning
from .rule import WARNING, Code, rule

GB, GIB = 10**9, 1 << 30

SOLD = frozenset({
    2, 3, 4, 6, 8, 10, 11, 12, 16, 20, 24, 32, 40, 48, 64, 80, 94, 96, 128, 141, 144, 180, 192,
    256, 288,
})  # fmt: skip
"""So many GiB cards have that are sold with as many GB."""


@rule(
    Code(
        "vram-unit",
        WARNING,
        "The memory of a card is given in GB, but cards are sold in GiB.",
        in_yaml=False,
    ),
)
def vram_unit(context: RuleContext) -> Iterator[Diagnostic]:
    """Check for cards whose memory in GB is a size that is sold."""
    for gpu in context.fleet.gpus.values():
        number, rest = divmod(gpu.vram or 0, GB)
        if rest or number not in SOLD:
            continue
        message = (
            f"vram = {number}GB is {number * GB / GIB:.1f} GiB, but cards sold as {number} GB have "
            f"{number} GiB ({number * GIB / GB:.1f} GB)"
        )
        hint = f"write vram = {number}GiB; set reserved = ... for memory that models must not use"
        yield warning("vram-unit", message, gpu.vram_span or gpu.origin, hint)
