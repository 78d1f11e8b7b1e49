"""Calibration on real hosts: what llama-server says it takes comes into the lock, undisturbed.

The tests of this file build on each other; the first that fails explains the rest.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.rollout import ROOT, Site, kill, wait_for
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

CALIBRATE, FACTS = "deploys/calibrate.py", "deploys/facts.py"
INSTALLED = "/opt/llamafleet/llama.cpp/cpu/llama-server"
MANIFEST = "/opt/llamafleet/llama.cpp/cpu/manifest.json"
KINDS = {"model": "weights", "output": "output", "KV": "kv", "compute": "compute"}

# Starts a server as a person would, and prints its log up to the moment at which it is ready.
WATCHED = """
timeout 120 {command} > /tmp/watched 2>&1 &
until grep -q 'model loaded' /tmp/watched; do kill -0 $! || break; sleep 0.2; done
kill $!; wait; cat /tmp/watched; rm /tmp/watched
"""


@pytest.fixture(scope="module")
def home(rolled_out: Site) -> Iterator[Site]:
    """The site, rolled out; without a lock before and afterwards."""
    lock = rolled_out.folder / "fleet.lock"
    texts = {path: path.read_text() for path in rolled_out.folder.glob("*.fleet")}
    lock.unlink(missing_ok=True)
    yield rolled_out
    lock.unlink(missing_ok=True)
    for path, text in texts.items():
        path.write_text(text)


def lock_of(home: Site) -> Any:
    """Return the contents of the lock."""
    return json.loads((home.folder / "fleet.lock").read_text())


def calibrate(home: Site, *options: str) -> str:
    """A calibration that must succeed; what it said."""
    done = home.roll_out(*options, deploy=CALIBRATE)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-6000:]
    assert "Traceback" not in said
    return said


def processes(lab: Lab, host: str) -> dict[str, str]:
    """Process ids and commands of every model server and llama-swap that a host runs."""
    pattern = "ps -eo pid=,args= | grep -E '/(llama-server|llama-swap) ' | grep -v grep"
    lines = lab.host(host).run(pattern, sudo=True).stdout.splitlines()
    return dict(line.strip().split(" ", 1) for line in lines)


def left_behind(lab: Lab, host: str) -> str:
    """Units and files of a calibration that are still there."""
    command = (
        "systemctl list-units --all --plain --no-legend 'llamafleet-calibrate*'; "
        "ls -d /run/systemd/system/llamafleet-calibrate* /var/lib/llamafleet-calibrate* "
        "/var/lib/llamafleet/calibrate/server.log 2>/dev/null; true"
    )
    return lab.host(host).run(command, sudo=True).stdout


def logged(lab: Lab, model: str, ctx_size: int, parallel: int = 1) -> dict[str, float]:
    """Return the buffers that the host's llama-server logs, without using llamafleet."""
    words = [INSTALLED, "--model", model, "--ctx-size", str(ctx_size), "--fit", "off",
             "--parallel", str(parallel), "--port", "5650", "-lv", "4"]  # fmt: skip
    log = lab.host("alpha").run(WATCHED.format(command=shlex.join(words)), sudo=True).stdout
    found: dict[str, float] = {}
    for kind, mib in re.findall(r"\S+ +(\S+) buffer size = +([\d.]+) MiB", log):
        found[KINDS[kind]] = found.get(KINDS[kind], 0.0) + float(mib)
    assert found, log[-2000:]
    return found


def check(home: Site) -> str:
    """Return the output of `llamafleet check` on the site."""
    command = [sys.executable, "-m", "llamafleet", "check", str(home.fleet)]
    done = subprocess.run(command, cwd=ROOT / "dsl", capture_output=True, text=True)
    return done.stdout + done.stderr


def test_headers_of_weights_on_hosts_come_into_the_lock(home: Site) -> None:
    done = home.roll_out(deploy=FACTS)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-4000:]
    ggufs = lock_of(home)["ggufs"]
    assert sorted(ggufs) == ["big", "small"]
    assert ggufs["small"]["facts"]["architecture"] == "llama"
    assert ggufs["small"]["files"][0]["size"] > 100_000
    before = (home.folder / "fleet.lock").read_bytes()
    assert "gguf small" not in home.roll_out(deploy=FACTS).stdout
    assert (home.folder / "fleet.lock").read_bytes() == before


def test_the_lock_has_what_the_real_server_logs(pair: Lab, home: Site) -> None:
    url = f"http://{pair.host('alpha').address}:8000"
    httpx.post(f"{url}/api/models/unload", timeout=60).raise_for_status()
    httpx.get(f"{url}/upstream/chat-small/health", timeout=180).raise_for_status()
    before = {host: processes(pair, host) for host in ("alpha", "beta")}
    assert any("--alias chat-small" in command for command in before["alpha"].values())
    rest = lock_of(home)

    said = calibrate(home)

    assert "are estimated" not in said
    assert {host: processes(pair, host) for host in ("alpha", "beta")} == before
    assert left_behind(pair, "alpha") == left_behind(pair, "beta") == ""
    found = lock_of(home)
    measured = found.pop("measured")
    assert found == rest
    assert sorted(measured) == ["alpha", "beta"]
    voice = measured["alpha"]["voice"]
    assert sorted(voice) == ["chat-small", "think-big", "think-small"]
    ctx = int(re.search(r"(?s)model chat-small {.*?ctx-size = (\d+)", home.fleet.read_text())[1])  # type: ignore[index]
    asked = (
        (voice["chat-small"], logged(pair, "/models/small.gguf", ctx)),
        (voice["think-big"], logged(pair, "/models/big.gguf", 4096)),
        (measured["beta"]["worker"]["assistant"], logged(pair, "/models/small.gguf", 4096, 2)),
    )
    for each, log in asked:
        (buffers,) = each["devices"].values()
        for kind, mib in log.items():
            assert buffers[kind] == pytest.approx(mib, abs=0.0051), (kind, each, log)
        assert buffers["total"] == pytest.approx(sum(log.values()), abs=0.03)
        assert 0 < each["load_seconds"] < 60
        assert each["host"] > 1
        assert each["prompt_per_second"] > 0
        assert each["predicted_per_second"] > 0
        assert "gpus" not in each


def test_a_second_run_measures_nothing(pair: Lab, home: Site) -> None:
    before = (home.folder / "fleet.lock").read_bytes()
    assert home.changes(deploy=CALIBRATE) == {}
    assert (home.folder / "fleet.lock").read_bytes() == before


def test_only_what_has_changed_is_measured_again(pair: Lab, home: Site) -> None:
    text = home.fleet.read_text()
    home.edit("ctx-size = 4096\n}\n\nmodel assistant", "ctx-size = 2048\n}\n\nmodel assistant")
    before = lock_of(home)["measured"]
    said = calibrate(home)
    after = lock_of(home)["measured"]
    assert before["alpha"]["voice"].pop("think-big") != after["alpha"]["voice"].pop("think-big")
    assert before == after
    assert said.count(" s; ") == 1, said
    home.fleet.write_text(text)


def test_a_wrong_value_is_reported(pair: Lab, home: Site) -> None:
    path = home.folder / "fleet.lock"
    tree = lock_of(home)
    del tree["measured"]["alpha"]["voice"]["think-big"]
    buffers = tree["measured"]["beta"]["worker"]["assistant"]["devices"]["CPU"]
    right = buffers["total"]
    buffers["kv"] += 100
    buffers["total"] += 100
    path.write_text(json.dumps(tree))
    said = check(home)
    assert "warning[measured-differs]" in said
    assert f"{right + 100:.1f}" in said
    said = calibrate(home, "--data", "calibrate_all=yes", "--limit", "beta")
    assert f"it takes {right:.1f} MiB on CPU, where {right + 100:.1f} MiB were measured on" in said
    assert "kv" in said
    assert (
        lock_of(home)["measured"]["beta"]["worker"]["assistant"]["devices"]["CPU"]["total"] == right
    )
    assert "measured-differs" not in check(home)


def test_a_run_that_dies_leaves_nothing_behind(pair: Lab, home: Site) -> None:
    host, log = pair.host("alpha"), home.folder / "rollout.log"
    before = processes(pair, "alpha")
    rollout = home.start("-y", "--limit", "alpha", deploy=CALIBRATE)
    active = "systemctl is-active --quiet llamafleet-calibrate-model"
    wait_for(lambda: host.run(active, check=False).returncode == 0, rollout, log)
    kill(rollout)
    gone = "systemctl is-active -q llamafleet-calibrate || exit 0; sleep 0.5"
    host.run(f"for n in $(seq 120); do {gone}; done; exit 1")
    assert left_behind(pair, "alpha") == ""
    assert processes(pair, "alpha") == before
    assert "think-big" not in lock_of(home)["measured"]["alpha"]["voice"]
    calibrate(home)
    assert "think-big" in lock_of(home)["measured"]["alpha"]["voice"]


def test_cards_that_are_in_use_are_left_alone_unless_told_otherwise(pair: Lab, home: Site) -> None:
    """The program is the CPU's, its cards are recordings: what they hold, a stand-in says."""
    host = pair.host("alpha")
    home.edit("backend = cpu", "backend = cuda", "build.fleet")
    done = home.roll_out("--limit", "alpha", deploy=CALIBRATE)
    said = done.stdout + done.stderr
    assert "the installed llama.cpp cpu (b11434, cpu) is not that of the fleet file" in said
    assert done.returncode != 0
    installed = f'sed -i \'s/"backend": "{{}}"/"backend": "{{}}"/\' {MANIFEST}'
    host.run(installed.format("cpu", "cuda"), sudo=True)
    before = lock_of(home)
    running = processes(pair, "alpha")
    said = calibrate(home, "--limit", "alpha")
    assert "assistant of worker was not measured: its cards are in use by " in said
    assert "llama-server-worker-0.service" in said
    assert lock_of(home) == before
    assert processes(pair, "alpha") == running

    # Whoever calls for a while without services gets it, and has them back afterwards.
    said = calibrate(home, "--limit", "alpha", "--data", "calibrate_stop=yes")
    alpha = lock_of(home)["measured"]["alpha"]
    assert alpha["worker"]["assistant"]["gpus"] == {"0": 300.0}
    assert alpha["voice"]["think-big"]["gpus"] == {"0": 300.0, "1": 300.0}
    assert left_behind(pair, "alpha") == ""
    units = ("llama-swap-voice", "llama-server-worker-0", "llama-server-worker-1")
    states = host.run(f"systemctl is-active {' '.join(units)}").stdout
    assert states.split() == ["active"] * 3
    host.run(installed.format("cuda", "cpu"), sudo=True)
