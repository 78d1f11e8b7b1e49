"""The real llama-server and llama-swap under their sandbox: they answer, and write their folders.

What the rules say that our build cannot serve is asked of the build itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from llamafleet.compiler import compile_text
from llamafleet.plan import plan_host
from llamafleet.targets.plan_types import HostPlan
from tests.e2e.rollout import Site
from tests.lab.hosts import Host
from tests.lab.lab import Lab
from tests.lab.units import journal, put_units, started

pytestmark = pytest.mark.lab

INSTALLED = "/opt/llamafleet/llama.cpp/cpu/llama-server"
UNIT = "llama-server-folders-0.service"
FLEET = """fleet 1
host alpha {
    ram = 8GiB
}
build cpu {
    ref     = "b11434"
    backend = cpu
}
gguf small {
    path = "/models/small.gguf"
}
model folders {
    gguf                 = small
    ctx-size             = 2048
    threads              = 1
    cpu-mask             = "1"
    prio                 = -1
    slots                = on
    slot-save-path       = "/srv/folders/slots"
    log-file             = "/srv/folders/log/server.log"
    log-prompts-dir      = "prompts"
}
llama-server folders {
    host   = alpha
    build  = cpu
    model  = folders
    listen = "0.0.0.0:9100"
}
"""


def plan() -> HostPlan:
    found = compile_text(FLEET)
    assert found.fleet is not None, [each.message for each in found.diagnostics]
    return plan_host(found.fleet, "alpha")


@pytest.fixture(scope="module")
def alpha(pair: Lab, rolled_out: Site) -> Iterator[Host]:
    """A host with builds and units of the site, and one unit of this file's beside them."""
    host = pair.host("alpha")
    put_units(host, plan())
    yield host
    host.run(f"systemctl stop {UNIT}; rm -r /etc/systemd/system/{UNIT} /srv/folders", sudo=True)
    host.run("systemctl daemon-reload", sudo=True)


def units(host: Host) -> list[str]:
    shown = host.run("systemctl list-units --plain --no-legend --state=active 'llama-s*'").stdout
    return [line.split()[0] for line in shown.splitlines()]


def chat(host: Host, port: int, model: str) -> httpx.Response:
    body = {
        "model": model,
        "max_tokens": 8,
        "messages": [{"role": "user", "content": "Say something."}],
    }
    return httpx.post(f"http://{host.address}:{port}/v1/chat/completions", json=body, timeout=120)


def test_every_live_unit_is_as_little_exposed_as_promised(alpha: Host) -> None:
    found = units(alpha)
    assert "llama-swap-voice.service" in found
    assert "llama-server-worker-0.service" in found
    for unit in found:
        command = f"systemd-analyze security --threshold=15 --no-pager {unit}"
        done = alpha.run(command, sudo=True, check=False)
        assert done.returncode == 0, done.stdout


def test_models_answer_and_their_processes_are_confined(alpha: Host) -> None:
    for port, model in ((8000, "chat-small"), (37081, "assistant")):
        assert chat(alpha, port, model).json()["choices"][0]["message"]["content"]
    user = alpha.run("id -u llamafleet").stdout.strip()
    pids = alpha.run("pgrep -x llama-server").stdout.split()
    assert len(pids) >= 3  # two workers, and a child of llama-swap
    for pid in pids:
        status = alpha.run(f"cat /proc/{pid}/status", sudo=True).stdout
        found = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert found["Uid"].split() == [user] * 4
        assert (found["Seccomp"], found["NoNewPrivs"], int(found["CapBnd"], 16)) == ("2", "1", 0)


def test_a_real_server_writes_to_the_folders_that_its_flags_name(alpha: Host) -> None:
    assert started(alpha, UNIT) == ""
    url = f"http://{alpha.address}:9100"
    transport = httpx.HTTPTransport(retries=10)
    with httpx.Client(transport=transport, timeout=60) as client:
        for _ in range(60):
            if client.get(f"{url}/health").status_code == 200:
                break
            alpha.run("sleep 0.5")
        answer = chat(alpha, 9100, "folders")
        assert answer.status_code == 200, journal(alpha, UNIT)
        saved = client.post(f"{url}/slots/0?action=save", json={"filename": "one"})
    assert saved.status_code == 200, saved.text
    paths = (
        "/srv/folders/slots/one",
        "/srv/folders/log/server.log",
        "/var/lib/llama-server-folders-0/prompts",
    )
    shown = alpha.run(f"stat -c '%U %n' {' '.join(paths)}", sudo=True).stdout
    assert shown.splitlines() == [f"llamafleet {path}" for path in paths]
    assert alpha.run(f"ls {paths[2]}", sudo=True).stdout.split()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("--ssl-key-file /k --ssl-cert-file /c", "built without SSL support"),
        ("--rpc 127.0.0.1:1", "--rpc"),
        ("-hf ggml-org/tiny:Q8_0", ""),
    ],
)
def test_the_build_lacks_what_the_rules_say_that_it_lacks(
    alpha: Host, flags: str, said: str
) -> None:
    command = f"{INSTALLED} --model /models/small.gguf --ctx-size 512 --port 9101 {flags}"
    if flags.startswith("-hf"):
        command = f"{INSTALLED} --ctx-size 512 --port 9101 {flags}"
    done = alpha.run(f"timeout 60 {command} 2>&1", check=False)
    assert done.returncode not in (0, 124), done.stdout[-2000:]
    assert said in done.stdout


def test_the_build_has_no_web_page(alpha: Host) -> None:
    assert started(alpha, UNIT) == ""
    answer = httpx.get(f"http://{alpha.address}:9100/", timeout=30)
    assert answer.status_code == 404, json.dumps(dict(answer.headers))
