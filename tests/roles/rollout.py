"""Run a role against hosts that only answer what a test tells them to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from pyinfra.api.config import Config
from pyinfra.api.connect import connect_all
from pyinfra.api.deploy import add_deploy
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.inventory import Inventory
from pyinfra.api.operations import run_ops
from pyinfra.api.state import State, StateStage
from pyinfra.context import ctx_state


@dataclass(frozen=True)
class Outcome:
    """Of one host: whether every operation succeeded, how many changed something, its commands."""

    succeeded: bool
    changed: int
    commands: tuple[str, ...]
    said: str


def roll_out(
    role: Callable[..., Any],
    plans: Mapping[str, Any],
    responses: Mapping[str, str],
    caplog: pytest.LogCaptureFixture,
    *,
    debug: bool = False,
    **data: object,
) -> dict[str, Outcome]:
    """Execute a role on fake hosts, one per plan; a command is answered by the first match.

    With `debug`, everything is printed and logged that `-vvv --debug-all --debug-operations` shows.
    """
    names = [
        (f"@fake/{name}", {"fake_responses": dict(responses), "fake_delay": 0, **data})
        for name in plans
    ]
    state = State(_inventory(names), Config(), check_for_changes=False)  # type: ignore[no-untyped-call]
    if debug:
        caplog.set_level("DEBUG")
        state.print_noop_info = state.print_fact_info = state.print_input = True
        state.print_output = state.print_fact_input = state.print_fact_output = True
    level = "DEBUG" if debug else "INFO"
    with ctx_state.use(state), caplog.at_level(level, logger="pyinfra"):
        state.set_stage(StateStage.Connect)
        connect_all(state)
        state.set_stage(StateStage.Prepare)
        for host in state.inventory:
            add_deploy(state, role, host=host, plan=plans[host.name.removeprefix("@fake/")])
        if debug:
            _print_operations(state)
        state.set_stage(StateStage.Execute)
        with suppress(PyinfraError):  # which it raises when no host is left
            run_ops(state)
        if debug:
            _print_operations(state)
        return {
            host.name.removeprefix("@fake/"): _outcome(state, host, caplog)
            for host in state.inventory
        }


def _print_operations(state: State) -> None:
    """Print what --debug-operations does: importing pyinfra_cli would patch the whole process."""
    for operations in state.ops.values():
        print(*map(repr, operations.values()), sep="\n")
    print(*map(repr, state.op_meta.values()), sep="\n")


def _inventory(names: list[tuple[str, dict[str, object]]]) -> Inventory:
    return Inventory((names, {}))  # type: ignore[no-untyped-call]


def _outcome(state: State, host: Any, caplog: pytest.LogCaptureFixture) -> Outcome:
    results = state.get_results_for_host(host)
    metas = [data.operation_meta for data in state.ops[host].values()]
    lines = [line for line in caplog.messages if f"[{host.name}]" in line]
    return Outcome(
        succeeded=results.error_ops == 0 and all(meta.is_complete() for meta in metas),
        changed=sum(1 for meta in metas if meta.is_complete() and meta.did_change()),
        commands=tuple(host.connector.executed_commands),
        said="\n".join(lines),
    )
