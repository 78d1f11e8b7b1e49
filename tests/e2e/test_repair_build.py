"""A rollout killed while llama.cpp compiles: the next one attaches to the build that goes on."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from tests.e2e.rollout import Site, kill, make_site, wait_for
from tests.e2e.slow_source import write_slow_source
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

FLEET = """\
fleet 1

include "hosts.fleet"

build slow {{
    ref     = "slow-1"
    source  = archive
    url     = "{url}"
    sha256  = "{sha256}"
    backend = cpu
}}

gguf small {{
    path = "/models/small.gguf"
}}

model assistant {{
    gguf     = small
    ctx-size = 2048
}}

llama-server slow {{
    host   = beta
    build  = slow
    model  = assistant
    listen = "127.0.0.1:39000"
}}
"""

UNIT = "llamafleet-build-*"


@pytest.fixture
def slow_site(pair: Lab, tmp_path: Path) -> Site:
    """A site of its own, whose controller keeps no builds."""
    archive = tmp_path / "slow.tar.gz"
    sha256 = write_slow_source(archive)
    values = {
        "alpha": pair.host("alpha").address,
        "beta": pair.host("beta").address,
        "ssh_config": str(pair.ssh_config),
        "hub_sha256": "0" * 64,
    }
    environment = {"LLAMAFLEET_BUILD_CACHE": "off", "PYINFRA_PROGRESS": "off"}
    site = make_site(tmp_path / "inventory", values, environment)
    site.fleet.write_text(FLEET.format(url=archive.as_uri(), sha256=sha256))
    return site


def test_a_rollout_killed_while_compiling_is_repaired_by_the_next(
    pair: Lab, slow_site: Site
) -> None:
    beta = pair.host("beta")
    installs = beta.root / "opt/llamafleet/llama.cpp"
    log = slow_site.folder / "rollout.log"
    rollout = slow_site.start("-y", "--limit", "beta", deploy="deploys/build.py")
    wait_for(lambda: re.search(r"\b[1-9]\d?/2\d", log.read_text()) is not None, rollout, log)
    kill(rollout)
    assert not (installs / "slow").exists()
    show = f"systemctl show -p ActiveState -p InvocationID '{UNIT}'"
    before = beta.run(show, sudo=True).stdout
    assert "ActiveState=active" in before or "ActiveState=activating" in before, before

    started = time.monotonic()
    done = slow_site.roll_out("--limit", "beta", deploy="deploys/build.py")
    assert done.returncode == 0, done.stderr[-4000:]
    # Twenty steps of a second on one job at least: begun anew it would have taken them all again.
    count = beta.run("grep -c '== unpacking' /var/log/llamafleet/build-slow-*.log", sudo=True)
    assert count.stdout.strip() == "1", f"{count.stdout} after {time.monotonic() - started:.0f} s"
    assert (installs / "slow").is_symlink()
    said = beta.run("/opt/llamafleet/llama.cpp/slow/llama-server --version").stdout
    assert said.strip() == "version: 1 (slow)"
    assert slow_site.changes("--limit", "beta", deploy="deploys/build.py") == {}
