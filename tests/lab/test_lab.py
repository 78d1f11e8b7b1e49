"""The lab itself: what it promises about its hosts, and that nothing of it stays behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab import Host, HostSpec, Lab, LabError
from tests.lab.fixtures import require_lab
from tests.lab.paths import lab_directory, labs_directory
from tests.lab.shell import run
from tests.lab.teardown import sweep

pytestmark = pytest.mark.lab
CHECKOUT = Path(__file__).parents[2]


def traces(lab_id: str) -> list[str]:
    """All that is left of a lab on this machine; found without the code that removes it."""
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    lines = mounts + run("ip", "-oneline", "link").splitlines()
    lines += run("iptables-save").splitlines() + run("ps", "-eo", "args").splitlines()
    groups = run("find", "/sys/fs/cgroup", "-name", f"*{lab_id}*", "-type", "d", check=False)
    # Four hexadecimal digits also stand in the middle of other programs' longer ids.
    alone = re.compile(rf"(?<![0-9a-f]){lab_id}(?![0-9a-f])")
    found = [line for line in [*lines, *groups.split()] if alone.search(line)]
    # nspawn's lock files, named by inode, are its own business.
    found += run(
        "find", "/run/systemd/nspawn", "-name", f"{lab_id}-*", "-type", "d", check=False
    ).split()
    return found + [str(path) for path in labs_directory().glob(f"*{lab_id}*")]


def wait_until_gone(lab_id: str, seconds: float = 30) -> list[str]:
    """Wait until nothing is left of a lab; what is left when the time is up."""
    deadline = time.monotonic() + seconds
    while (left := traces(lab_id)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return left


def test_two_hosts_are_up_quickly_and_without_a_failed_unit(lab: Lab) -> None:
    """Boots again from off, for the time; the image may have had to be made before."""
    started = time.monotonic()
    with Lab(("one", "two")) as fresh:
        assert time.monotonic() - started < 30
        for host in fresh.hosts:
            assert host.run("systemctl is-system-running").stdout.strip() == "running"
            assert host.run("cat /proc/1/comm").stdout.strip() == "systemd"
        one = fresh.host("one")
        assert one.run("getent hosts two").stdout.split()[0] == fresh.host("two").address
        lab_id = fresh.id
    assert traces(lab_id) == []


def test_ssh_config_is_all_that_ssh_needs(lab: Lab) -> None:
    """As pyinfra, testinfra and people use it: a known host key, an administrator with sudo."""
    for host in lab.hosts:
        command = ("ssh", "-F", lab.ssh_config, host.name, "hostname; id -un; sudo -n id -un")
        assert run(*command).split() == [host.name, "admin", "root"]


def test_a_host_with_another_key_is_refused(lab: Lab) -> None:
    """A host key that is not the known one ends the connection; nobody is asked."""
    command = ("ssh", "-F", lab.ssh_config, "-o", "HostKeyAlias=beta", "alpha", "true")
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 255
    assert b"verification failed" in done.stderr


def test_apt_installs_a_package_from_the_machines_mirror(lab: Lab) -> None:
    """The hosts reach the package registry by themselves."""
    host = lab.host("alpha")
    host.run(
        "apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy tree", sudo=True
    )
    assert "tree v" in host.run("tree --version").stdout


def test_a_failed_command_says_what_it_said(lab: Lab) -> None:
    """The output is in the error, as a test's log is all that one sees of CI."""
    with pytest.raises(LabError, match=r"(?s)alpha: .* status 3.*no such thing"):
        lab.host("alpha").run("echo no such thing >&2; exit 3")
    assert lab.host("alpha").run("exit 3", check=False).returncode == 3


def test_put_copies_files_and_directories(lab: Lab, tmp_path: Path) -> None:
    """Contents, modes and names arrive; the owner is root."""
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    (tmp_path / "tree" / "deep" / "tool").write_bytes(b"\x00binary\xff")
    (tmp_path / "tree" / "deep" / "tool").chmod(0o755)
    host = lab.host("beta")
    host.put(tmp_path / "tree", "/srv/a name/copy")
    host.put(tmp_path / "tree/deep/tool", "/srv/tool")
    listed = host.run(
        "stat -c '%A %U %s' '/srv/a name/copy/deep/tool' /srv/tool"
    ).stdout.splitlines()
    assert listed == ["-rwxr-xr-x root 8"] * 2


def test_units_and_files_survive_a_power_cut(lab: Lab) -> None:
    """Enabled units run again after the next boot, and it is a boot: another boot id."""
    host = lab.host("beta")
    unit = "[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n"
    host.run(f"printf '{unit}' > /etc/systemd/system/sleeper.service", sudo=True)
    host.run("systemctl enable --now sleeper.service", sudo=True)
    before = host.run("journalctl --list-boots --no-pager | wc -l", sudo=True).stdout
    host.power_cut()
    assert not host.running()
    assert host.run("true", check=False).returncode == 255
    host.boot()
    assert host.run("systemctl is-active sleeper.service").stdout.strip() == "active"
    assert host.run("journalctl --list-boots --no-pager | wc -l", sudo=True).stdout != before
    host.run("systemctl disable --now sleeper.service", sudo=True)


def test_a_reboot_from_within_is_a_reboot(lab: Lab) -> None:
    """What a role may do to a host."""
    host = lab.host("beta")
    host.run("touch /run/until-the-next-boot", sudo=True)
    host.run("systemctl reboot", sudo=True, check=False)
    deadline = time.monotonic() + 30
    while host.run("test ! -e /run/until-the-next-boot", check=False).returncode != 0:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    host.wait_until_up()


def test_a_host_that_is_cut_off_hangs_and_heals(lab: Lab) -> None:
    """Its neighbour stays, it is not refused but silent, and an open session lives through it."""
    alpha, beta = lab.hosts
    session = subprocess.Popen(
        ["ssh", "-F", lab.ssh_config, "alpha", "sleep 4; echo still here"],
        stdout=subprocess.PIPE,
        text=True,
    )
    time.sleep(0.5)
    alpha.cut_off()
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            alpha.run("true", timeout=1.5)
        assert beta.run("true").returncode == 0
    finally:
        alpha.heal()
    assert alpha.run("hostname").stdout == "alpha\n"
    assert session.communicate(timeout=20)[0] == "still here\n"


def test_a_full_disk_is_full(lab: Lab) -> None:
    """Writing fails with what a full disk says."""
    host = lab.host("beta")
    host.fill_disk("/opt/full")
    done = host.run("cp /etc/hostname /opt/full/more", sudo=True, check=False)
    host.run("umount /opt/full", sudo=True)
    assert "No space left on device" in done.stderr


def test_hosts_reach_a_server_of_this_machine_at_the_gateway(lab: Lab, tmp_path: Path) -> None:
    """How a local stand-in for a remote service is reached."""
    (tmp_path / "greeting").write_text("hello from the machine")
    command = (
        sys.executable,
        "-m",
        "http.server",
        "--bind",
        lab.gateway,
        "18099",
        "-d",
        str(tmp_path),
    )
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        url = f"http://{lab.gateway}:18099/greeting"
        answer = lab.host("alpha").run(
            f"curl -sf --retry 20 --retry-delay 1 --retry-all-errors {url}"
        )
        assert answer.stdout == "hello from the machine"
    finally:
        server.kill()
        server.wait()


def test_two_labs_side_by_side(lab: Lab) -> None:
    """The same host name twice, each its own; and one's end is not the other's."""
    with Lab(("alpha",)) as other:
        assert other.gateway != lab.gateway
        other.host("alpha").run("sudo touch /only-here")
        assert lab.host("alpha").run("test -e /only-here", check=False).returncode == 1
        other_id = other.id
    assert traces(other_id) == []
    # What the other's end took away was not this one's way out.
    lab.host("alpha").run("apt-get update -q -o APT::Update::Error-Mode=any", sudo=True)


def test_binds_and_fake_gpus_are_what_roles_see(tmp_path: Path) -> None:
    """A read-only directory of this machine, PCI devices in sysfs, and nvidia-smi."""
    require_lab()
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "tiny.gguf").write_text("GGUF")
    spec = HostSpec("p40", gpus=("p40", "p40"), binds=((str(weights), "/models"),))
    with Lab((spec, HostSpec("amd", gpus=("rx7900xtx",)))) as lab:
        host = lab.host("p40")
        assert host.run("cat /models/tiny.gguf").stdout == "GGUF"
        assert host.run("touch /models/x", sudo=True, check=False).returncode != 0
        vendors = host.run("cat /sys/bus/pci/devices/*/vendor").stdout.split()
        assert vendors == ["0x10de", "0x10de"]
        query = (
            "nvidia-smi --query-gpu=index,compute_cap,memory.total --format=csv,noheader,nounits"
        )
        assert host.run(query).stdout.splitlines() == ["0, 6.1, 24576", "1, 6.1, 24576"]
        amd = lab.host("amd")
        assert amd.run("cat /sys/bus/pci/devices/*/vendor").stdout.split() == ["0x1002"]
        assert amd.run("command -v nvidia-smi", check=False).returncode != 0


def test_debian_12_boots_too() -> None:
    """The older suite, for roles that must work on both."""
    require_lab()
    with Lab(("old",), suite="bookworm") as lab:
        assert "bookworm" in lab.host("old").run("cat /etc/os-release").stdout


@contextmanager
def owner(*, once: str) -> Iterator[tuple[int, str]]:
    """Another process that has a lab, and the lab's id, as soon as the path `once` exists in it."""
    code = "import time; from tests.lab import Lab; Lab(('gone',)).up(); time.sleep(600)"
    before = set(labs_directory().glob("*/"))
    process = subprocess.Popen([sys.executable, "-c", code], cwd=CHECKOUT, start_new_session=True)
    try:
        deadline = time.monotonic() + 120
        while not (
            found := [
                lab for lab in set(labs_directory().glob("*/")) - before if (lab / once).exists()
            ]
        ):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.005)
        yield process.pid, found[0].name
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    "once",
    [
        "lab.json",
        "ssh/key",
        "hosts/gone/root",
        "hosts/gone/console.log",
        "hosts/gone/root/var/log/journal",
    ],
)
def test_nothing_stays_when_the_owner_is_killed(lab: Lab, once: str) -> None:
    """SIGKILL to the owner's whole process group, at several points of a lab's making."""
    with owner(once=once) as (process, lab_id):
        os.killpg(process, signal.SIGKILL)
        assert wait_until_gone(lab_id) == []
    assert lab.host("alpha").run("true").returncode == 0


def test_the_next_lab_clears_up_where_owner_and_watch_were_killed(lab: Lab) -> None:
    """The last net: a lab whose owner is gone is torn down by whoever comes next."""
    with owner(once="hosts/gone/root/run") as (process, lab_id):
        watches = run("pgrep", "-f", f"tests.lab reap {lab_id}").split()
        os.kill(int(watches[0]), signal.SIGKILL)
        assert sweep() == ()
        os.killpg(process, signal.SIGKILL)
    assert lab_directory(lab_id).is_dir()
    assert sweep() == (lab_id,)
    assert traces(lab_id) == []


@pytest.mark.parametrize("names", [(), ("a", "a"), ("../escape",), ("has space",), ("Upper",)])
def test_names_that_cannot_be_hosts_are_refused(names: tuple[str, ...]) -> None:
    """Before anything is made."""
    require_lab()
    before = set(labs_directory().glob("*/"))
    with pytest.raises(LabError), Lab(names):
        pass
    assert set(labs_directory().glob("*/")) == before


def test_booting_a_running_host_is_refused(lab: Lab) -> None:
    """Two systemds on one disk would ruin it."""
    host: Host = lab.host("alpha")
    with pytest.raises(LabError, match="running already"):
        host.boot()
