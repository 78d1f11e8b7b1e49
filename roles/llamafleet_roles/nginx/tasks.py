"""Install nginx; the services role manages its files and its unit."""

from __future__ import annotations

from collections.abc import Generator

from pyinfra.api.command import FunctionCommand
from pyinfra.api.deploy import deploy
from pyinfra.api.facts import FactBase
from pyinfra.api.operation import operation
from pyinfra.context import host

from llamafleet.targets.plan_types import HostPlan
from llamafleet_roles.commands import command_line, fail_host, log_planned, shell_step
from llamafleet_roles.packages import install_script

NAME = "nginx"
"""The package that this role installs."""

_PROBE = """
PATH=$PATH:/usr/sbin:/sbin
echo nginx 1
command -v nginx >/dev/null && echo installed
grep -qs 'include.*/etc/nginx/conf\\.d/\\*\\.conf' /etc/nginx/nginx.conf && echo conf.d
[ "$(readlink -f /etc/nginx/sites-enabled/default)" = /etc/nginx/sites-available/default ] &&
    grep -qs '^[^#]*listen.*\\b80\\b' /etc/nginx/sites-available/default && echo default-site
true
"""

_DISABLE = """
set -eu
rm -f /etc/nginx/sites-enabled/default
echo "disabled nginx's default site, which uses port 80; it stays in sites-available"
! systemctl is-active --quiet nginx || systemctl reload nginx
"""


class Nginx(FactBase[frozenset[str] | None]):
    """Any of `installed`, `conf.d` (nginx.conf includes it), `default-site` (it uses port 80)."""

    def command(self) -> str:
        """Return the probe, a script that never fails."""
        return command_line("sh", "-c", _PROBE)

    @staticmethod
    def default() -> frozenset[str] | None:
        """Return None: unknown."""
        return None

    def process(self, output: list[str]) -> frozenset[str] | None:
        """Return the lines after the first, which shows that the probe ran."""
        return frozenset(output[1:]) if output and output[0] == "nginx 1" else None


@operation()
def install_nginx(plan: HostPlan) -> Generator[FunctionCommand, None, None]:
    """Install the package, and disable its default site if a service of the fleet uses port 80.

    Files of the user are never touched.
    """
    if all(each.name != NAME for each in plan.packages):
        return
    present = host.get_fact(Nginx)
    if present is None:
        yield fail_host("could not check nginx on this host: nothing was changed")
        return
    if "installed" not in present:
        log_planned("will install nginx")
        yield shell_step(install_script((NAME,), tools=(NAME,)))
        present = host.get_fact(Nginx) or frozenset({"conf.d"})
    if "conf.d" not in present:
        yield fail_host(
            "this host's nginx.conf does not include /etc/nginx/conf.d/*.conf: add "
            "`include /etc/nginx/conf.d/*.conf;` to its http block"
        )
        return
    ports = {p.port for service in plan.services for p in service.probes if p.kind == "nginx"}
    if "default-site" in present and 80 in ports:
        log_planned("will disable nginx's default site, which uses port 80")
        yield shell_step(command_line("sh", "-c", _DISABLE))


@deploy("nginx")
def nginx(plan: HostPlan) -> None:
    """Install nginx if the plan has it."""
    install_nginx(name="Install", plan=plan)
