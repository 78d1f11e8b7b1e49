"""Take a host back: build, configuration and weights names together, without any download."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from pyinfra.api.command import FunctionCommand
from pyinfra.api.deploy import deploy
from pyinfra.api.operation import operation
from pyinfra.context import host

from llamafleet_roles.commands import command_line, fail_host, log_planned, shell_step
from llamafleet_roles.generations.facts import Generations, HostGenerations
from llamafleet_roles.services.facts import FILES as SERVICES
from llamafleet_roles.services.stored import read_stored
from llamafleet_roles.services.tasks import apply
from llamafleet_roles.site_data import DataError, read_generation, read_key

FILES = Path(__file__).parent / "files"


@operation()
def take_back_names(number: str) -> Generator[FunctionCommand, None, None]:
    """Point the names of builds and weights to what they were in a generation."""
    script = (SERVICES / "functions.sh").read_text() + (FILES / "back.sh").read_text()
    yield shell_step(command_line("sh", "-c", script, "back", number))


@operation()
def refuse(message: str) -> Generator[FunctionCommand, None, None]:
    """Fail the host with a message."""
    yield fail_host(message)


@deploy("Rollback")
def rollback(host_name: str) -> None:
    """Take a host to the generation before the current, or to `llamafleet_generation`.

    The next rollback goes on from there: to what came before that one. A rollout makes a new
    generation, and what came before it is the one that the host was at.
    """
    try:
        wanted = read_key(host.data, "llamafleet_generation", read_generation, "")
    except DataError as error:
        refuse(name="Find the generation", message=str(error))
        return
    found = host.get_fact(Generations, wanted=wanted)
    problem = _problem(found, host_name)
    if found is None or problem:
        message = problem or "could not read the generations of this host: nothing was changed"
        refuse(name="Find the generation", message=message)
        return
    stored = read_stored(found.text, host_name)
    if stored is None:
        message = f"generation {found.target} was kept by another version of llamafleet"
        refuse(name="Find the generation", message=f"{message}: roll out the fleet file instead")
        return
    plan, names = stored
    log_planned(f"will go back to generation {found.target}, {found.kept[found.target]}")
    take_back_names(name="Take builds and weights back", number=found.target)
    apply(name="Take files and units back", plan=plan, names=names, generation=found.target)


def _problem(found: HostGenerations | None, host_name: str) -> str | None:
    """Return why there is nothing to go back to, with what there is; None if there is."""
    if found is None or found.target:
        return None
    there = "".join(
        f"\n    {number}: {found.kept[number]}{' (current)' if number == found.current else ''}"
        for number in sorted(found.kept, key=int)
    )
    if not found.kept:
        return f"{host_name} has no generations yet: each rollout that succeeds makes one"
    what = f"generation {found.wanted}" if found.wanted else "a generation before the current one"
    return (
        f"{host_name} does not keep {what}: nothing was changed. It has{there}\n"
        "name one: --data llamafleet_generation=NUMBER"
    )
