"""Debian packages that hosts fetched once are not fetched again.

Every host installs its packages itself, by its own apt. But its archive directory starts with what
earlier labs downloaded, as a read-only layer below the host's own, and apt checks each by its hash.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from .paths import cache_directory, locked

ARCHIVES = Path("var/cache/apt/archives")
KEEP_SECONDS = 60 * 24 * 3600


def lay_out(layer: Path, suite: str) -> Path:
    """Make an overlay layer that holds what the cache has for a suite."""
    archives = layer / ARCHIVES
    archives.mkdir(parents=True)
    pool = _pool(suite)
    for package in pool.glob("*.deb"):
        try:
            os.link(package, archives / package.name)
        except OSError:
            shutil.copy2(package, archives / package.name)
    return layer


def keep(upper: Path, suite: str) -> None:
    """Put what a host downloaded into the cache; what nobody downloaded for long goes."""
    pool = _pool(suite)
    with locked(pool / "lock"):
        for package in (upper / ARCHIVES).glob("*.deb"):
            if not (pool / package.name).exists():
                unfinished = pool / f"{package.name}.unfinished"
                shutil.copyfile(package, unfinished)
                unfinished.rename(pool / package.name)
        for package in pool.glob("*.deb"):
            if time.time() - package.stat().st_mtime > KEEP_SECONDS:
                package.unlink()


def _pool(suite: str) -> Path:
    pool = cache_directory() / "packages" / suite
    pool.mkdir(parents=True, exist_ok=True)
    return pool
