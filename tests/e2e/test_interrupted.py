"""Rollouts that die: a second run repairs, and no half-written file is ever at a final path."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.rollout import Site
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

CONFIG = "etc/llamafleet/llama-swap/voice.yaml"


def kill(rollout: subprocess.Popen[str]) -> None:
    """What a closed laptop or the kernel does: no chance to tidy up."""
    os.killpg(rollout.pid, signal.SIGKILL)
    rollout.wait(timeout=30)


def wait_for(condition: Callable[[], bool], rollout: subprocess.Popen[str], log: Path) -> None:
    """Wait until something is so while a rollout runs."""
    deadline = time.monotonic() + 600
    while not condition():
        assert rollout.poll() is None, f"the rollout ended first:\n{log.read_text()[-3000:]}"
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.005)


@contextmanager
def watched(path: Path, seen: set[bytes]) -> Iterator[None]:
    """Collect every content that a file is seen to have, read as fast as can be."""
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.add(path.read_bytes() if path.exists() else b"(absent)")

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def ctx_size(site: Site, old: int, new: int) -> None:
    site.edit(
        f"aliases  = [default]\n    ctx-size = {old}", f"aliases  = [default]\n    ctx-size = {new}"
    )


@pytest.mark.parametrize(
    "moment",
    ["staged", "owed"],
)
def test_a_rollout_killed_in_the_bundle_is_repaired_by_the_next(
    pair: Lab, rolled_out: Site, moment: str
) -> None:
    site, alpha = rolled_out, pair.host("alpha")
    root = alpha.root
    before = (root / CONFIG).read_bytes()
    new = 2304 if moment == "staged" else 2560
    old = int(before.split(b"--ctx-size ", 1)[1].split(None, 1)[0].strip(b"'"))
    ctx_size(site, old, new)
    state = root / "var/lib/llamafleet"
    condition = {
        "staged": lambda: any((state / "staging").glob("*")),
        "owed": lambda: any((state / "owed").glob("*")),
    }[moment]
    seen: set[bytes] = set()
    with watched(root / CONFIG, seen):
        rollout = site.start("-y")
        wait_for(condition, rollout, site.folder / "rollout.log")
        kill(rollout)
        time.sleep(2)
        done = site.roll_out()
        assert done.returncode == 0, done.stderr[-4000:]
    after = (root / CONFIG).read_bytes()
    assert seen <= {before, after}, [content[:300] for content in seen - {before, after}]
    assert after != before
    live = alpha.run("curl -fsS http://127.0.0.1:8080/upstream/chat-small/props").stdout
    assert f'"n_ctx":{new}' in live.replace(" ", "")
    assert site.changes() == {}


def test_a_host_that_loses_power_in_the_bundle_is_repaired_by_the_next(
    pair: Lab, rolled_out: Site
) -> None:
    site, alpha = rolled_out, pair.host("alpha")
    before = (alpha.root / CONFIG).read_bytes()
    old = int(before.split(b"--ctx-size ", 1)[1].split(None, 1)[0].strip(b"'"))
    ctx_size(site, old, 2816)
    rollout = site.start("-y")
    owed = alpha.root / "var/lib/llamafleet/owed"
    wait_for(lambda: any(owed.glob("*")), rollout, site.folder / "rollout.log")
    alpha.power_cut()
    kill(rollout)
    half_way = (alpha.root / CONFIG).read_bytes()
    alpha.boot()
    done = site.roll_out()
    assert done.returncode == 0, done.stderr[-4000:]
    after = (alpha.root / CONFIG).read_bytes()
    assert half_way in (before, after)
    assert b"--ctx-size 2816" in after
    assert site.changes() == {}


def test_a_rollout_that_cannot_reach_a_host_says_so_and_does_the_others(
    pair: Lab, rolled_out: Site
) -> None:
    beta = pair.host("beta")
    beta.cut_off()
    try:
        done = rolled_out.roll_out()
    finally:
        beta.heal()
    assert done.returncode != 0
    assert "beta" in done.stdout + done.stderr
    assert rolled_out.changes() == {}
