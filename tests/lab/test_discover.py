"""`deploys/discover.py` over SSH, on hosts that systemd has booted."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from llamafleet.cli import main
from tests.lab.fixtures import require_lab
from tests.lab.hosts import HostSpec
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab
ROOT = Path(__file__).parents[2]
PYINFRA = Path(sys.executable).parent / "pyinfra"

FLEET = """fleet 1

host bare {
    address    = "BARE"
    ssh-user   = "admin"
    ssh-config = "CONFIG"
}

host cards {
    address    = "CARDS"
    ssh-user   = "admin"
    ssh-config = "CONFIG"
}
"""


@pytest.fixture(scope="module")
def pair() -> Iterator[Lab]:
    """A host without a card, and one with recorded ones of two vendors."""
    require_lab()
    with Lab((HostSpec("bare"), HostSpec("cards", gpus=("p40", "rtx3090", "rx7900xtx")))) as lab:
        yield lab


def discover(lab: Lab, folder: Path) -> str:
    assert main(["init", str(folder)]) == 0
    text = FLEET.replace("CONFIG", str(lab.ssh_config))
    for name in ("bare", "cards"):
        text = text.replace(name.upper(), lab.host(name).address)
    (folder / "fleet.fleet").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [str(PYINFRA), "hosts.py", "deploys/discover.py", "-y"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = folder / "found.fleet"
    found.write_text(f"fleet 1\n\n{done.stdout}", encoding="utf-8")
    assert main(["check", str(found)]) == 0, done.stdout
    return done.stdout


def test_hosts_are_described_as_they_are(pair: Lab, tmp_path: Path) -> None:
    shown = discover(pair, tmp_path / "site")
    bare, cards = shown[shown.index("host bare {") :].split("}", 1)
    assert "gpus" not in bare
    assert "ram     = " in bare
    assert "gpus    = [p40, rtx-3090, amd-gfx1100]" in cards
    assert "arch   = sm_61" in cards
    assert shown.count("Debian GNU/Linux 13") == 2
