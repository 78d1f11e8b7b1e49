"""Drill: a family of distributions is one file, and its name in FAMILIES."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from .conftest import Tree

FAMILY = '''"""A distribution of a drill."""

from llamafleet_roles.packages.family import DistroFamily

TOY = DistroFamily(
    name="toy",
    command="toy-get",
    installed='toy-get has "$package"',
    install="toy-get add",
    version='toy-get version "$1"',
    names=(("build-essential", "toy-cc toy-make"), ("g++", "toy-cc"), ("ca-certificates", "")),
)
'''

# It keeps what is installed in a folder, and calls nothing by the name that Debian has for it.
MANAGER = """#!/bin/sh
case $1 in
has) [ -e "$TOY/$2" ] ;;
add) shift; for name in "$@"; do : >"$TOY/$name"; done ;;
version) [ "$2" = toy-cc ] && echo 1:15.2-3 ;;
esac
"""


def add_distribution(tree: Tree) -> None:
    """Do what CONTRIBUTING.md says of a distribution."""
    folder = "roles/llamafleet_roles/packages"
    tree.write(f"{folder}/toy.py", FAMILY)
    listed = f"{folder}/__init__.py"
    importing = "from llamafleet_roles.packages.family import DistroFamily\n"
    adding = f"{importing}from llamafleet_roles.packages.toy import TOY\n"
    tree.replace(listed, importing, adding)
    tree.replace(listed, "= (DEBIAN, FEDORA, ARCH)", "= (DEBIAN, FEDORA, ARCH, TOY)")


def machine(folder: Path, *managers: str) -> dict[str, str]:
    """A PATH with the usual tools and none of a distribution, and the toy's where it is named."""
    tools, store = folder / "bin", folder / "store"
    tools.mkdir()
    store.mkdir()
    for name in ("sh", "mktemp", "rm", "tail", "sleep", "kill", "cut", "uname", "sed", "cat"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    for name in managers:
        (tools / name).write_text(MANAGER)
        (tools / name).chmod(0o755)
    return {"PATH": str(tools), "TOY": str(store), "HOME": os.environ.get("HOME", "/")}


def run(script: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", script], env=environment, capture_output=True, text=True, timeout=60
    )


def script(tree: Tree, expression: str) -> str:
    """What the roles of the copy would run."""
    done = tree.run("-c", f"from llamafleet_roles.packages import *; print({expression})")
    assert done.returncode == 0, done.stderr
    return done.stdout


INSTALL = 'install_script(("build-essential", "ca-certificates", "cmake"), tools=("g++",))'


def test_a_distribution_is_one_room(tree: Tree, tmp_path: Path) -> None:
    add_distribution(tree)
    host = machine(tmp_path, "toy-get")
    first = run(script(tree, INSTALL), host)
    assert (first.returncode, first.stderr) == (0, ""), first
    assert first.stdout == "installing toy-cc toy-make cmake\n"
    assert sorted(path.name for path in Path(host["TOY"]).iterdir()) == [
        "cmake", "toy-cc", "toy-make",
    ]  # fmt: skip
    second = run(script(tree, INSTALL), host)
    assert (second.returncode, second.stdout) == (0, "")


def test_a_probe_asks_the_new_package_manager(tree: Tree, tmp_path: Path) -> None:
    add_distribution(tree)
    asking = "from llamafleet_roles.llama_cpp.facts import Builds; print(Builds().command(()))"
    done = run(tree.run("-c", asking).stdout, machine(tmp_path, "toy-get"))
    assert "gcc 15.2" in done.stdout.splitlines(), done


def test_a_host_of_no_family_is_told_what_to_install(tree: Tree, tmp_path: Path) -> None:
    add_distribution(tree)
    done = run(script(tree, INSTALL), machine(tmp_path))
    assert done.returncode == 1
    assert (
        "this host has no apt-get, dnf, pacman or toy-get: install what Debian calls" in done.stderr
    )


def test_a_distribution_that_is_not_listed_is_noticed(tree: Tree, tmp_path: Path) -> None:
    tree.write("roles/llamafleet_roles/packages/toy.py", FAMILY)
    done = run(script(tree, INSTALL), machine(tmp_path, "toy-get"))
    assert "this host has no apt-get, dnf or pacman: install what Debian calls" in done.stderr
    noticed = tree.pytest("tests/test_lists.py")
    assert noticed.returncode == 1
    assert "not in FAMILIES: llamafleet_roles.packages.toy.TOY" in noticed.stdout
