"""Checks of a `llama-server` block for contradictions."""

from __future__ import annotations

from ...fleet.model import Host, Model
from ...fleet.schema.block import Fields
from ...fleet.schema.value_type import shortened
from ...fleet.scope import Scope
from ..writers.systemd_unit import is_executable
from .block import PER_GPU


def read_hosts(fields: Fields, scope: Scope) -> tuple[Host, ...]:
    """Return the hosts of a llama-server block, and report unknown ones."""
    if fields.has("host") and fields.has("hosts"):
        scope.diagnostics.error(
            "conflicting-keys",
            "host and hosts are both set",
            fields.span("hosts"),
            hint="keep hosts, and list every machine in it",
        )
    single = fields.name("host")
    names = (single,) if single else fields.names("hosts")
    unsaid = "host" not in fields.written and "hosts" not in fields.written
    if not names and (unsaid or (fields.has("hosts") and not fields.has("host"))):
        scope.diagnostics.error(
            "missing-key",
            "this llama-server has no host",
            fields.block.header,
            hint="add host = ... or hosts = [...]",
        )
    found = {host.name: host for named in names if (host := scope.host(named))}
    return tuple(found.values())


def consistent(fields: Fields, model: Model, hosts: tuple[Host, ...], scope: Scope) -> bool:
    """Return True if a llama-server block makes sense on its hosts; report what does not."""
    problems = len(scope.diagnostics)
    if model.verbatim:
        scope.diagnostics.error(
            "conflicting-keys",
            f'model "{model.name}" has a cmd in pass-through, which only llama-swap can run',
            fields.span("model"),
            hint="set gguf or command in the model",
        )
    _check_executable(model, scope)
    if model.needs_build and "build" not in fields.written:
        scope.diagnostics.error(
            "missing-key",
            f'this llama-server has no build for model "{model.name}"',
            fields.block.header,
            hint="add build = NAME",
        )
    if fields.text("placement") != PER_GPU:
        return len(scope.diagnostics) == problems
    if fields.has("replicas"):
        scope.diagnostics.error(
            "conflicting-keys",
            "replicas has no effect with placement = per-gpu, which starts one process per GPU",
            fields.span("replicas"),
            hint="remove one of them",
        )
    if model.gpus == ():
        scope.diagnostics.error(
            "no-gpu",
            f'placement is per-gpu, but model "{model.name}" has gpus = []',
            fields.span("placement"),
            hint=f'set gpus in model "{model.name}", or use replicas instead',
        )
    for host in hosts:
        if not host.gpus and model.gpus is None:
            scope.diagnostics.error(
                "no-gpu",
                f'placement is per-gpu, but host "{host.name}" has no gpus',
                fields.span("placement"),
                hint=f'add gpus = [...] to host "{host.name}", or use replicas instead',
            )
    return len(scope.diagnostics) == problems


def _check_executable(model: Model, scope: Scope) -> None:
    """Report program names that systemd does not start, or reads a prefix of."""
    key, program = ("command", model.command[0]) if model.command else ("program", model.program)
    if program is None or is_executable(program):
        return
    scope.diagnostics.error(
        "wrong-type",
        f'systemd cannot start "{shortened(program)}" ({key} of model "{model.name}")',
        model.spans.get(key, model.origin),
        hint='use an absolute path such as "/usr/local/bin/llama-server", '
        "without quotes, backslashes and $",
    )
