"""Units under Debian 13's and Debian 12's systemd: exposure, folders, ports, and an answer.

The llama-swap is the real one where there is one; the llama-server is a stand-in that says so, and
tests/e2e holds the real one to the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from llamafleet.compiler import compile_text
from llamafleet.plan import plan_host
from llamafleet.targets.plan_types import HostPlan
from tests.golden.test_real_tools import MOST_EXPOSED
from tests.lab import Host, HostSpec, Lab
from tests.lab.fixtures import require_lab
from tests.lab.image import RELEASED
from tests.lab.llama_swap import find_llama_swap
from tests.lab.units import journal, put_units, started

pytestmark = pytest.mark.lab
STAND_IN = Path(__file__).with_name("model_server_stand_in.py")
GOLDEN_UNITS = sorted(Path(__file__).parents[1].glob("golden/*/*/etc/systemd/system/*.service"))
SERVER = "/opt/llamafleet/llama.cpp/c/llama-server"

WEIGHTS = """
groupadd readers && usermod --append --groups readers llamafleet
install -m 640 -g readers /srv/server.py /tmp/weights.gguf
"""
"""Weights that the service's user may read by a group of its own alone."""

FLEET = """fleet 1
host h {
    ram = 4GiB
}
build c {
    ref     = "b11434"
    backend = cpu
}
gguf g {
    path = "/tmp/weights.gguf"
}
model chat {
    gguf           = g
    ctx-size       = 2048
    slot-save-path = "/srv/state/slots"
    log-file       = "/var/log/llm/chat.log"
}
model temporary {
    gguf           = g
    ctx-size       = 2048
    slot-save-path = "/tmp/slots"
}
model script {
    command = ["/srv/server.py", "--model", "/srv/server.py", "--port", "${PORT}"]
}
model boxed {
    command = ["/usr/bin/unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc",
        "/usr/bin/python3", "/srv/server.py", "--model", "/srv/server.py", "--port", "${PORT}",
    ]
}
llama-swap s {
    host       = h
    build      = c
    listen     = "127.0.0.1:8080"
    models     = [chat, temporary]
    store-path = "/srv/figures/s.db"
}
llama-swap own {
    host       = h
    listen     = "127.0.0.1:8081"
    start-port = 6000
    models     = [script]
}
llama-swap boxes {
    host       = h
    listen     = "127.0.0.1:8082"
    start-port = 6100
    models     = [boxed]
}
llama-server w {
    host   = h
    build  = c
    model  = chat
    listen = "127.0.0.1:9000"
}
llama-server low {
    host   = h
    build  = c
    model  = temporary
    listen = "127.0.0.1:80"
}
"""
UNITS = {
    "llama-swap-s.service": 8080,
    "llama-swap-own.service": 8081,
    "llama-swap-boxes.service": 8082,
    "llama-server-w-0.service": 9000,
    "llama-server-low-0.service": 80,
}


def plan() -> HostPlan:
    found = compile_text(FLEET)
    assert found.fleet is not None, [each.message for each in found.diagnostics]
    return plan_host(found.fleet, "h")


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A host of each Debian, with everything in place and nothing started."""
    require_lab()
    swap = find_llama_swap(tmp_path_factory.mktemp("llama-swap"))
    with Lab(tuple(HostSpec(suite, suite) for suite in RELEASED)) as lab:
        for host in lab.hosts:
            host.put(STAND_IN, SERVER)
            host.put(STAND_IN, "/srv/server.py")
            host.run(f"chmod 755 {SERVER} /srv/server.py", sudo=True)
            for release in plan().releases:
                host.put(swap.path, release.path)
            put_units(host, plan())
            host.run(WEIGHTS, sudo=True)
        yield lab


@pytest.fixture(params=RELEASED)
def host(request: pytest.FixtureRequest, hosts: Lab) -> Host:
    return hosts.host(request.param)


def chat(host: Host, port: int, model: str) -> str:
    """Return the response of a model, or the reason why there is none."""
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "hello"}]})
    answer = host.run(
        f"curl -sS -m 60 http://127.0.0.1:{port}/v1/chat/completions "
        f"-H 'Content-Type: application/json' -d '{body}'"
    ).stdout
    try:
        return str(json.loads(answer)["choices"][0]["message"]["content"])
    except (ValueError, KeyError):
        return answer


def uid(host: Host) -> str:
    return host.run("id -u llamafleet").stdout.strip()


@pytest.mark.parametrize(
    "golden", GOLDEN_UNITS, ids=lambda path: f"{path.parents[3].name}-{path.stem}"
)
def test_a_golden_unit_is_as_little_exposed_as_promised(host: Host, golden: Path) -> None:
    text = golden.read_text()
    most = MOST_EXPOSED["PrivateDevices=yes" in text.splitlines()]
    command = (
        f"cat > /tmp/{golden.name} && "
        f"systemd-analyze security --offline=true --threshold={most} --no-pager /tmp/{golden.name}"
    )
    done = host.run(command, stdin=text.encode(), check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_takes_every_line_that_its_version_knows(host: Host, unit: str) -> None:
    said = host.run(f"systemd-analyze verify --man=no {unit} 2>&1", sudo=True).stdout
    unknown = [line for line in said.splitlines() if "Restart" not in line or "Unknown" not in line]
    assert unknown == []
    if "trixie" in host.name:
        assert said == ""
        shown = host.run(f"systemctl show -p RestartSteps -p RestartMaxDelayUSec {unit}").stdout
        assert shown.split() == ["RestartSteps=5", "RestartMaxDelayUSec=1min"]


@pytest.mark.parametrize(
    ("unit", "model"),
    [
        ("llama-swap-s.service", "chat"),
        ("llama-swap-s.service", "temporary"),
        ("llama-swap-own.service", "script"),
        ("llama-swap-boxes.service", "boxed"),
        ("llama-server-w-0.service", "chat"),
        ("llama-server-low-0.service", "temporary"),
    ],
)
def test_a_model_answers_under_its_unit(host: Host, unit: str, model: str) -> None:
    assert started(host, unit) == ""
    port = UNITS[unit]
    host.run(f"curl -sS --retry 30 --retry-connrefused --retry-delay 1 127.0.0.1:{port}/health")
    expected = "uid 0" if model == "boxed" else f"uid {uid(host)}"
    assert chat(host, port, model) == expected, journal(host, unit)


def test_folders_are_made_for_the_user_and_written(host: Host) -> None:
    for unit in ("llama-swap-s.service", "llama-server-w-0.service", "llama-server-low-0.service"):
        assert started(host, unit) == ""
    chat(host, 8080, "chat"), chat(host, 8080, "temporary")
    paths = "/srv/state/slots/slot.bin /var/log/llm/chat.log /srv/figures/s.db /tmp/slots/slot.bin"
    shown = host.run(f"stat -c '%U %n' {paths}", sudo=True).stdout.split("\n")
    assert shown[:-1] == [f"llamafleet {path}" for path in paths.split()]


def test_a_folder_of_somebody_else_is_left_alone_and_said(host: Host) -> None:
    unit = "llama-server-w-0.service"
    host.run(
        f"systemctl stop {unit}; rm -rf /srv/state/slots; "
        "install -d -m 755 -o games /srv/state/slots",
        sudo=True,
    )
    said = started(host, unit)
    assert "/srv/state/slots is not writable by llamafleet" in said
    assert host.run("stat -c '%U %a' /srv/state/slots").stdout == "games 755\n"
    host.run(f"systemctl stop {unit}; rm -r /srv/state/slots", sudo=True)
    assert started(host, unit) == ""


def test_a_folder_that_cannot_be_made_stops_its_model_alone(host: Host) -> None:
    unit = "llama-swap-s.service"
    host.run(f"systemctl stop {unit}; rm -rf /srv/state /tmp/slots", sudo=True)
    host.run("mkdir /srv/state && mount -t tmpfs -o ro tmpfs /srv/state", sudo=True)
    assert started(host, unit) == ""
    assert chat(host, 8080, "temporary") == f"uid {uid(host)}", journal(host, unit)
    assert "uid" not in chat(host, 8080, "chat")
    host.run(f"umount /srv/state; systemctl restart {unit}", sudo=True)
    assert chat(host, 8080, "chat") == f"uid {uid(host)}", journal(host, unit)


def status(host: Host, unit: str) -> dict[str, str]:
    """Return /proc/PID/status of a unit's main process."""
    text = host.run(f"cat /proc/{main_process(host, unit)}/status", sudo=True).stdout
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def main_process(host: Host, unit: str) -> str:
    assert started(host, unit) == ""
    return host.run(f"systemctl show -p MainPID --value {unit}").stdout.strip()


def test_programs_that_make_containers_may_gain_what_setuid_gives(host: Host) -> None:
    assert status(host, "llama-swap-boxes.service")["NoNewPrivs"] == "0"


def test_a_process_has_lost_what_its_unit_takes_away(host: Host) -> None:
    pid = main_process(host, "llama-server-w-0.service")
    found = status(host, "llama-server-w-0.service")
    assert found["NoNewPrivs"] == "1"
    assert found["Seccomp"] == "2"
    assert int(found["CapBnd"], 16) == 0
    same = f"test $(readlink /proc/{pid}/ns/user) = $(readlink /proc/1/ns/user)"
    assert host.run(same, sudo=True, check=False).returncode != 0
