"""Rollouts that die: a second run repairs, and no half-written file is ever at a final path."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.rollout import Site, kill, set_ctx_size, wait_for
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

CONFIG = "etc/llamafleet/llama-swap/voice.yaml"


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
    assert set_ctx_size(site, "chat-small", new) != new
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
        # What the killed rollout began on the host goes on by itself, and holds the lock meanwhile.
        alpha.run("flock -w 120 /var/lib/llamafleet/lock true", sudo=True)
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
    assert set_ctx_size(site, "chat-small", 2816) != 2816
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


def test_what_nginx_refuses_replaces_nothing(pair: Lab, rolled_out: Site) -> None:
    site, alpha = rolled_out, pair.host("alpha")
    before = (alpha.root / CONFIG).read_bytes()
    assert set_ctx_size(site, "chat-small", 3328) != 3328
    site.edit('listen   = "0.0.0.0:8000"', 'listen   = "0.0.0.0:8001"')
    alpha.run("echo 'nonsense;' >/etc/nginx/conf.d/somebody.conf", sudo=True)
    try:
        done = site.roll_out()
    finally:
        alpha.run("rm /etc/nginx/conf.d/somebody.conf", sudo=True)
        site.edit('listen   = "0.0.0.0:8001"', 'listen   = "0.0.0.0:8000"')
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert 'unknown directive "nonsense"' in said
    assert "nothing was changed" in said
    assert (alpha.root / CONFIG).read_bytes() == before
    done = site.roll_out()
    assert done.returncode == 0, done.stderr[-4000:]
    assert b"--ctx-size 3328" in (alpha.root / CONFIG).read_bytes()


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
