"""Base images: a minimal Debian that boots, made once by debootstrap and kept in the cache.

An image holds nothing of this machine and no secret; what a host gets of those is put into its own
layer when it is made. The cache's key covers everything that went in, so an image is never updated.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
import time
from collections.abc import Callable
from pathlib import Path

from . import machine
from .mounts import delete_tree
from .paths import cache_directory, locked
from .shell import LabError, run, write

RELEASED = ("trixie", "bookworm")
SUITES = (*RELEASED, "forky")
SCRIPTS = {"forky": "sid"}
"""debootstrap's script for a suite that is younger than it is."""
ADMIN = "admin"
ADMIN_ID = 1000
KEEP_SECONDS = 7 * 24 * 3600
PACKAGES = (
    "ca-certificates",
    "curl",
    "dbus",
    "iproute2",
    "less",
    "openssh-server",
    "procps",
    "python3",
    "sudo",
    "systemd",
    "systemd-sysv",
)


def base_image(suite: str, say: Callable[[str], None] = lambda line: None) -> Path:
    """The directory of a suite's image, made first if the cache lacks it."""
    if suite not in SUITES:
        raise LabError(f"no image for `{suite}`: the suites are {', '.join(SUITES)}")
    images = cache_directory() / "images"
    image = images / f"{suite}-{_key(suite)}"
    # Whoever comes second waits here and finds the image made.
    with locked(images / f"{suite}.lock"):
        if not image.is_dir():
            say(f"making the base image of Debian {suite} (about a minute, once)")
            unfinished = images / f"{suite}.unfinished"
            delete_tree(unfinished)
            _make(suite, unfinished)
            unfinished.rename(image)
            _drop_old(images, suite, image)
    return image


def _drop_old(images: Path, suite: str, current: Path) -> None:
    """Delete images of earlier recipes that no lab has mounted and nobody made lately."""
    in_use = Path("/proc/self/mountinfo").read_text()
    for image in images.glob(f"{suite}-*"):
        age = time.time() - image.stat().st_ctime
        if image != current and str(image) not in in_use and age > KEEP_SECONDS:
            delete_tree(image)


def _key(suite: str) -> str:
    """Return a hash of what an image depends on: suite, packages, and this module."""
    recipe = (suite, *PACKAGES, inspect.getsource(sys.modules[__name__]))
    return hashlib.sha256("\0".join(recipe).encode()).hexdigest()[:12]


def _make(suite: str, image: Path) -> None:
    # Without one, debootstrap takes its own, and leaves it in the image's sources.list.
    mirror = machine.mirror_of(suite)
    image.parent.mkdir(parents=True, exist_ok=True)
    # In a mount namespace of its own: what debootstrap mounts goes when it ends, even when killed.
    run(
        *("unshare", "--mount", "--propagation", "private"),
        *("debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}"),
        *(suite, image),
        *((mirror,) if mirror else ()),
        *(_script(suite, mirror)),
    )
    _prepare(image)


def _script(suite: str, mirror: str | None) -> tuple[str, ...]:
    """Return the script that debootstrap takes after a mirror, where it has none for the suite."""
    scripts = Path("/usr/share/debootstrap/scripts")
    if suite not in SCRIPTS or (scripts / suite).exists():
        return ()
    if mirror is None:
        raise LabError(f"this machine names no mirror of Debian that has {suite}")
    return (str(scripts / SCRIPTS[suite]),)


def _prepare(image: Path) -> None:
    """Make a plain Debian a host: an administrator with sudo, a network, no keys of its own."""
    for key in (image / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    for package in (image / "var/cache/apt/archives").glob("*.deb"):
        package.unlink()
    run("chroot", image, "useradd", "-m", "-u", str(ADMIN_ID), "-s", "/bin/bash", ADMIN)
    write(image / f"etc/sudoers.d/{ADMIN}", f"{ADMIN} ALL=(ALL) NOPASSWD: ALL\n", mode=0o440)
    wants = image / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    for unit in ("systemd-networkd.service", "ssh.service"):
        if not (link := wants / unit).is_symlink():
            link.symlink_to(f"/usr/lib/systemd/system/{unit}")
    write(
        image / "etc/systemd/journald.conf.d/lab.conf",
        "[Journal]\nStorage=persistent\nSystemMaxUse=32M\n",
    )
