"""Start each model of a host once through its service, and report those that cannot start."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator

from pyinfra.api.command import FunctionCommand
from pyinfra.api.deploy import deploy
from pyinfra.api.host import Host as PyinfraHost
from pyinfra.api.operation import operation
from pyinfra.api.state import State
from pyinfra.context import host

from llamafleet.fleet.model import Fleet, Model
from llamafleet.targets.paths import CONFIG
from llamafleet.targets.plan_types import HostPlan, Probe
from llamafleet_roles.commands import (
    command_line,
    fail_host,
    log_error,
    log_planned,
    python_step,
    run_command,
)
from llamafleet_roles.host_plan import current_fleet
from llamafleet_roles.services.facts import FILES
from llamafleet_roles.services.proof import failure_reason, is_ready, split_response, start_path
from llamafleet_roles.site_data import DataError, read_key, read_seconds, read_switch

START_TIMEOUT = 900
"""Seconds that a model may take to start, unless `llamafleet_health_timeout` is set."""


@operation()
def start_models(fleet: Fleet, plan: HostPlan) -> Generator[FunctionCommand, None, None]:
    """Start each model of llama-swap, one after the other, and check those of llama-servers.

    Loaded models may be evicted, as by any request. All are tried; the host fails at the end if one
    of them did not start.
    """
    try:
        timeout = read_key(host.data, "llamafleet_health_timeout", read_seconds, START_TIMEOUT)
    except DataError as error:
        yield fail_host(str(error))
        return
    failed: list[str] = []
    for probe, model in models_to_start(fleet, plan):
        log_planned(f"will start {model.name} of {probe.service}")
        yield python_step(_start, probe, model, timeout, failed)
    yield python_step(_conclude, failed)


def models_to_start(fleet: Fleet, plan: HostPlan) -> Iterator[tuple[Probe, Model]]:
    """Yield each model of a host with the probe of its service; proxies have no models."""
    for service in plan.services:
        for probe in service.probes:
            if probe.kind in ("llama-swap", "llama-server"):
                for name in fleet.services[service.name].models:
                    yield probe, fleet.models[name]


def _start(
    state: State, host: PyinfraHost, probe: Probe, model: Model, timeout: int, failed: list[str]
) -> bool:
    """Start one model; return True in any case, so that the next ones are tried, too."""
    name = f"{model.name} of {probe.service}"
    started = time.monotonic()
    if probe.kind == "llama-server":
        answer = _ask(state, host, probe, "/health", timeout)
        good = split_response(answer)[0] == 200
    else:
        answer = _ask(state, host, probe, start_path(model), timeout)
        good = is_ready(_ask(state, host, probe, "/running", 30), model.name)
    took = time.monotonic() - started
    if good:
        host.log(f"{name} started in {took:.0f} s")
        return True
    failed.append(f"{name} cannot start: {failure_reason(answer)}")
    log_error(host, f"{failed[-1]}; the last log lines of {probe.unit}:")
    journal = command_line(
        *("journalctl", "-u", probe.unit, "-o", "cat", "--no-pager"),
        *("-n", "20", "--since", f"-{took + 5:.0f}s"),
    )
    run_command(state, host, journal, show=True)
    return True


def _ask(state: State, host: PyinfraHost, probe: Probe, path: str, timeout: int) -> str:
    """Make a request on the host itself, with the service's API key if it has one."""
    arguments = [probe.address, str(probe.port), path, str(timeout)]
    if probe.key:
        files = (probe.key_file, f"{CONFIG}/{probe.service}.env")
        arguments += [probe.key, *(each for each in files if each)]
    script = (FILES / "request.sh").read_text()
    _, output = run_command(state, host, command_line("sh", "-c", script, "request", *arguments))
    return "\n".join(output.stdout_lines)


def _conclude(state: State, host: PyinfraHost, failed: list[str]) -> bool:
    """Fail the host if any of its models did not start."""
    for line in failed:
        log_error(host, line)
    return not failed


@deploy("Prove")
def prove(fleet: Fleet, plan: HostPlan) -> None:
    """Start each model of a host once."""
    start_models(name="Start each model once", fleet=fleet, plan=plan)


def prove_if_asked(plan: HostPlan) -> None:
    """Run `prove` if the host's data says so: `--data llamafleet_prove=yes`."""
    if read_key(host.data, "llamafleet_prove", read_switch, False):
        fleet, _ = current_fleet()
        prove(fleet=fleet, plan=plan)
