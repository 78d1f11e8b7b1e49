"""One bridge per lab on a free 10.x.y.0/24, its way out by NAT, and cutting one host off."""

from __future__ import annotations

import ipaddress
import json
import random
import shlex
from collections.abc import Iterator
from pathlib import Path

from . import machine
from .paths import bridge_name, labs_directory, link_name, locked, rule_comment
from .shell import LabError, run

FORWARD = Path("/proc/sys/net/ipv4/ip_forward")


def gateway(network: str) -> str:
    """The machine's own address in a lab's network, where hosts reach servers of the tests."""
    return str(ipaddress.IPv4Network(network)[1])


def host_address(network: str, number: int) -> str:
    """The address of host `number`, counted from 1."""
    return str(ipaddress.IPv4Network(network)[number + 1])


def create(lab_id: str) -> str:
    """Make a lab's bridge on a network that nothing uses, let its hosts out; that network."""
    bridge = bridge_name(lab_id)
    # Two labs that start together must not choose the same network.
    with locked(labs_directory() / "network.lock"):
        network = _free_network()
        run("ip", "link", "add", bridge, "type", "bridge")
        run("ip", "address", "add", f"{gateway(network)}/24", "dev", bridge)
        run("ip", "link", "set", bridge, "up")
        _let_out(lab_id, network)
    return network


def remove(lab_id: str) -> None:
    """Remove a lab's bridge and rules; what is not there is no error."""
    with locked(labs_directory() / "network.lock"):
        for table in ("filter", "nat"):
            for rule in _rules(table, rule_comment(lab_id)):
                run("iptables", "-t", table, "-D", *rule, check=False)
        # A host that was killed while starting leaves its link on this side.
        for link in _links():
            if link.startswith((bridge_name(lab_id), link_name(lab_id, ""))):
                run("ip", "link", "delete", link, check=False)
        _restore_forwarding()


def set_link(lab_id: str, number: int, *, up: bool) -> None:
    """Pull a host's network cable, or plug it in again."""
    run("ip", "link", "set", link_name(lab_id, number), "up" if up else "down")


def _free_network() -> str:
    taken = list(_taken())
    for _ in range(1000):
        network = ipaddress.IPv4Network(
            (f"10.{random.randint(64, 250)}.{random.randint(0, 255)}.0", 24)
        )
        if not any(network.overlaps(other) for other in taken):
            return str(network)
    raise LabError(
        "found no free 10.x.y.0/24 for the lab: every one overlaps a route of this machine"
    )


def _taken() -> Iterator[ipaddress.IPv4Network]:
    """Networks with a route on this machine, and the nameservers."""
    for route in json.loads(run("ip", "-4", "-json", "route", "show", "table", "all") or "[]"):
        if route["dst"] != "default":
            yield ipaddress.IPv4Network(route["dst"], strict=False)
    for server in machine.nameservers(machine.resolver()):
        if "." in server:
            yield ipaddress.IPv4Network(server)


def _let_out(lab_id: str, network: str) -> None:
    bridge = bridge_name(lab_id)
    tag = ("-m", "comment", "--comment", rule_comment(lab_id))
    masquerade = ("-s", network, "!", "-o", bridge, *tag, "-j", "MASQUERADE")
    run("iptables", "-t", "nat", "-A", "POSTROUTING", *masquerade)
    # First in line, for machines whose own rules drop what they do not know.
    run("iptables", "-I", "INPUT", "-i", bridge, *tag, "-j", "ACCEPT")
    run("iptables", "-I", "FORWARD", "-i", bridge, *tag, "-j", "ACCEPT")
    run("iptables", "-I", "FORWARD", "-o", bridge, *tag, "-j", "ACCEPT")
    if FORWARD.read_text().strip() == "0":
        (labs_directory() / "forwarding-was-off").touch()
        FORWARD.write_text("1\n")


def _restore_forwarding() -> None:
    """Forwarding goes off again with the last lab, if it was off before the first."""
    note = labs_directory() / "forwarding-was-off"
    if note.exists() and not any(link.startswith(bridge_name("")) for link in _links()):
        FORWARD.write_text("0\n")
        note.unlink()


def _links() -> tuple[str, ...]:
    return tuple(link["ifname"] for link in json.loads(run("ip", "-json", "link")))


def _rules(table: str, comment: str) -> Iterator[list[str]]:
    """The lab's rules in a table, each as the words after `-A`."""
    for line in run("iptables-save", "-t", table, check=False).splitlines():
        words = shlex.split(line) if line.startswith("-A ") else []
        if comment in words:
            yield words[1:]
