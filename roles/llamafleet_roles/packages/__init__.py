"""Packages of distributions: install what is missing, or print what to install by hand.

Each family of distributions is a file with data only, listed in FAMILIES. Elsewhere packages have
Debian's names; a family maps them to its own.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from llamafleet_roles.packages.arch import ARCH
from llamafleet_roles.packages.debian import DEBIAN
from llamafleet_roles.packages.family import DistroFamily
from llamafleet_roles.packages.fedora import FEDORA
from llamafleet_roles.packages.vendor import TOOLKITS, VendorToolkit

FAMILIES: tuple[DistroFamily, ...] = (DEBIAN, FEDORA, ARCH)
"""The known families; the first whose command a host has is used."""

_FAMILY = """\
{branch} command -v {command} >/dev/null; then
from_vendor() {{
    case $package in
{vendors}    *) false ;;
    esac
}}
missing=
for package in {packages}; do
    {{ {installed}; }} || from_vendor || missing="$missing $package"
done
if [ -n "$missing" ]; then
    echo "installing$missing"
    : >"$log"
    {update_step}# A compiler's gigabytes take a while, and a silent command counts as hung. The
    # sleeping process must not hold the output open at the end.
    (while sleep 60 >/dev/null 2>&1; do echo "{command}: $(tail -n 1 "$log")"; done) &
    speaking=$!
    {install} $missing >>"$log" 2>&1 || {{
        for package in $missing; do
            case $package in
{ways}            esac
        done
        quit "{command} install failed"
    }}
    kill "$speaking" 2>/dev/null || :
fi
"""

_UPDATE = '{update} >"$log" 2>&1 || quit "{command} update failed"\n    '

_SCRIPT = """
log=$(mktemp)
speaking=
trap 'rm -f "$log"; [ -z "$speaking" ] || kill "$speaking" 2>/dev/null || :' EXIT
quit() {{ tail -n 15 "$log" >&2; echo "$1 on this host: see above" >&2; exit 1; }}
{families}else
    for tool in {tools}; do
        command -v "$tool" >/dev/null || absent=1
    done
    [ -z "${{absent:-}}" ] || {{
        echo "this host has no {commands}: install what Debian calls {names} by hand" >&2
        echo "so that {tools_text} can be found on the PATH, then run this again" >&2
        exit 1
    }}
fi
"""


def install_script(packages: Iterable[str], tools: Iterable[str] = ()) -> str:
    """Return a script that installs packages, given by Debian's names.

    On a host of no known family it fails unless `tools` are on the PATH.
    """
    debian = tuple(packages)
    if not debian:
        return "true"
    wanted = tuple(tools)
    return _SCRIPT.format(
        families="".join(
            _branch(family, debian, "elif" if number else "if")
            for number, family in enumerate(FAMILIES)
        ),
        commands=_listed([family.command for family in FAMILIES]),
        tools=shlex.join(wanted),
        tools_text=", ".join(wanted) or "they",
        names=shlex.join(debian),
    )


def _listed(words: list[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _branch(family: DistroFamily, debian: tuple[str, ...], branch: str) -> str:
    update = _UPDATE.format(update=family.update, command=family.command) if family.update else ""
    return _FAMILY.format(
        branch=branch,
        command=family.command,
        packages=shlex.join(family.own_names(debian)),
        installed=family.installed,
        vendors="".join(_present(family, each) for each in TOOLKITS),
        ways="".join(_ways(family, each) for each in TOOLKITS),
        update_step=update,
        install=family.install,
    )


def _patterns(family: DistroFamily, toolkit: VendorToolkit) -> str:
    return " | ".join(shlex.quote(each) for each in family.own_names(toolkit.packages))


def _present(family: DistroFamily, toolkit: VendorToolkit) -> str:
    return f"    {_patterns(family, toolkit)}) {{ {toolkit.present}; }} ;;\n"


def _ways(family: DistroFamily, toolkit: VendorToolkit) -> str:
    way = dict(toolkit.ways).get(family.name)
    if way is None:
        return ""
    return f"            {_patterns(family, toolkit)}) echo {shlex.quote(way)} >&2; break ;;\n"


def version_function() -> str:
    """Return the shell function `package_version NAME`, which prints a version or nothing.

    The version is that of the installed package, else of the candidate.
    """
    branches = "".join(
        f"{'elif' if number else 'if'} command -v {family.command} >/dev/null; then\n"
        f'    case $1 in\n{_renamed(family)}    *) set -- "$1" ;;\n    esac\n'
        f"    {{ {family.version}; }} 2>/dev/null\n"
        for number, family in enumerate(FAMILIES)
    )
    return f"package_version() {{\n{branches}fi\n}}\n"


def _renamed(family: DistroFamily) -> str:
    return "".join(
        f"    {shlex.quote(name)}) set -- {shlex.quote(own.split()[0])} ;;\n"
        for name, own in family.names
        if own
    )
