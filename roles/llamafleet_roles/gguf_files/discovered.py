"""Put the models of discovered folders into the lock, and compare a host with it."""

from __future__ import annotations

from collections.abc import Generator

from pyinfra import logger
from pyinfra.api.command import FunctionCommand
from pyinfra.api.deploy import deploy
from pyinfra.api.host import Host as PyinfraHost
from pyinfra.api.operation import operation
from pyinfra.api.state import State
from pyinfra.context import host

from llamafleet.capacity.memory.modelled import architectures
from llamafleet.discovery.catalogue import Catalogue, catalogue
from llamafleet.discovery.differences import folder_differences
from llamafleet.gguf.facts import GgufFacts
from llamafleet.gguf.problem import GgufError
from llamafleet.lock.discovered import folder_tree
from llamafleet.targets.plan_types import DiscoverPlan, HostPlan
from llamafleet_roles.commands import fail_host, log_error, log_planned, python_step
from llamafleet_roles.gguf_files.folder import FolderFiles, FolderState, asked_of_plan, news
from llamafleet_roles.gguf_files.header import read_host_facts
from llamafleet_roles.lock_file import LockFileError, current_lock, update_lock

READ_THEM = "run deploys/facts.py, then roll out again, to serve what is there now"
EVERY = 20
"""Headers between two lines about progress: each may take a second."""


def discover_plans(plan: HostPlan) -> tuple[DiscoverPlan, ...]:
    """Return the folders that the services of a host discover."""
    return tuple(each for service in plan.services for each in service.discover)


@operation()
def read_folders(plan: HostPlan, fleet: str) -> Generator[FunctionCommand, None, None]:
    """Read which models are in the folders of a host, and put them into the lock of `fleet`.

    Only headers of files that are new or have changed are transferred.
    """
    for each in discover_plans(plan):
        state = host.get_fact(FolderFiles, folder=each.folder, declared=each.declared)
        if state is None:
            yield fail_host(f"could not read the files in {each.folder} on this host")
            continue
        if not state.there:
            yield fail_host(
                f"{each.folder} does not exist on this host: create it, or remove the discover "
                f"block from llama-swap {each.service}"
            )
            continue
        log_planned(f"will read the headers of new files in {each.folder}")
        yield python_step(_read, fleet, each, state)


def _read(
    state: State, host: PyinfraHost, fleet: str, plan: DiscoverPlan, folder: FolderState
) -> bool:
    count = 0

    def read(path: str) -> GgufFacts | GgufError:
        nonlocal count
        count += 1
        if count % EVERY == 0:
            host.log(f"{plan.folder}: {count} headers read")
        return read_host_facts(host, path)

    try:
        before = current_lock(fleet).discovered.get(plan.service, {}).get(plan.folder)
        found = catalogue(
            asked_of_plan(plan, folder),
            folder.files,
            before,
            read,
            lambda name: name in architectures(),
        )
        if found.folder != before:
            names = ("discovered", plan.service, plan.folder)
            update_lock(fleet, {names: folder_tree(found.folder)})
    except LockFileError as error:
        log_error(host, f"{plan.folder}: {error}")
        return False
    _say(host, plan, folder, found)
    lines = folder_differences(before, found.folder)
    for line in lines:
        host.log(line)
    if lines:
        # llama-swap has no other way to a new model: a reload stops every model, too.
        host.log(f"the next rollout restarts {plan.unit} for them, which stops its loaded models")
    else:
        host.log(f"{plan.folder}: {len(found.folder.models)} models, as in fleet.lock")
    return True


def _say(host: PyinfraHost, plan: DiscoverPlan, folder: FolderState, found: Catalogue) -> None:
    """Say what becomes no model: what its owner may have expected as a warning."""
    for problem in folder.problems:
        _warn(host, f"{plan.folder}: {problem}")
    for each in found.left_out:
        line = f"left out {each.path}: {each.reason}"
        if each.of_note:
            _warn(host, line)
        else:
            host.log(line)


@operation()
def compare_folders(plan: HostPlan) -> Generator[FunctionCommand, None, None]:
    """Say which files of a host's folders are not those of the lock; changes nothing.

    A rollout serves what the lock says, so that one commit is one state of a host.
    """
    for each in discover_plans(plan):
        state = host.get_fact(FolderFiles, folder=each.folder, declared=each.declared)
        if state is None:
            yield fail_host(f"could not read the files in {each.folder} on this host")
            continue
        lines = tuple(news(each, state))
        for line in lines:
            _warn(host, line)
        if lines and state.there:
            _warn(host, f"{READ_THEM}; that restarts {each.unit} and stops its loaded models")


def _warn(host: PyinfraHost, line: str) -> None:
    host.log_styled(line, fg="yellow", log_func=logger.warning)


@deploy("Discovered models")
def discovered_models(plan: HostPlan, fleet: str) -> None:
    """Put the models of discovered folders into the lock."""
    if discover_plans(plan):
        read_folders(name="Read which models are there", plan=plan, fleet=fleet)
