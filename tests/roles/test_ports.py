"""Ports that are held: by whom, whether it matters, and what is said. The sockets are real."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from llamafleet.targets.plan_types import Socket, Unit
from llamafleet_roles.services.changes import Changes, units_freeing_ports
from llamafleet_roles.services.facts import HostState
from llamafleet_roles.services.manifest import Manifest, NotifiedUnits
from llamafleet_roles.services.ports import PortHolder, port_conflicts, socket_key
from tests.roles.machine import Machine, plan_of, server_service

UNIT = "llama-server-worker-0.service"
V6 = "0" * 32


@contextmanager
def listening(address: str, *, six_only: bool = True) -> Iterator[int]:
    """Listen on an address; the port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as server:
        if family == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(six_only))
        server.bind((address, 0))
        server.listen()
        yield int(server.getsockname()[1])


@pytest.mark.parametrize(
    ("unit", "address", "expected"),
    [
        (UNIT, "127.0.0.1", "4:0100007F:1F90"),
        (UNIT, "10.1.2.3", "4:0302010A:1F90"),
        (UNIT, "0.0.0.0", "4:00000000:1F90"),
        (UNIT, "::1", "6:00000000000000000000000001000000:1F90"),
        (UNIT, "::", "any:-:1F90"),
        (UNIT, "localhost", "any:-:1F90"),
        ("llama-swap-voice.service", "0.0.0.0", "any:-:1F90"),
        ("llama-swap-voice.service", "127.0.0.1", "4:0100007F:1F90"),
        ("nginx.service", "0.0.0.0", "4:00000000:1F90"),
        ("nginx.service", "::", f"6:{V6}:1F90"),
    ],
)
def test_a_socket_is_written_as_the_kernel_lists_it(unit: str, address: str, expected: str) -> None:
    assert socket_key(Socket(unit, address, 8080)) == expected


@pytest.mark.parametrize(
    ("listens", "six_only", "wants", "in_the_way"),
    [
        ("127.0.0.1", True, "127.0.0.1", True),
        ("127.0.0.1", True, "0.0.0.0", True),
        ("127.0.0.1", True, "127.0.0.2", False),
        ("127.0.0.1", True, "::1", False),
        ("0.0.0.0", True, "127.0.0.1", True),
        ("0.0.0.0", True, "::1", False),
        ("::", False, "127.0.0.1", True),
        ("::", False, "0.0.0.0", True),
        ("::", False, "::1", True),
        ("::", True, "127.0.0.1", False),
        ("::", True, "0.0.0.0", False),
        ("::", True, "::1", True),
        ("::1", True, "::1", True),
        ("::1", True, "127.0.0.1", False),
        ("::1", True, "localhost", True),
        ("::ffff:127.0.0.1", False, "127.0.0.1", True),
        ("::ffff:127.0.0.1", False, "127.0.0.2", False),
    ],
)
def test_only_an_overlapping_address_is_in_the_way(
    tmp_path: Path, listens: str, six_only: bool, wants: str, in_the_way: bool
) -> None:
    machine = Machine.in_folder(tmp_path)
    with listening(listens, six_only=six_only) as port:
        service = server_service(0, port=port)
        plan = plan_of(replace(service, sockets=(Socket(UNIT, wants, port),)))
        held = machine.observe(plan).held
        assert [each.pid for each in held] == ([os.getpid()] if in_the_way else [])
        # The kernel's own opinion, as a server that does not share its port asks for it.
        if wants != "localhost":
            assert can_bind(wants, port) is not in_the_way


def can_bind(address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            attempt.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            attempt.bind((address, port))
            attempt.listen()
        except OSError:
            return False
        return True


def test_what_a_unit_itself_holds_is_not_held_from_it(tmp_path: Path) -> None:
    machine = Machine.in_folder(tmp_path)
    with listening("127.0.0.1") as port:
        plan = plan_of(server_service(0, port=port))
        assert len(machine.observe(plan).held) == 1
        machine.owns(UNIT, os.getpid())
        assert machine.observe(plan).held == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="files are given to root")
def test_a_foreign_server_at_the_port_is_not_taken_for_the_unit(tmp_path: Path) -> None:
    """It comes between the probe and the start, and answers as anybody would."""
    machine = Machine.in_folder(tmp_path)
    with listening("127.0.0.1") as port:
        done = machine.apply(plan_of(server_service(0, port=port)), patience=20)
    assert done.returncode != 0
    assert re.search(rf"port {port} of {UNIT} is held by .*, process {os.getpid()} of", done.stderr)


PLAN = plan_of(server_service(0, port=8080))
WANTED = socket_key(Socket(UNIT, "127.0.0.1", 8080))


@pytest.mark.parametrize(
    ("holder", "says"),
    [
        (
            PortHolder(
                UNIT, WANTED, 7, "llama", "llama-server", "/system.slice/llama-server.service",
                "/usr/lib/systemd/system/llama-server.service",
            ),
            "of llama-server.service (/usr/lib/systemd/system/llama-server.service)\n"
            "    stop it for good: systemctl disable --now llama-server.service",
        ),
        (
            PortHolder(UNIT, WANTED, 7, "ann", "llama-server",
                   "/user.slice/user-1000.slice/user@1000.service/app.slice/my-llama.service"),
            "systemctl --user -M 1000@ disable --now my-llama.service",
        ),
        (
            PortHolder(
                UNIT, WANTED, 7, "ann", "python3", "/user.slice/user-9.slice/session-3.scope"
            ),
            "it was started by hand: kill 7",
        ),
        (
            PortHolder(UNIT, WANTED, 7, "root", "vllm", f"/system.slice/docker-{'ab' * 32}.scope"),
            "docker stop abababababab",
        ),
        (
            PortHolder(UNIT, WANTED, 7, "root", "vllm", f"/docker/{'cd' * 32}"),
            "docker stop cdcdcdcdcdcd",
        ),
        (
            PortHolder(UNIT, WANTED, 7, "root", "docker-proxy", "/system.slice/docker.service"),
            "docker ps --filter publish=8080",
        ),
        (PortHolder(UNIT, WANTED, 1, "root", "systemd", "/init.scope"), "systemctl list-sockets"),
        (PortHolder(UNIT, WANTED, 7, "ann", "python3", "/system.slice/ssh.service"), "kill 7"),
        (PortHolder(UNIT, WANTED, 7, "ann", "python3", "/system.slice/cron.service"), "kill 7"),
        (PortHolder(UNIT, WANTED), "a process outside this system"),
    ],
)  # fmt: skip
def test_who_holds_a_port_is_said_with_the_way_out(holder: PortHolder, says: str) -> None:
    (said,) = port_conflicts(PLAN, (holder, holder), ())
    assert said.startswith(f"port 8080 of {UNIT} is in use\n")
    assert says in said
    for vital in ("docker", "ssh", "cron"):
        assert f"systemctl disable --now {vital}.service" not in said
    assert said.endswith("or give the service another port in the fleet file")


@pytest.mark.parametrize("unit", ["ssh.service", "sshd.service", "sshd@3-10.0.0.1:22.service"])
def test_nobody_is_told_to_end_the_ssh_server(unit: str) -> None:
    holder = PortHolder(UNIT, WANTED, 7, "root", "sshd", f"/system.slice/{unit}")
    (said,) = port_conflicts(PLAN, (holder,), ())
    assert "systemctl" not in said
    assert "kill" not in said
    assert "or give the service another port" in said


def test_units_that_the_rollout_itself_moves_are_in_nobodys_way() -> None:
    holder = PortHolder(UNIT, WANTED, 7, "x", "nginx", "/system.slice/nginx.service")
    planned = (Unit(UNIT, "/x"), Unit("nginx.service", "/usr/sbin/nginx", managed=False))
    manifest = Manifest({}, {"llama-swap-old.service": True, "nginx.service": False})
    observed = HostState(manifest=manifest)
    still = units_freeing_ports(planned, Changes(), observed)
    assert still == {UNIT, "llama-swap-old.service"}
    assert len(list(port_conflicts(PLAN, (holder,), still))) == 1
    notice = NotifiedUnits(reloads=("nginx.service",))
    moved = units_freeing_ports(planned, Changes(removed=(("/etc/nginx/x", notice),)), observed)
    assert list(port_conflicts(PLAN, (holder,), moved)) == []
