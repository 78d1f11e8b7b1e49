"""Add to the base image what is a host's own: identity, network, keys, a way out."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import machine, network
from .image import ADMIN, ADMIN_ID
from .shell import write
from .ssh import make_key

CERTIFICATES = ("/etc/ssl/certs", "/usr/local/share/ca-certificates")


@dataclass(frozen=True, slots=True)
class LabSettings:
    """The settings that all hosts of a lab share: network, host names, SSH key."""

    network: str
    addresses: Mapping[str, str]
    public_key: str


def furnish(root: Path, name: str, suite: str, around: LabSettings) -> str:
    """Make a host's root its own before the first boot; returns its public host key."""
    _identity(root, name, around)
    _configure_registries(root, suite)
    _authorize(root / "root", 0, around.public_key)
    _authorize(root / "home" / ADMIN, ADMIN_ID, around.public_key)
    host_key = root / "etc/ssh/ssh_host_ed25519_key"
    # Made here rather than at boot, so that the very first connection is already to a known host.
    make_key(host_key, name)
    return host_key.with_suffix(".pub").read_text()


def _identity(root: Path, name: str, around: LabSettings) -> None:
    # An empty machine-id would make this a first boot, which enables units by their presets.
    write(root / "etc/machine-id", secrets.token_hex(16) + "\n", mode=0o444)
    write(root / "etc/hostname", f"{name}\n")
    names = "".join(f"{address} {other}\n" for other, address in around.addresses.items())
    write(root / "etc/hosts", f"127.0.0.1 localhost\n::1 localhost\n{names}")
    gateway = network.gateway(around.network)
    write(
        root / "etc/systemd/network/10-host0.network",
        f"[Match]\nName=host0\n\n[Network]\nAddress={around.addresses[name]}/24\nGateway={gateway}\n"
        # Nobody announces routers here; waiting for them only delays network-online.target.
        "IPv6AcceptRA=no\nLinkLocalAddressing=no\n",
    )


def _configure_registries(root: Path, suite: str) -> None:
    """Configure package registries as on this machine."""
    write(root / "etc/resolv.conf", machine.resolver())
    write(root / "etc/environment", machine.environment())
    write(root / "etc/pip.conf", machine.pip_configuration())
    if (sources := machine.apt_sources(suite)) is not None:
        (root / "etc/apt/sources.list").unlink(missing_ok=True)
        write(root / "etc/apt/sources.list.d/debian.sources", sources)
    write(root / "etc/apt/apt.conf.d/90machine", machine.apt_options())
    for directory in CERTIFICATES:
        if Path(directory).is_dir():
            shutil.rmtree(root / directory[1:], ignore_errors=True)
            shutil.copytree(directory, root / directory[1:], symlinks=True)


def _authorize(home: Path, user: int, public_key: str) -> None:
    write(home / ".ssh/authorized_keys", public_key, mode=0o600)
    (home / ".ssh").chmod(0o700)
    for path in (home / ".ssh", home / ".ssh/authorized_keys"):
        os.chown(path, user, user)
