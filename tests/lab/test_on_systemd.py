"""The lab on a machine that systemd booted, and the installer of its packages there: inside a host.

A lab host is such a machine, so a lab in a lab tries what this machine may not be. Its control
groups are of this machine's kind: whether they are of version 2 is not this test's to choose.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import Host, HostSpec, Lab
from tests.lab.fixtures import require_lab
from tests.lab.image import base_image

pytestmark = pytest.mark.lab
CHECKOUT = Path(__file__).parents[2]
PLACES = "LLAMAFLEET_LAB_DIR=/mnt/labs LLAMAFLEET_CACHE=/mnt/cache"
# Without /dev, whose nodes cannot be made in a container, and which nspawn provides.
PREPARE = """
mount -t tmpfs tmpfs /mnt
mkdir -p /mnt/cache/lab/images/{name}/dev
tar -c --exclude=./dev -C /image . | tar -x -C /mnt/cache/lab/images/{name}
"""


@pytest.fixture(scope="module")
def outer() -> Iterator[Host]:
    """A host with the lab's code and base image, and none of the packages that the lab needs."""
    require_lab()
    image = base_image("trixie")
    spec = HostSpec("outer", binds=((str(image), "/image"),))
    with Lab((spec,)) as lab:
        host = lab.host("outer")
        host.put(CHECKOUT / "tests/lab", "/srv/tests/lab")
        pip_settings = "llamafleet_roles/pip_settings.py"
        host.put(CHECKOUT / "roles" / pip_settings, f"/srv/{pip_settings}")
        host.put(CHECKOUT / "tools/install-system.sh", "/srv/tools/install-system.sh")
        host.run(PREPARE.format(name=image.name), sudo=True)
        yield host


def inner(host: Host, words: str) -> str:
    """Run `python -m tests.lab` inside the host."""
    return host.run(f"cd /srv && {PLACES} python3 -m tests.lab {words}", sudo=True).stdout


def test_the_installer_brings_what_is_missing_and_starts_nothing(outer: Host) -> None:
    """On a fresh Debian, as a user with sudo; the second time it has nothing to do."""
    assert outer.run("command -v systemd-nspawn", check=False).returncode != 0
    outer.run("/srv/tools/install-system.sh python lab tools")
    # Not in every user's PATH on Debian, and there all the same.
    outer.run("test -x /usr/sbin/nginx && command -v systemd-nspawn debootstrap git")
    states = outer.run("systemctl is-active nginx; systemctl is-enabled nginx", check=False).stdout
    assert states.split() == ["inactive", "disabled"]
    assert outer.run("test -e /usr/sbin/policy-rc.d", check=False).returncode != 0
    assert outer.run("/srv/tools/install-system.sh python lab tools").stdout == ""


def test_hosts_are_services_of_a_machine_that_systemd_booted(outer: Host) -> None:
    """Up, rebooted from within, power cut, booted, gone; all told by that machine's own systemd."""
    lab_id = inner(outer, "up --hosts 1").split("lab ")[1][:4]
    unit = f"llamafleet-lab-{lab_id}-1.service"
    assert outer.run(f"systemctl is-active {unit}").stdout == "active\n"
    inner(outer, "ssh alpha sudo touch /run/until-the-next-boot /kept")
    outer.run(f"cd /srv && {PLACES} python3 -m tests.lab ssh alpha sudo reboot; sleep 1", sudo=True)
    gone = (
        f"{PLACES} python3 -m tests.lab ssh alpha 'test ! -e /run/until-the-next-boot -a -e /kept'"
    )
    outer.run(f"cd /srv; for n in $(seq 60); do {gone} && exit; sleep 0.5; done; exit 1", sudo=True)
    inner(outer, "power-cut alpha")
    assert "trixie, off" in inner(outer, "status")
    inner(outer, "boot alpha")
    assert "trixie, running" in inner(outer, "status")
    inner(outer, f"down {lab_id}")
    left = outer.run(f"systemctl list-units --all --plain --no-legend {unit}; ls /mnt/labs")
    assert left.stdout.split() == ["network.lock", "teardown.lock"]
