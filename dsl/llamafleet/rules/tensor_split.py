"""tensor-split, main-gpu: shares and choices of GPUs that a host does not have."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label
from ..fleet.model import Host
from ..source import Span
from .report import error, warning
from .rule import ERROR, WARNING, Code, rule
from .survey import Serving, Survey


@rule(
    Code("main-gpu", ERROR, "The main GPU is one that the model does not see.", in_yaml=False),
    Code("tensor-split", WARNING, "There are more or fewer shares than GPUs.", in_yaml=False),
)
def tensor_split(survey: Survey) -> Iterator[Diagnostic]:
    """Shares for more or fewer GPUs than the model sees, and a main GPU beyond the last."""
    for serving in survey.serving:
        if "tensor-split" in serving.settings or "main-gpu" in serving.settings:
            for host in serving.hosts:
                amount = visible(serving, host)
                if amount:
                    yield from _shares(serving, host, amount)
                    yield from _main(serving, host, amount)


def visible(serving: Serving, host: Host) -> int | None:
    """How many GPUs a process of the model sees; None where that is not known."""
    device = serving.value("device")
    if device is not None:
        return 0 if device == "none" else len(device.split(","))
    if "rpc" in serving.settings:
        return None
    if _one_gpu_each(serving) is not None:
        return 1
    if serving.model.gpus is not None:
        return len(set(serving.model.gpus))
    return len(host.gpus) or None


def _shares(serving: Serving, host: Host, amount: int) -> Iterator[Diagnostic]:
    setting = serving.settings.get("tensor-split")
    if setting is None or setting.value is None or serving.value("split-mode") == "none":
        return
    shares = len(setting.value.replace("/", ",").split(","))
    if shares == amount:
        return
    message = f"tensor-split has {shares} shares for {_gpus(amount)} of {host.name}"
    hint = "give one share for each GPU; 0 leaves one out"
    if shares < amount:
        message += ": the others get nothing"
    yield warning("tensor-split", message, setting.origin, hint, *_seen(serving, host))


def _main(serving: Serving, host: Host, amount: int) -> Iterator[Diagnostic]:
    setting, index = serving.settings.get("main-gpu"), serving.number("main-gpu")
    if setting is None or index is None or index < amount:
        return
    message = f"main-gpu = {index}, but this model sees {_gpus(amount)} of {host.name}"
    hint = "indices begin with 0 among the GPUs that the model may use"
    # Only split-mode = none computes on the main GPU alone, and refuses one that is not there.
    report = error if serving.value("split-mode") == "none" else warning
    yield report("main-gpu", message, setting.origin, hint, *_seen(serving, host))


def _one_gpu_each(serving: Serving) -> Span | None:
    """Return where it is written that each process gets one GPU; None if none is written."""
    server = serving.service.server
    return server.one_gpu_each if server else None


def _gpus(amount: int) -> str:
    return "one GPU" if amount == 1 else f"{amount} GPUs"


def _seen(serving: Serving, host: Host) -> tuple[Label, ...]:
    if (place := _one_gpu_each(serving)) is not None:
        return (Label(place, "one GPU a process"),)
    if serving.model.gpus is not None and "gpus" in serving.model.spans:
        return (Label(serving.model.spans["gpus"], "the GPUs that it may use"),)
    return (Label(host.spans.get("gpus", host.origin), f"the GPUs of {host.name}"),)
