"""The main job, told in order: one fleet file, two hosts, models that answer.

The tests of this file build on each other; the first that fails explains the rest.
"""

from __future__ import annotations

import json
import subprocess
import sys

import httpx
import pytest

from tests.e2e.rollout import ROOT, Site, set_ctx_size
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

CONNECTING = "Connecting to hosts"


def running(url: str) -> list[str]:
    """Ids of the models that llama-swap has loaded."""
    answer = httpx.get(f"{url}/running", timeout=10).json()
    return sorted(each["model"] for each in answer["running"] if each["state"] == "ready")


def load(url: str, model: str) -> None:
    """Have llama-swap load a model, without spending tokens."""
    httpx.get(f"{url}/upstream/{model}/health", timeout=180).raise_for_status()


def started(lab: Lab, host: str) -> dict[str, str]:
    """Return when each unit of the fleet on a host last became active."""
    command = "systemctl show -p Id -p ActiveEnterTimestampMonotonic 'llama-*' nginx.service"
    stanzas = lab.host(host).run(command).stdout.strip().split("\n\n")
    pairs = (dict(line.split("=", 1) for line in stanza.splitlines()) for stanza in stanzas)
    return {each["Id"]: each["ActiveEnterTimestampMonotonic"] for each in pairs}


def managed_files(lab: Lab, host: str) -> str:
    """Inode, times and path of everything that llamafleet put on a host."""
    places = "/etc/llamafleet /etc/nginx/conf.d /etc/systemd/system /opt/llamafleet"
    return lab.host(host).run(f"find {places} -printf '%p %i %T@ %s\\n' | sort", sudo=True).stdout


def test_the_first_rollout_builds_and_starts_everything(pair: Lab, site: Site) -> None:
    done = site.roll_out()
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
    assert CONNECTING in done.stdout + done.stderr
    for host in ("alpha", "beta"):
        units = started(pair, host)
        assert {"llama-server-worker-0.service", "llama-server-worker-1.service"} <= units.keys()


def test_the_verification_suite_agrees(pair: Lab, site: Site) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/verify"]
    options = ["--fleet", str(site.fleet), "--ssh-config", str(pair.ssh_config)]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:]
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout.splitlines()[-1], done.stdout[-3000:]


def test_a_second_rollout_changes_nothing(pair: Lab, site: Site) -> None:
    before = {host: (managed_files(pair, host), started(pair, host)) for host in ("alpha", "beta")}
    assert site.changes() == {}
    after = {host: (managed_files(pair, host), started(pair, host)) for host in ("alpha", "beta")}
    assert after == before


def test_a_completion_streams_through_nginx(pair: Lab) -> None:
    address = pair.host("alpha").address
    for port, model in ((8000, "chat-small"), (37000, "assistant")):
        body = {
            "model": model,
            "stream": True,
            "max_tokens": 16,
            "messages": [{"role": "user", "content": "Say something."}],
        }
        url = f"http://{address}:{port}/v1/chat/completions"
        with httpx.stream("POST", url, json=body, timeout=180) as reply:
            assert reply.status_code == 200, reply.read()
            assert reply.headers["content-type"].startswith("text/event-stream")
            lines = [line for line in reply.iter_lines() if line.startswith("data: {")]
        choices = [json.loads(line.removeprefix("data: "))["choices"] for line in lines]
        pieces = [each[0]["delta"].get("content") for each in choices if each]
        assert len([piece for piece in pieces if piece]) >= 3, f"{model}: {pieces}"


def test_asking_for_the_third_model_evicts_what_the_matrix_says(pair: Lab) -> None:
    url = f"http://{pair.host('alpha').address}:8000"
    httpx.post(f"{url}/api/models/unload", timeout=60).raise_for_status()
    load(url, "chat-small")
    load(url, "think-small")
    assert running(url) == ["chat-small", "think-small"]
    load(url, "think-big")
    assert running(url) == ["think-big"]
    load(url, "chat-small")
    assert running(url) == ["chat-small"]


def test_every_replica_of_both_hosts_answers_through_nginx(pair: Lab) -> None:
    url = f"http://{pair.host('alpha').address}:37000/v1/completions"
    body = {"model": "assistant", "prompt": "one", "max_tokens": 2}
    for _ in range(12):
        httpx.post(url, json=body, timeout=60).raise_for_status()
    for host in ("alpha", "beta"):
        for unit in ("llama-server-worker-0", "llama-server-worker-1"):
            log = pair.host(host).run(f"journalctl -u {unit} -o cat", sudo=True).stdout
            assert "stop processing" in log, f"{unit} on {host} never worked:\n{log[-1500:]}"


def test_a_change_of_one_model_touches_only_its_host(pair: Lab, site: Site) -> None:
    before = {host: (managed_files(pair, host), started(pair, host)) for host in ("alpha", "beta")}
    assert set_ctx_size(site, "chat-small", 3072) != 3072
    changes = site.changes()
    assert {host for hosts in changes.values() for host in hosts} == {"alpha"}, changes
    assert (managed_files(pair, "beta"), started(pair, "beta")) == before["beta"]
    units = started(pair, "alpha")
    restarted = {name for name, since in units.items() if since != before["alpha"][1][name]}
    assert restarted == {"llama-swap-voice.service"}
    url = f"http://{pair.host('alpha').address}:8000"
    load(url, "chat-small")
    props = httpx.get(f"{url}/upstream/chat-small/props", timeout=30).json()
    assert props["default_generation_settings"]["n_ctx"] == 3072


def test_a_syntax_error_stops_before_any_host_is_touched(pair: Lab, site: Site) -> None:
    site.edit("set coding = think-big", "set coding = think-big &")
    for host in pair.hosts:
        host.cut_off()
    try:
        done = site.roll_out()
    finally:
        for host in pair.hosts:
            host.heal()
        site.edit("set coding = think-big &", "set coding = think-big")
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "error[syntax]" in said
    assert "fleet.fleet:" in said
    assert "Traceback" not in said
    assert CONNECTING not in said
    assert "not connect" not in said
