"""tensor-split, main-gpu: shares and indices that do not match the GPUs of a host."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label
from ..fleet.model import Host
from ..source import Span
from .context import RuleContext, ServedModel
from .report import error, warning
from .rule import ERROR, WARNING, Code, rule


@rule(
    Code(
        "main-gpu", ERROR, "main-gpu is not one of the GPUs that the model may use.", in_yaml=False
    ),
    Code(
        "tensor-split",
        WARNING,
        "tensor-split has more or fewer shares than there are GPUs.",
        in_yaml=False,
    ),
)
def tensor_split(context: RuleContext) -> Iterator[Diagnostic]:
    """Check for more or fewer shares than GPUs, and for a main GPU beyond the last."""
    for served in context.served_models:
        if "tensor-split" in served.settings or "main-gpu" in served.settings:
            for host in served.hosts:
                amount = visible(served, host)
                if amount:
                    yield from _shares(served, host, amount)
                    yield from _main(served, host, amount)


def visible(served: ServedModel, host: Host) -> int | None:
    """Return how many GPUs a process of the model sees; None where that is not known."""
    device = served.value("device")
    if device is not None:
        return 0 if device == "none" else len(device.split(","))
    if "rpc" in served.settings:
        return None
    if _one_gpu_each(served) is not None:
        return 1
    if served.model.gpus is not None:
        return len(set(served.model.gpus))
    return len(host.gpus) or None


def _shares(served: ServedModel, host: Host, amount: int) -> Iterator[Diagnostic]:
    setting = served.settings.get("tensor-split")
    if setting is None or setting.value is None or served.value("split-mode") == "none":
        return
    shares = len(setting.value.replace("/", ",").split(","))
    if shares == amount:
        return
    message = (
        f"tensor-split has {shares} share{'' if shares == 1 else 's'} for {_gpus(amount, host)}"
    )
    hint = "give one share for each GPU; 0 leaves a GPU out"
    if shares < amount:
        message += ": the rest get nothing"
    yield warning("tensor-split", message, setting.origin, hint, *_seen(served, host))


def _main(served: ServedModel, host: Host, amount: int) -> Iterator[Diagnostic]:
    setting, index = served.settings.get("main-gpu"), served.number("main-gpu")
    if setting is None or index is None or index < amount:
        return
    message = f"main-gpu = {index} is out of range: the model may use {_gpus(amount, host)}"
    hint = "indices start at 0 and count only the GPUs that the model may use"
    # Only split-mode = none computes on the main GPU alone, and refuses one that is not there.
    report = error if served.value("split-mode") == "none" else warning
    yield report("main-gpu", message, setting.origin, hint, *_seen(served, host))


def _one_gpu_each(served: ServedModel) -> Span | None:
    """Return where it is written that each process gets one GPU; None if none is written."""
    server = served.service.server
    return server.one_gpu_each if server else None


def _gpus(amount: int, host: Host) -> str:
    return f'{"one GPU" if amount == 1 else f"{amount} GPUs"} of host "{host.name}"'


def _seen(served: ServedModel, host: Host) -> tuple[Label, ...]:
    if (place := _one_gpu_each(served)) is not None:
        return (Label(place, "one GPU per process"),)
    if served.model.gpus is not None and "gpus" in served.model.spans:
        return (Label(served.model.spans["gpus"], "the GPUs that the model may use"),)
    return (Label(host.spans.get("gpus", host.origin), f'the GPUs of "{host.name}"'),)
