"""Distribution packages: install what is missing, or say what to install by hand."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

_APT = """
missing=
for package in {packages}; do
    [ "$(dpkg-query -W -f '${{db:Status-Status}}' "$package" 2>/dev/null)" = installed ] ||
        missing="$missing $package"
done
if [ -n "$missing" ]; then
    echo "installing$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt="apt-get -q -y -o DPkg::Lock::Timeout=300"
    $apt update >"$log" 2>&1 || quit "apt-get update failed"
    # A compiler's gigabytes take a while, and a command that stays silent counts as hung. What
    # sleeps must not hold the output open once all is done.
    (while sleep 60 >/dev/null 2>&1; do echo "apt-get is at: $(tail -n 1 "$log")"; done) &
    speaking=$!
    $apt install --no-install-recommends $missing >>"$log" 2>&1 || quit "apt-get install failed"
    kill "$speaking" 2>/dev/null || :
fi
"""

_SCRIPT = """
log=$(mktemp)
speaking=
trap 'rm -f "$log"; [ -z "$speaking" ] || kill "$speaking" 2>/dev/null || :' EXIT
quit() {{ tail -n 15 "$log" >&2; echo "$1 on this host: see above" >&2; exit 1; }}
if command -v apt-get >/dev/null; then
{apt}
else
    for tool in {tools}; do
        command -v "$tool" >/dev/null || absent=1
    done
    [ -z "${{absent:-}}" ] || {{
        echo "this host has no apt: install by hand what Debian calls {names}," >&2
        echo "so that {tools_text} can be found, and run this again" >&2
        exit 1
    }}
fi
"""


def install(packages: Iterable[str], tools: Iterable[str] = ()) -> str:
    """A script that installs Debian packages; elsewhere it demands that `tools` are found."""
    names = shlex.join(packages)
    if not names:
        return "true"
    wanted = tuple(tools)
    apt = _APT.format(packages=names)
    return _SCRIPT.format(
        apt=apt,
        tools=shlex.join(wanted),
        tools_text=", ".join(wanted) or "they",
        names=names,
    )
