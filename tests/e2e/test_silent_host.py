"""A host whose network goes silent in the middle of a rollout, and stays so."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from llamafleet_roles.pyinfra_hooks.connection import KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT
from tests.e2e.rollout import Site, make_site, wait_for
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
    hosts  = [alpha, beta]
    build  = slow
    model  = assistant
    listen = "127.0.0.1:39000"
}}
"""


@pytest.fixture
def slow_site(pair: Lab, tmp_path: Path) -> Site:
    """A site that compiles something for a while on both hosts."""
    archive = tmp_path / "slow.tar.gz"
    sha256 = write_slow_source(archive)
    values = {
        "alpha": pair.host("alpha").address,
        "beta": pair.host("beta").address,
        # pyinfra reads ServerAliveInterval there, and the hooks must not need it.
        "ssh_config": str(without_keepalive(pair.ssh_config, tmp_path / "ssh_config")),
        "hub_sha256": "0" * 64,
    }
    environment = {"LLAMAFLEET_BUILD_CACHE": "off", "PYINFRA_PROGRESS": "off"}
    site = make_site(tmp_path / "inventory", values, environment)
    site.fleet.write_text(FLEET.format(url=archive.as_uri(), sha256=sha256))
    return site


def without_keepalive(config: Path, copy: Path) -> Path:
    lines = [line for line in config.read_text().splitlines() if "ServerAlive" not in line]
    copy.write_text("\n".join(lines) + "\n")
    return copy


def test_a_host_that_goes_silent_is_given_up_and_the_other_one_is_finished(
    pair: Lab, slow_site: Site
) -> None:
    alpha, beta = pair.host("alpha"), pair.host("beta")
    for host in (alpha, beta):  # from an earlier run, or another test
        host.run("rm -rf /opt/llamafleet/llama.cpp/slow*", sudo=True)
    log = slow_site.folder / "rollout.log"
    rollout = slow_site.start("-y", deploy="deploys/build.py")
    compiling = beta.root / "var/lib/llamafleet/build"
    wait_for(lambda: any(compiling.glob("*/tree/build/step3")), rollout, log)
    beta.cut_off()
    began = time.monotonic()
    try:
        wait_for(lambda: "closing the connection" in log.read_text(), rollout, log)
        took = time.monotonic() - began
        rollout.wait(timeout=600)  # as long as the other host needs
    finally:
        if rollout.poll() is None:
            rollout.kill()
        beta.heal()
    said = log.read_text()
    assert rollout.returncode == 1, said[-3000:]
    assert took <= KEEPALIVE_TIMEOUT + 4 * KEEPALIVE_INTERVAL + 10, f"{took:.0f} s\n{said[-3000:]}"
    [given_up] = [line for line in said.splitlines() if "closing the connection" in line]
    assert "[beta]" in given_up
    assert "lost the connection during a command: run this again" in said
    assert "Traceback" not in said
    # The build is a unit of its own: it went on, and the other host was finished meanwhile.
    assert (alpha.root / "opt/llamafleet/llama.cpp/slow").is_symlink()

    done = slow_site.roll_out(deploy="deploys/build.py")
    assert done.returncode == 0, done.stderr[-4000:]
    assert (beta.root / "opt/llamafleet/llama.cpp/slow").is_symlink()
    for host in (alpha, beta):
        host.run("rm -rf /opt/llamafleet/llama.cpp/slow*", sudo=True)
