"""disk-overcommit: the weights on a host do not fit on its disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..diagnostics.model import Diagnostic, Label
from ..fleet.model import Fleet, Gguf, Host
from .context import RuleContext
from .report import error, warning
from .rule import ERROR, Code, rule
from .sizes import gib

ROUNDING = 0.01
"""Sizes that people write are rounded, and a file system keeps something for itself."""
MOST_SHOWN = 4


@rule(
    Code(
        "disk-overcommit",
        ERROR,
        "The weights on a host do not fit on its disk.",
        in_yaml=False,
    ),
)
def disk_overcommit(context: RuleContext) -> Iterator[Diagnostic]:
    """Sum the weights on each host: downloaded files and those in models-dir, each once."""
    for host in context.fleet.hosts.values():
        if host.disk is None:
            continue
        sizes = _sizes(context.fleet, host)
        total = sum(sizes.values())
        if total > host.disk * (1 - ROUNDING):
            yield _report(context.fleet, host, sizes)


def _sizes(fleet: Fleet, host: Host) -> Mapping[str, int]:
    """Return bytes by the names of weights; a file counts once, each revision of it on its own."""
    found: dict[tuple[str | None, ...], tuple[str, int]] = {}
    for service in fleet.services.values():
        if host.name not in service.hosts:
            continue
        for name in service.models:
            model = fleet.models[name]
            for weights in filter(None, (model.gguf, model.mmproj, model.draft)):
                gguf = fleet.ggufs[weights]
                if _is_in(gguf, host):
                    key = (gguf.path, gguf.repo, gguf.file, gguf.folder)
                    found.setdefault(key, (weights, _size(gguf)))
    return dict(found.values())


def _is_in(gguf: Gguf, host: Host) -> bool:
    return gguf.path is None or gguf.path.startswith(host.models_dir.rstrip("/") + "/")


def _size(gguf: Gguf) -> int:
    if gguf.files and all(each.size is not None for each in gguf.files):
        return sum(each.size or 0 for each in gguf.files)
    return gguf.size or 0


def _report(fleet: Fleet, host: Host, sizes: Mapping[str, int]) -> Diagnostic:
    total = sum(sizes.values())
    assert host.disk is not None, "only hosts that say it are looked at"
    over = total - host.disk
    message = (
        f'weights on host "{host.name}" take {gib(total)}, but its disk holds {gib(host.disk)}'
    )
    report = error if total * (1 - ROUNDING) > host.disk else warning
    largest = sorted(sizes.items(), key=lambda item: -item[1])
    enough = [name for name, size in largest if size >= over > 0]
    hint = "move rarely used weights to another host, or choose smaller quants"
    if enough:
        hint = f"removing any one of these is enough: {', '.join(enough[-MOST_SHOWN:])}; or {hint}"
    parts = (Label(fleet.ggufs[name].origin, gib(size)) for name, size in largest[:MOST_SHOWN])
    span = host.spans.get("disk", host.origin)
    return report("disk-overcommit", message, span, hint, *parts)
