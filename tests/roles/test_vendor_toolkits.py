"""A vendor's toolkit is not installed over, and its commands are said where there is none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from llamafleet_roles.packages import FAMILIES, install_script
from llamafleet_roles.packages.family import DistroFamily
from llamafleet_roles.packages.vendor import TOOLKITS, VendorToolkit

TOOLS = ("sh", "mktemp", "rm", "tail", "sleep", "kill", "sed", "cat", "grep", "cut", "ls")

# Nothing is installed there; each writes down what it was asked for.
MANAGERS = {
    "apt-get": '#!/bin/sh\necho "$*" >>"$ASKED"\ncase $* in *update) exit ;; esac\nexit $STATUS\n',
    "dnf": '#!/bin/sh\necho "$*" >>"$ASKED"\nexit "$STATUS"\n',
    "pacman": '#!/bin/sh\ncase $1 in -Q*) exit 1 ;; esac\necho "$*" >>"$ASKED"\nexit "$STATUS"\n',
}


def run(
    family: DistroFamily, folder: Path, packages: tuple[str, ...], status: int = 0, *tools: str
) -> tuple[subprocess.CompletedProcess[str], str]:
    """Install on a host of one family that has these tools; with what was asked for."""
    path = folder / "bin"
    path.mkdir()
    for name in TOOLS:
        (path / name).symlink_to(f"/usr/bin/{name}")
    scripts = {family.command: MANAGERS[family.command], **dict.fromkeys(tools, "#!/bin/sh\n")}
    scripts |= dict.fromkeys(("dpkg-query", "rpm"), "#!/bin/sh\nexit 1\n")
    for name, text in scripts.items():
        (path / name).write_text(text)
        (path / name).chmod(0o755)
    asked = folder / "asked"
    asked.touch()
    done = subprocess.run(
        ["/bin/sh", "-c", install_script(packages)],
        env={"PATH": str(path), "ASKED": str(asked), "STATUS": str(status)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done, asked.read_text()


def by_name(family: DistroFamily) -> str:
    return family.name


@pytest.mark.parametrize("family", FAMILIES, ids=by_name)
def test_every_family_installs_by_its_own_names(family: DistroFamily, tmp_path: Path) -> None:
    done, asked = run(family, tmp_path, ("build-essential", "nvidia-cuda-toolkit"))
    assert done.returncode == 0, done
    wanted = family.own_names(("build-essential", "nvidia-cuda-toolkit"))
    assert asked.splitlines()[-1].endswith(" ".join(wanted))


@pytest.mark.parametrize("family", FAMILIES, ids=by_name)
def test_nothing_is_installed_over_a_vendors_toolkit(family: DistroFamily, tmp_path: Path) -> None:
    done, asked = run(family, tmp_path, ("nvidia-cuda-toolkit",), 0, "nvcc")
    assert (done.returncode, asked) == (0, ""), done


@pytest.mark.parametrize("family", FAMILIES, ids=by_name)
@pytest.mark.parametrize("toolkit", TOOLKITS, ids=lambda each: each.packages[0])
def test_the_vendors_commands_are_said(
    family: DistroFamily, toolkit: VendorToolkit, tmp_path: Path
) -> None:
    done, _ = run(family, tmp_path, toolkit.packages, 100)
    assert done.returncode == 1
    assert dict(toolkit.ways)[family.name] in done.stderr
    assert f"{family.command} install failed on this host" in done.stderr


def test_a_failure_of_other_packages_says_nothing_of_vendors(tmp_path: Path) -> None:
    done, _ = run(FAMILIES[0], tmp_path, ("cmake",), 100)
    assert done.returncode == 1
    assert "CUDA" not in done.stderr


@pytest.mark.parametrize("family", FAMILIES[1:], ids=by_name)
def test_no_name_is_translated_twice(family: DistroFamily) -> None:
    names = [name for name, _ in family.names]
    assert len(set(names)) == len(names)
