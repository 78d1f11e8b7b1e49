"""Weights that change are served: by a lock's word, or because somebody put other bytes there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import HUB_FILE, HUB_REPOSITORY
from tests.e2e.rollout import ROOT, Site
from tests.lab.hub import Hub
from tests.lab.hub_store import StoredFile
from tests.lab.lab import Lab
from tests.lab.tiny_gguf import tiny_gguf

pytestmark = pytest.mark.lab

HUB_PATH = f"/var/lib/llamafleet/models/{HUB_REPOSITORY}/{HUB_FILE}"
SWAP, WORKER = "llama-swap-voice.service", "llama-server-worker-0.service"


def verify(lab: Lab, site: Site) -> subprocess.CompletedProcess[str]:
    """Ask both hosts whether they serve the weights that they have."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/verify"]
    options = ["--fleet", str(site.fleet), "--ssh-config", str(lab.ssh_config)]
    chosen = ["-k", "are_as_planned or has_loaded_the_weights or lists_the_planned_models"]
    return subprocess.run([*command, *options, *chosen], cwd=ROOT, capture_output=True, text=True)


def since(lab: Lab, host: str, unit: str) -> str:
    """Return when a unit last became active."""
    show = f"systemctl show -p ActiveEnterTimestampMonotonic --value {unit}"
    return lab.host(host).run(show).stdout.strip()


def mapped(lab: Lab, host: str, path: str) -> str:
    """Return the mappings of a file in the processes of a host, `(deleted)` if it was replaced."""
    look = f"grep -hF {path} /proc/[0-9]*/maps | sort -u"
    return lab.host(host).run(look, sudo=True, check=False).stdout


def answer(lab: Lab) -> str:
    """The most likely words of the model from the Hub."""
    url = f"http://{lab.host('alpha').address}:8000/v1/completions"
    body = {"model": "think-small", "prompt": "one two", "max_tokens": 24, "temperature": 0}
    reply = httpx.post(url, json=body, timeout=180)
    reply.raise_for_status()
    return str(reply.json()["choices"][0]["text"])


def test_other_bytes_at_the_same_path_are_downloaded_and_served(
    pair: Lab, rolled_out: Site, hub: Hub
) -> None:
    before = answer(pair)
    assert "(deleted)" not in mapped(pair, "alpha", HUB_PATH)
    worker, swap = since(pair, "alpha", WORKER), since(pair, "alpha", SWAP)
    old = hub.repositories[HUB_REPOSITORY].files[HUB_FILE].sha256
    new = StoredFile(tiny_gguf(seed=33, name="hub"))
    hub.add(HUB_REPOSITORY, {HUB_FILE: new})
    rolled_out.edit(old, new.sha256)

    told = verify(pair, rolled_out)
    assert told.returncode == 1, told.stdout[-3000:]
    assert f"alpha:{HUB_PATH} has SHA-256 {old}, planned {new.sha256}" in told.stdout

    # Only the download: now the path has bytes that the process does not serve.
    done = rolled_out.roll_out(deploy="deploys/models.py")
    assert done.returncode == 0, done.stderr[-4000:]
    assert since(pair, "alpha", SWAP) == swap
    told = verify(pair, rolled_out)
    assert told.returncode == 1, told.stdout[-3000:]
    assert f"{SWAP} on alpha loaded {HUB_PATH} before the file was replaced" in told.stdout
    assert "serves think-small in another configuration" in told.stdout

    done = rolled_out.roll_out()
    assert done.returncode == 0, done.stderr[-4000:]
    assert since(pair, "alpha", SWAP) != swap
    assert since(pair, "alpha", WORKER) == worker
    assert answer(pair) != before
    assert "(deleted)" not in mapped(pair, "alpha", HUB_PATH)
    told = verify(pair, rolled_out)
    assert told.returncode == 0, told.stdout[-3000:]
    assert rolled_out.changes() == {}


def test_weights_that_somebody_replaced_on_a_host_are_found_and_loaded(
    pair: Lab, rolled_out: Site, weights: Path
) -> None:
    """Both hosts see the same folder; what serves this file is restarted there, nothing else."""
    path = weights / "small.gguf"
    fresh = weights / "small.gguf.new"
    shutil.copyfile(path, fresh)
    before = {host: since(pair, host, WORKER) for host in ("alpha", "beta")}
    fresh.replace(path)
    told = verify(pair, rolled_out)
    assert told.returncode == 1, told.stdout[-3000:]
    for host in ("alpha", "beta"):
        assert f"{WORKER} on {host} loaded /models/small.gguf" in told.stdout

    done = rolled_out.roll_out(deploy="deploys/services.py")
    assert done.returncode == 0, done.stderr[-4000:]
    assert all(since(pair, host, WORKER) != before[host] for host in before)
    told = verify(pair, rolled_out)
    assert told.returncode == 0, told.stdout[-3000:]
    assert rolled_out.changes(deploy="deploys/services.py") == {}
