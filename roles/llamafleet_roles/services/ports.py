"""Ports of services that another process holds: which one, and how to free the port. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from llamafleet.targets.plan_types import HostPlan, Socket

_UNIT = re.compile(r"[^/]+\.(?:service|scope|socket)$")
_CONTAINER = re.compile(r"(?:docker|libpod|crio|cri-containerd)-([0-9a-f]{12})[0-9a-f]*\.scope$")
_CONTAINER_FOLDER = re.compile(r"/(?:docker|containerd|libpod|kubepods[^/]*)/.*?([0-9a-f]{12})")
_USER_MANAGER = re.compile(r"/user@(\d+)\.service/")
# Without a session manager, what people and timers start runs in these units: stopping the unit
# would lock everybody out.
_LOGINS = re.compile(
    r"(?:sshd?|dropbear|crond?|atd|(?:serial-|console-|container-)?getty)(?:@[^/]*)?\.service"
)
_LOGIN_PROGRAMS = ("sshd", "dropbear")
_PUBLISHERS = ("docker-proxy", "rootlessport", "slirp4netns", "pasta", "conmon")


@dataclass(frozen=True, slots=True)
class PortHolder:
    """A process outside a unit that listens on a port of this unit.

    `wanted` is the socket as `socket_key` writes it. `pid` is 0 if no process of the machine has
    the socket. `file` is the FragmentPath of the process's own unit, if it has one.
    """

    unit: str
    wanted: str
    pid: int = 0
    user: str = ""
    program: str = ""
    cgroup: str = ""
    file: str = ""

    @property
    def belongs_to(self) -> str:
        """The innermost unit that the process runs in; "" if none."""
        return next((part for part in reversed(self.cgroup.split("/")) if _UNIT.match(part)), "")


def socket_key(socket: Socket) -> str:
    """Format a socket as `FAMILY:ADDRESS:PORT` in the hexadecimal digits of /proc/net/tcp.

    The family is 4 or 6, or `any` if the socket may accept both: a name resolves to either, and a
    Go program with a wildcard address listens on both.
    """
    port = f"{socket.port:04X}"
    try:
        address = ipaddress.ip_address(socket.address)
    except ValueError:
        return f"any:-:{port}"
    is_go = socket.unit.startswith("llama-swap-")
    if address.is_unspecified and (is_go or (address.version == 6 and not _is_nginx(socket))):
        return f"any:-:{port}"
    packed = address.packed
    words = (packed[at : at + 4][::-1].hex() for at in range(0, len(packed), 4))
    return f"{address.version}:{''.join(words).upper()}:{port}"


def _is_nginx(socket: Socket) -> bool:
    return socket.unit == "nginx.service"


def planned_sockets(plan: HostPlan) -> tuple[Socket, ...]:
    """Return every socket of a host's plan."""
    return tuple(each for service in plan.services for each in service.sockets)


def port_conflicts(
    plan: HostPlan, held: Iterable[PortHolder], ours: Collection[str]
) -> Iterator[str]:
    """Yield a message for each port that another process holds: which one, and how to free it.

    Ports that units of `ours` hold are no conflict: the rollout itself moves or stops them.
    """
    sockets = {(each.unit, socket_key(each)): each for each in planned_sockets(plan)}
    reported: set[tuple[int, int, str]] = set()
    for holder in held:
        socket = sockets.get((holder.unit, holder.wanted))
        if socket is None or holder.belongs_to in ours:
            continue
        if (key := (socket.port, holder.pid, socket.unit)) in reported:
            continue
        reported.add(key)
        yield "\n    ".join((_what(socket), _who(holder), *_ways_out(holder, socket.port)))


def _what(socket: Socket) -> str:
    whose = f"model {socket.model} of {socket.unit}" if socket.model else socket.unit
    return f"port {socket.port} of {whose} is in use"


def _who(holder: PortHolder) -> str:
    if not holder.pid:
        return "by the kernel, or by a process outside this system"
    text = f"by {holder.program}, process {holder.pid} of user {holder.user}"
    unit = holder.belongs_to
    if not unit or unit == "init.scope":
        return text
    return f"{text}, of {unit}" + (f" ({holder.file})" if holder.file else "")


def _ways_out(holder: PortHolder, port: int) -> Iterator[str]:
    """Yield commands that free a port, by the kind of its holder."""
    unit, cgroup = holder.belongs_to, f"{holder.cgroup}/"
    container = _CONTAINER.search(holder.cgroup) or _CONTAINER_FOLDER.search(holder.cgroup)
    manager = _USER_MANAGER.search(cgroup)
    if container:
        yield f"stop the container: docker stop {container[1]} (or podman stop {container[1]})"
        yield f"and keep it stopped: docker update --restart=no {container[1]}"
    elif holder.program in _PUBLISHERS:
        yield f"it publishes a container's port: docker ps --filter publish={port} (or podman ps)"
        yield "names the container; then docker stop CONTAINER"
    elif holder.pid == 1:
        yield f"systemd listens for a socket unit: systemctl list-sockets | grep {port}"
        yield "names it; then systemctl disable --now NAME.socket"
    elif manager and unit.endswith(".service") and not unit.startswith("user@"):
        yield f"stop it for good: systemctl --user -M {manager[1]}@ disable --now {unit}"
    elif "/machine.slice/" in cgroup:
        yield f"it runs in a container or virtual machine: machinectl list; unit {unit}"
    elif unit.endswith(".service") and not _LOGINS.fullmatch(unit):
        yield f"stop it for good: systemctl disable --now {unit}"
    elif holder.pid and holder.program not in _LOGIN_PROGRAMS:
        yield f"it was started by hand: kill {holder.pid}"
    yield "or give the service another port in the fleet file"
