"""root-user: services whose processes run as root."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic
from .context import RuleContext
from .report import warning
from .rule import WARNING, Code, rule

ROOT = ("root", "0")


@rule(
    Code("root-user", WARNING, "The processes of a service run as root.", in_yaml=False),
)
def root_user(context: RuleContext) -> Iterator[Diagnostic]:
    """Every service of model servers that says `user = root`."""
    for service in context.fleet.services.values():
        if service.server is not None and service.server.running.user in ROOT:
            yield warning(
                "root-user",
                f"{service.name} runs model servers as root, which none of them needs",
                service.spans.get("user", service.origin),
                "leave user out, or name a user without rights: ports below 1024 and GPUs need no "
                "root",
            )
