"""Install the packages that a host's services need, except those with a role of their own."""

from __future__ import annotations

from collections.abc import Generator

from pyinfra.api.command import FunctionCommand
from pyinfra.api.deploy import deploy
from pyinfra.api.facts import FactBase
from pyinfra.api.operation import operation
from pyinfra.context import host

from llamafleet.targets.plan_types import HostPlan, Package
from llamafleet_roles.commands import command_line, fail_host, log_planned, shell_step
from llamafleet_roles.nginx.tasks import NAME as NGINX
from llamafleet_roles.packages import install_script

INSTALLED_BY_ROLES = (NGINX,)
"""Packages that other roles install, because they manage more than the package."""

_PROBE = """
PATH=$PATH:/usr/sbin:/sbin
echo programs 1
for program in "$@"; do
    ! command -v "$program" >/dev/null || printf '%s\\n' "$program"
done
"""


class Programs(FactBase[frozenset[str] | None]):
    """The programs, out of some, that are on the host's PATH."""

    def command(self, *programs: str) -> str:
        """Return the probe, a script that never fails."""
        return command_line("sh", "-c", _PROBE, "programs", *programs)

    @staticmethod
    def default() -> frozenset[str] | None:
        """Return None: unknown."""
        return None

    def process(self, output: list[str]) -> frozenset[str] | None:
        """Return the lines after the first, which shows that the probe ran."""
        return frozenset(output[1:]) if output and output[0] == "programs 1" else None


def packages_to_install(plan: HostPlan) -> tuple[Package, ...]:
    """Return the packages that have no role of their own."""
    return tuple(each for each in plan.packages if each.name not in INSTALLED_BY_ROLES)


@operation()
def install_packages(plan: HostPlan) -> Generator[FunctionCommand, None, None]:
    """Install what is missing; the services role manages the programs' files and units."""
    packages = packages_to_install(plan)
    if not packages:
        return
    present = host.get_fact(Programs, *(each.program for each in packages))
    if present is None:
        yield fail_host(
            "could not check the programs of services on this host: nothing was changed"
        )
        return
    missing = [each for each in packages if each.program not in present]
    if missing:
        names = tuple(each.name for each in missing)
        log_planned(f"will install {', '.join(names)}")
        yield shell_step(install_script(names, tools=tuple(each.program for each in missing)))


@deploy("service packages")
def service_packages(plan: HostPlan) -> None:
    """Install the packages of the distribution that the plan's services need."""
    if packages_to_install(plan):
        install_packages(name="Install", plan=plan)
