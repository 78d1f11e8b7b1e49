"""Check the GPUs, then make users and folders."""

from __future__ import annotations

from collections.abc import Generator

from pyinfra.api.command import FunctionCommand
from pyinfra.api.deploy import deploy
from pyinfra.api.operation import operation
from pyinfra.context import host

from llamafleet.targets.places import CONFIG, PREFIX, STATE
from llamafleet.targets.plan_types import HostPlan
from llamafleet_roles.base.facts import Accounts, Gpus, UnreadablePaths
from llamafleet_roles.base.gpus import gpu_mismatch
from llamafleet_roles.commands import command_line, fail_host, log_planned, shell_step
from llamafleet_roles.site_data import DataError, read_switch

LOGS = "/var/log/llamafleet"
# Service users read weights below the state folder, so it can be passed through, not listed; what
# is in it besides weights is root's alone.
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
    echo "made group $name"
done
for name in $users; do
    useradd --system --user-group --no-create-home --home-dir "$home" --shell "$shell" -- "$name"
    echo "made user $name"
done
while [ $# -gt 0 ]; do
    install -d -m "$1" -o root -g root -- "$2"
    shift 2
done
"""


@operation()
def check_gpus(plan: HostPlan) -> Generator[FunctionCommand, None, None]:
    """Stop before anything is changed where a host is not the machine that the fleet file means.

    Hosts that declare no GPUs are not asked; `llamafleet_gpu_check = False` in a host's data turns
    the check off, for machines whose bus shows something else than what is used.
    """
    try:
        wanted = read_switch(host.data.get("llamafleet_gpu_check", True))
    except DataError as error:
        yield fail_host(f"llamafleet_gpu_check {error}")
        return
    if not plan.gpus or not wanted:
        return
    detected = host.get_fact(Gpus)
    if detected is None:
        yield fail_host("could not look for GPUs: nothing was changed on this host")
        return
    message = gpu_mismatch(plan.host, plan.gpus, detected)
    if message:
        yield fail_host(message)


@operation()
def make_accounts(plan: HostPlan) -> Generator[FunctionCommand, None, None]:
    """Users that cannot log in, the groups their services name, and the folders of every role."""
    groups = dict.fromkeys(plan.groups)
    for service in plan.services:
        groups |= dict.fromkeys(service.groups)
    there = host.get_fact(Accounts, users=plan.users, groups=tuple(groups), folders=tuple(FOLDERS))
    if there is None:
        yield fail_host("could not look for users and folders: nothing was changed on this host")
        return
    users = [name for name in plan.users if f"user {name}" not in there]
    missing = [name for name in groups if f"group {name}" not in there and name not in users]
    folders = [
        word
        for path, mode in FOLDERS.items()
        if f"folder {mode} root {path}" not in there
        for word in (mode, path)
    ]
    if not users and not missing and not folders:
        return
    log_planned(f"will make {', '.join([*users, *missing, *folders[1::2]])}")
    yield shell_step(
        command_line("sh", "-c", _MAKE, "make", " ".join(users), " ".join(missing), STATE, *folders)
    )


@operation()
def check_paths(plan: HostPlan) -> Generator[FunctionCommand, None, None]:
    """Stop before anything is built or downloaded where a model names a file that is not there.

    Whether a user may read it is asked where the user exists already.
    """
    wanted = [(service.user, each) for service in plan.services for each in service.reads]
    if not wanted:
        return
    asked = tuple((user, each.path) for user, each in wanted)
    found = host.get_fact(UnreadablePaths, paths=asked)
    if found is None:
        yield fail_host(
            "could not look for files that models name: nothing was changed on this host"
        )
        return
    for index, trouble in found.items():
        user, each = wanted[index]
        what = "is not there" if trouble == "missing" else f"cannot be read by {user}"
        yield fail_host(
            f"model {each.model}: {each.path} {what} on {plan.host}, and its {each.key} names it; "
            "put it there, or take the key away"
        )


@deploy("Base")
def base(plan: HostPlan) -> None:
    """A host is the right machine, and has the users and folders that the other roles need."""
    check_gpus(name="Check the GPUs", plan=plan)
    check_paths(name="Check the files that models name", plan=plan)
    make_accounts(name="Make users and folders", plan=plan)
