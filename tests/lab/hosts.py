"""One lab host: commands on it, files to it, and the faults that can befall it."""

from __future__ import annotations

import subprocess
import tarfile
import time
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from shlex import quote

from . import cgroup, network, nspawn, ssh
from .image import SUITES
from .paths import cgroup_name, lab_directory
from .shell import LabError


@dataclass(frozen=True, slots=True)
class HostSpec:
    """A host to boot; `gpus` are fake, `binds` are read-only (path here, path there)."""

    name: str
    suite: str = SUITES[0]
    gpus: tuple[str, ...] = ()
    binds: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Host:
    """A host of a running lab. Commands run as `admin`, who may use sudo without a password."""

    spec: HostSpec
    lab_id: str
    number: int
    address: str

    @property
    def name(self) -> str:
        """The host's name, which ssh_config knows too."""
        return self.spec.name

    @property
    def root(self) -> Path:
        """The host's file system as this machine sees it; for looking, not for writing."""
        return lab_directory(self.lab_id) / "hosts" / self.name / "root"

    @property
    def console(self) -> Path:
        """Return the console output of the host since it was created."""
        return self.root.parent / "console.log"

    def run(
        self,
        command: str,
        *,
        sudo: bool = False,
        check: bool = True,
        stdin: bytes | None = None,
        timeout: float | None = 600,
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell command over SSH; unless `check` is off, a failure raises with its output."""
        words = f"sudo -n -- sh -c {quote(command)}" if sudo else command
        done = ssh.ssh(self._ssh_config, self.name, words, stdin, timeout)
        if check and done.returncode != 0:
            said = (done.stdout + done.stderr).strip()
            raise LabError(f"{self.name}: `{command}` ended with status {done.returncode}:\n{said}")
        return done

    def put(self, local: Path | str, remote: str) -> None:
        """Copy a file or a directory to the path `remote`, owned by root."""
        local = Path(local)
        packed = BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.add(local, arcname=Path(remote).name)
        into = quote(str(Path(remote).parent))
        unpack = f"mkdir -p {into} && tar -x --no-same-owner -C {into}"
        self.run(unpack, sudo=True, stdin=packed.getvalue())

    def running(self) -> bool:
        """Return True if any process of the host exists."""
        return bool(cgroup.processes(cgroup_name(self.lab_id, self.number)))

    def boot(self, timeout: float = 60) -> None:
        """Power the host on and wait until it is up; its disk is as the last power cut left it."""
        self.power_on()
        self.wait_until_up(timeout)

    def power_on(self) -> None:
        """Power the host on without waiting for it."""
        if self.running():
            raise LabError(f"{self.name} is running already")
        cgroup.remove(cgroup_name(self.lab_id, self.number))
        nspawn.start(self.lab_id, self.number, self.name, self.root, self.spec.binds, self.console)

    def wait_until_up(self, timeout: float = 60) -> None:
        """Wait until SSH answers and systemd has started all it wants to start."""
        deadline = time.monotonic() + timeout
        state = "not reached yet"
        while time.monotonic() < deadline:
            if not self.running():
                raise LabError(
                    f"{self.name} ended while booting; its console said:\n{self._last_words()}"
                )
            left = max(deadline - time.monotonic(), 1)
            try:
                done = ssh.ssh(
                    self._ssh_config, self.name, "systemctl is-system-running --wait", timeout=left
                )
            except subprocess.TimeoutExpired:
                break
            state = (done.stdout + done.stderr).strip()
            if done.returncode == 0:
                return
            if state == "degraded":
                failed = self.run("systemctl --failed --no-legend --plain", check=False).stdout
                raise LabError(f"{self.name} booted with failed units:\n{failed}")
            time.sleep(0.2)
        raise LabError(
            f"{self.name} is not up after {timeout:.0f} s: {state}\n{self._last_words()}"
        )

    def power_cut(self) -> None:
        """End every process of the host at once; its disk stays.

        What was not yet written to disk is not lost, as the page cache is this machine's: a power
        cut here shows half-done work, not lost sectors.
        """
        cgroup.kill(cgroup_name(self.lab_id, self.number))
        nspawn.forget(self.lab_id, self.number)

    def cut_off(self) -> None:
        """Pull the network cable: connections hang, as they do in the field; nothing is refused."""
        network.set_link(self.lab_id, self.number, up=False)

    def heal(self) -> None:
        """Plug the network cable in again."""
        network.set_link(self.lab_id, self.number, up=True)

    def fill_disk(self, path: str, size: str = "1m") -> None:
        """Put a disk of `size` with no byte free over a directory, until the host's next boot."""
        where = quote(path)
        self.run(
            f"mkdir -p {where} && mount -t tmpfs -o size={quote(size)} tmpfs {where} && "
            f"{{ cat /dev/zero > {where}/full 2>/dev/null || true; }}",
            sudo=True,
        )

    @property
    def _ssh_config(self) -> Path:
        return lab_directory(self.lab_id) / "ssh" / "ssh_config"

    def _last_words(self) -> str:
        lines = (
            self.console.read_text(errors="replace").splitlines() if self.console.exists() else []
        )
        return "\n".join(lines[-15:])
