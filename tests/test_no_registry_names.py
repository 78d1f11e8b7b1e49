"""No file names a package registry or a mirror: each machine's own clients know theirs.

Which names must not stand here is asked from those clients as well, when the test runs.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from llamafleet_roles.pip_settings import index_urls
from tests.lab.machine import mirrors

ROOT = Path(__file__).parent.parent
DEBOOTSTRAP = Path("/usr/share/debootstrap")


def said(*command: str) -> str:
    """What a client answers; nothing where it is not there, or wants something else."""
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout if done.returncode == 0 else ""


def addresses() -> Iterator[str]:
    """The addresses that pip, apt, debootstrap, npm and go fetch from on this machine."""
    with pytest.MonkeyPatch.context() as patch:
        yield from index_urls()
        patch.setenv("PIP_CONFIG_FILE", "/dev/null")
        patch.delenv("PIP_INDEX_URL", raising=False)
        yield from index_urls()
    yield from mirrors()
    yield from said("apt-get", "indextargets", "--format", "$(SITE)").split()
    scripts = [*DEBOOTSTRAP.glob("functions"), *DEBOOTSTRAP.glob("scripts/*")]
    program = shutil.which("debootstrap", path="/usr/sbin:/usr/bin:/sbin:/bin")
    for path in (*scripts, *([Path(program)] if program else [])):
        found = re.findall(r"MIRROR[\"']?[= ][\"']?(https?://[^\s\"']+)", path.read_text(), re.I)
        yield from found
    yield from said("npm", "config", "get", "registry").split()
    yield from re.split(r"[,|\s]", said("go", "env", "GOPROXY"))


def hosts() -> tuple[str, ...]:
    """Their host names, and the host from which the Python index has its files."""
    names = {urlsplit(each).hostname or "" for each in addresses()}
    try:
        from pip._internal.models.index import PyPI

        names.add(PyPI.file_storage_domain)
    except (ImportError, AttributeError):  # pip's own business, and it may change
        pass
    return tuple(sorted(each for each in names if re.search(r"[a-z]\.[a-z]", each)))


def found_in(names: tuple[str, ...]) -> list[str]:
    """The lines of the repository in which one of the names stands."""
    words = [part for each in names for part in ("-e", each)]
    done = subprocess.run(
        ["git", "grep", "-nIiF", "--untracked", *words],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode < 2, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(autouse=True)
def checkout() -> None:
    """Only a checkout knows which files are the project's."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout: files that git does not know were NOT looked at")


def test_no_file_names_a_registry_or_a_mirror() -> None:
    names = hosts()
    assert names, "neither pip nor apt says where it fetches from"
    assert found_in(names) == []


def test_a_name_that_stands_somewhere_is_found() -> None:
    """What looks for names finds one that must be there."""
    assert any(line.startswith("pyproject.toml:") for line in found_in(("setuptools.build_meta",)))
