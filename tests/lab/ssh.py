"""Keys of a lab, its one ssh_config for pyinfra, testinfra and people, and commands over it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from .image import ADMIN
from .shell import run, write


def make_key(path: Path, comment: str) -> None:
    """Make a key pair without a passphrase at `path` and `path.pub`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path)


def write_config(directory: Path, hosts: tuple[tuple[str, str, str], ...]) -> Path:
    """Write ssh_config (its path) and known_hosts for hosts of (name, address, host key)."""
    known = [f"{name},{address} {' '.join(key.split()[:2])}\n" for name, address, key in hosts]
    write(directory / "known_hosts", "".join(known))
    stanzas = [f"Host {name}\n    HostName {address}\n" for name, address, _ in hosts]
    common = (
        "Host *",
        f"User {ADMIN}",
        f"IdentityFile {directory / 'key'}",
        "IdentitiesOnly yes",
        f"UserKnownHostsFile {directory / 'known_hosts'}",
        "GlobalKnownHostsFile /dev/null",
        "StrictHostKeyChecking yes",
        "BatchMode yes",
        "ConnectTimeout 10",
        # A silent build of many minutes is alive; a host that was cut off is not.
        "ServerAliveInterval 5",
        "ServerAliveCountMax 3",
        "LogLevel ERROR",
    )
    config = directory / "ssh_config"
    write(config, "\n".join([*stanzas, "\n    ".join(common)]) + "\n")
    _give_to_sudo_user(directory)
    return config


def ssh(
    config: Path, host: str, command: str, stdin: bytes | None = None, timeout: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a shell command on a host; a connection that fails has the status 255."""
    done = subprocess.run(
        ["ssh", "-F", str(config), host, "--", command],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    out, err = (stream.decode(errors="replace") for stream in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(command, done.returncode, out, err)


def _give_to_sudo_user(directory: Path) -> None:
    """Under sudo, let the person at the keyboard use the key without sudo."""
    user, group = os.environ.get("SUDO_UID"), os.environ.get("SUDO_GID")
    if user and group:
        for path in (directory, *directory.iterdir()):
            os.chown(path, int(user), int(group))
