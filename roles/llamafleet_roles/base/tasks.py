"""Check the GPUs, then create users and folders."""

from __future__ import annotations

from collections.abc import Generator

from pyinfra.api.command import FunctionCommand
from pyinfra.api.deploy import deploy
from pyinfra.api.operation import operation
from pyinfra.context import host

from llamafleet.dataclasses import replace
from llamafleet.targets.paths import CONFIG, PREFIX, STATE
from llamafleet.targets.plan_types import HostPlan
from llamafleet_roles.base.facts import Accounts, Machine, UnreadablePaths
from llamafleet_roles.base.gpus import gpu_mismatch
from llamafleet_roles.base.pins import pin_mismatch, pinned
from llamafleet_roles.commands import command_line, fail_host, log_planned, shell_step
from llamafleet_roles.site_data import DataError, read_key, read_switch

LOGS = "/var/log/llamafleet"
# Service users read weights below the state folder, so they may enter but not list it; all else in
# it is for root alone.
FOLDERS = {PREFIX: "755", CONFIG: "755", LOGS: "755", STATE: "711", f"{STATE}/owed": "700"}

_MAKE = """
set -eu
shell=$(command -v nologin || echo /bin/false)
users=$1
groups=$2
home=$3
shift 3
for name in $groups; do
    groupadd --system -- "$name"
    echo "created group $name"
done
for name in $users; do
    useradd --system --user-group --no-create-home --home-dir "$home" --shell "$shell" -- "$name"
    echo "created user $name"
done
while [ $# -gt 0 ]; do
    install -d -m "$1" -o root -g root -- "$2"
    shift 2
done
"""


@operation()
def check_gpus(plan: HostPlan) -> Generator[FunctionCommand, None, None]:
    """Fail the host before anything is changed if its GPUs are not those of the fleet file.

    Hosts that declare no GPUs are not probed. `llamafleet_gpu_check = False` in a host's data turns
    the check off, for machines whose PCI bus shows something else than what is used.
    """
    try:
        wanted = read_key(host.data, "llamafleet_gpu_check", read_switch, True)
    except DataError as error:
        yield fail_host(str(error))
        return
    if not plan.gpus or not wanted:
        return
    detected = host.get_fact(Machine)
    if detected is None:
        yield fail_host("could not detect the GPUs of this host: nothing was changed")
        return
    if plan.gpu_ids:
        # What else the machine has is no matter then, and a dead card only where it is pinned.
        message = pin_mismatch(plan.host, plan.gpus, plan.gpu_ids, detected) or gpu_mismatch(
            plan.host,
            plan.gpus,
            replace(detected, gpus=pinned(plan.gpu_ids, detected)),
            any_order=True,
        )
    else:
        message = gpu_mismatch(plan.host, plan.gpus, detected)
    if message:
        yield fail_host(message)


@operation()
def make_accounts(plan: HostPlan) -> Generator[FunctionCommand, None, None]:
    """Create users without login, the groups of their services and the folders of all roles."""
    groups = dict.fromkeys(plan.groups)
    for service in plan.services:
        groups |= dict.fromkeys(service.groups)
    existing = host.get_fact(
        Accounts, users=plan.users, groups=tuple(groups), folders=tuple(FOLDERS)
    )
    if existing is None:
        yield fail_host("could not check users and folders on this host: nothing was changed")
        return
    users = [name for name in plan.users if f"user {name}" not in existing]
    missing = [name for name in groups if f"group {name}" not in existing and name not in users]
    folders = [
        word
        for path, mode in FOLDERS.items()
        if f"folder {mode} root {path}" not in existing
        for word in (mode, path)
    ]
    if not users and not missing and not folders:
        return
    log_planned(f"will create {', '.join([*users, *missing, *folders[1::2]])}")
    yield shell_step(
        command_line("sh", "-c", _MAKE, "make", " ".join(users), " ".join(missing), STATE, *folders)
    )


@operation()
def check_paths(plan: HostPlan) -> Generator[FunctionCommand, None, None]:
    """Fail the host before anything is built or downloaded if a file that a model names is missing.

    If the service's user exists already, the file must be readable by that user, too.
    """
    wanted = [(service.user, each) for service in plan.services for each in service.reads]
    if not wanted:
        return
    paths = tuple((user, each.path) for user, each in wanted)
    found = host.get_fact(UnreadablePaths, paths=paths)
    if found is None:
        yield fail_host(
            "could not check the files that models name: nothing was changed on this host"
        )
        return
    for index, trouble in found.items():
        user, each = wanted[index]
        if trouble == "missing":
            what, remedy = "does not exist", "put the file there"
        else:
            what, remedy = f"cannot be read by user {user}", "change its permissions"
        yield fail_host(
            f"model {each.model}: {each.key} = {each.path} {what} on {plan.host}: "
            f"{remedy}, or remove {each.key}"
        )


@deploy("Base")
def base(plan: HostPlan) -> None:
    """Check that a host is the right machine; create the users and folders of the other roles."""
    check_gpus(name="Check the GPUs", plan=plan)
    check_paths(name="Check the files that models name", plan=plan)
    make_accounts(name="Create users and folders", plan=plan)
