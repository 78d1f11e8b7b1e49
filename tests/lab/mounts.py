"""Mounting, and unmounting everything below a directory before it is deleted."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from .shell import LabError, run


def mounted_below(directory: Path) -> tuple[Path, ...]:
    """Every mount point at or below a directory, the latest first."""
    points = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        # Spaces and the like stand as octal escapes in mountinfo.
        point = Path(re.sub(r"\\(\d{3})", lambda m: chr(int(m[1], 8)), line.split()[4]))
        if point.is_relative_to(directory):
            points.append(point)
    return tuple(reversed(points))


def mount_overlay(root: Path, lower: tuple[Path, ...], upper: Path, work: Path) -> None:
    """Mount a copy-on-write root; the first of the lower directories wins."""
    for directory in (root, upper, work):
        directory.mkdir(parents=True, exist_ok=True)
    layers = ":".join(str(layer) for layer in lower)
    options = f"lowerdir={layers},upperdir={upper},workdir={work}"
    try:
        run("mount", "-t", "overlay", "overlay", "-o", options, root)
    except LabError as error:
        raise LabError(
            f"{error}\nThe labs' directory must lie on a disk that can hold the upper layer of an "
            "overlay, which another overlay cannot: set LLAMAFLEET_LAB_DIR to one that can."
        ) from error


def delete_tree(directory: Path) -> None:
    """Delete a directory, after unmounting all below it: never delete through a mount."""
    for point in mounted_below(directory):
        run("umount", point, check=False)
    for point in mounted_below(directory):
        # Something still has a file open there; the mount goes when that ends.
        run("umount", "--lazy", point, check=False)
    if left := mounted_below(directory):
        raise LabError(f"cannot unmount {left[0]}; not deleting {directory}")
    shutil.rmtree(directory, ignore_errors=True)
