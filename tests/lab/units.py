"""Puts a host's plan in place by hand, for tests of units that need no rollout."""

from __future__ import annotations

from shlex import quote

from llamafleet.targets.plan_types import HostPlan
from tests.lab.hosts import Host

ACCOUNT = "id {user} >/dev/null 2>&1 || useradd --system --user-group --no-create-home {user}"
PUT = "mkdir -p {folder} && chmod 755 {folder} && cat > {path} && chmod {mode} {path}"


def put_units(host: Host, plan: HostPlan) -> None:
    """Make the users, write every artifact, and have systemd read its files; starts nothing."""
    for user in plan.users:
        host.run(ACCOUNT.format(user=quote(user)), sudo=True)
    for artifact in plan.artifacts:
        folder = quote(artifact.path.rpartition("/")[0])
        command = PUT.format(folder=folder, path=quote(artifact.path), mode=artifact.mode)
        host.run(command, sudo=True, stdin=artifact.content.encode())
    host.run("systemctl daemon-reload", sudo=True)


def started(host: Host, unit: str) -> str:
    """Start a unit; returns what it said where it does not come up, else nothing."""
    done = host.run(f"systemctl start {quote(unit)}", sudo=True, check=False)
    return "" if done.returncode == 0 else journal(host, unit)


def journal(host: Host, unit: str) -> str:
    """The last lines of a unit."""
    command = f"journalctl -u {quote(unit)} -n 30 --no-pager -o cat"
    return host.run(command, sudo=True, check=False).stdout
