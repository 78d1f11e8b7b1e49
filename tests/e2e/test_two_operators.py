"""Two operators: whoever comes second is told who was first, and nothing is forgotten."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.e2e.rollout import Site
from tests.e2e.site_edits import EXTRA, manifest, succeeded
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab


def test_of_two_operators_at_the_same_moment_one_is_refused_and_nothing_is_forgotten(
    pair: Lab, rolled_out: Site, tmp_path: Path
) -> None:
    alpha = pair.host("alpha")
    succeeded(rolled_out)
    sites = {}
    for number, name in enumerate(("extra-a", "extra-b")):
        folder = tmp_path / name
        shutil.copytree(rolled_out.folder, folder)
        text = (folder / "fleet.fleet").read_text()
        (folder / "fleet.fleet").write_text(text + EXTRA.format(name=name, port=39100 + number))
        sites[name] = Site(folder, rolled_out.environment)
    runs = {name: site.start("-y", "--limit", "alpha") for name, site in sites.items()}
    for run in runs.values():
        run.wait(timeout=600)
    logs = {name: (site.folder / "rollout.log").read_text() for name, site in sites.items()}
    codes = {name: run.returncode for name, run in runs.items()}
    assert sorted(code != 0 for code in codes.values()) == [False, True], (codes, logs)
    loser = next(name for name, code in codes.items() if code)
    assert "another rollout has changed this host since this one was prepared" in logs[loser]
    assert re.search(r"by \S+@\S+", logs[loser])
    assert f"from {pair.gateway}, since 20" in logs[loser]
    assert "Traceback" not in logs[loser]
    succeeded(sites[loser], "--limit", "alpha")
    units = alpha.run("ls /etc/systemd/system | grep ^llama-").stdout.split()
    managed = {name for name, each in manifest(alpha)["units"].items() if each}
    assert set(units) <= managed
    assert [each for each in units if "extra" in each] == [f"llama-server-{loser}-0.service"]
    succeeded(rolled_out)
    assert "extra" not in alpha.run("ls /etc/systemd/system").stdout
    assert rolled_out.changes() == {}
