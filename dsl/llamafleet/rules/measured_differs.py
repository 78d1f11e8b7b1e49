"""measured-differs: the measured memory of a model is not what is estimated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..diagnostics.model import Diagnostic
from .context import RuleContext, ServedModel
from .report import warning
from .rule import WARNING, Code, rule

if TYPE_CHECKING:
    from ..lock.measured import Measured

HINT = (
    "the measurement is used. If it is wrong, measure again (pyinfra INVENTORY "
    "deploys/calibrate.py --data calibrate_all=yes); llamafleet explain memory shows how the "
    "estimate is computed, and vram = ... in the model overrides both"
)


@rule(
    Code(
        "measured-differs",
        WARNING,
        "The measured memory of a model differs from the estimate.",
        in_yaml=False,
    ),
)
def measured_differs(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare measurements that still count with the estimates."""
    if not context.fleet.measured:
        return
    from ..lock.measured import measured_of

    for served in context.served_models:
        for host in served.hosts:
            service, model = served.service.name, served.model.name
            found = measured_of(context.fleet, host.name, service, model)
            if found is not None:
                yield from _apart(context, served, host.name, found)


def _apart(
    context: RuleContext, served: ServedModel, host: str, found: Measured
) -> Iterator[Diagnostic]:
    from ..capacity.calibration.differences import from_estimate

    model = served.model
    # What is computed, and not what the measurement has put in its place.
    computed = context.footprints.variant(served.service.name, model, host)
    apart = tuple(from_estimate(found, computed[0])) if computed else ()
    if apart:
        differences = "; ".join(f"{each.summary} are estimated{each.most}" for each in apart)
        what = f'model "{model.name}" of "{served.service.name}" on host "{host}"'
        message = f"{what} was measured at {differences}"
        yield warning("measured-differs", message, model.origin, HINT)
