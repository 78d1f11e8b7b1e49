"""root-user: services whose processes run as root."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic
from .context import RuleContext
from .report import warning
from .rule import WARNING, Code, rule

ROOT = ("root", "0")


@rule(
    Code("root-user", WARNING, "A service runs its processes as root.", in_yaml=False),
)
def root_user(context: RuleContext) -> Iterator[Diagnostic]:
    """Check for services of model servers with `user = root`."""
    for service in context.fleet.services.values():
        if service.server is not None and service.server.unit_settings.user in ROOT:
            yield warning(
                "root-user",
                f'{service.kind} "{service.name}" runs as root',
                service.spans.get("user", service.origin),
                "remove user, or name an unprivileged user: ports below 1024 and GPUs need no root",
            )
