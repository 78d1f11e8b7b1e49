"""Debian, Ubuntu and their derivatives."""

from llamafleet_roles.packages.family import DistroFamily

_APT = "DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300"

DEBIAN = DistroFamily(
    name="debian",
    command="apt-get",
    installed=(
        """[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ]"""
    ),
    update=f"{_APT} update",
    install=f"{_APT} install --no-install-recommends",
    version="""LC_ALL=C apt-cache policy "$1" | awk '
        $1 == "Installed:" && $2 != "(none)" { print $2; exit }
        $1 == "Candidate:" && $2 != "(none)" { print $2; exit }'""",
)
