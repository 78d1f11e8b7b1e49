"""Reading this machine's configuration, on configurations that other machines have."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab import machine

DEB822 = """\
# Types: deb
# URIs: http://commented.example/debian
Types: deb
URIs: http://mirror.example/debian/ http://second.example/debian
Suites: trixie
# a remark between
Components: main

Types: deb
Enabled: no
URIs: http://disabled.example/debian
Suites: trixie
"""


def test_mirrors_are_read_from_both_forms_of_sources(tmp_path: Path) -> None:
    """deb822 stanzas and one-line entries, without what is commented out or disabled."""
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d/debian.sources").write_text(DEB822)
    (tmp_path / "sources.list").write_text(
        "# deb http://commented.example/debian x main\n"
        "deb [arch=amd64 signed-by=/a/b.gpg] https://third.example/debian trixie main\n"
        "deb cdrom:[Debian]/ trixie main\n"
        "deb-src http://source.example/debian trixie main\n"
        "deb http://mirror.example/debian trixie-updates main\n"
    )
    expected = (
        "http://mirror.example/debian",
        "http://second.example/debian",
        "https://third.example/debian",
    )
    assert machine.mirrors(tmp_path) == expected


def test_no_apt_means_no_mirror(tmp_path: Path) -> None:
    """A machine without apt's directory, such as another distribution."""
    assert machine.mirrors(tmp_path / "absent") == ()


def test_a_machine_that_names_no_mirror_leaves_the_choice_to_debootstrap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "mirrors", lambda: ())
    assert machine.mirror_of("trixie") is None
    assert machine.apt_sources("trixie") is None


def test_a_mirror_of_another_distribution_is_none_of_debian(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release that it does not have, or one of the same name by somebody else."""
    release = tmp_path / "debian/dists/trixie/InRelease"
    release.parent.mkdir(parents=True)
    release.write_text("Origin: Debian\nSuite: stable\n")
    other = tmp_path / "other/dists/trixie/InRelease"
    other.parent.mkdir(parents=True)
    other.write_text("Origin: Ubuntu\n")
    found = tuple(f"file://{tmp_path}/{each}" for each in ("absent", "other", "debian"))
    monkeypatch.setattr(machine, "mirrors", lambda: found)
    assert machine.mirror_of("trixie") == found[2]
    sources = machine.apt_sources("trixie") or ""
    assert f"URIs: {found[2]}\nSuites: trixie\n" in sources
    assert "trixie-security" not in sources


def test_pip_follows_the_machine_but_not_its_local_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's index is the hosts' index; a directory of wheels here is not one there."""
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    monkeypatch.setenv("PIP_FIND_LINKS", "/somewhere/here")
    configured = machine.pip_configuration()
    assert "index-url = https://index.example/simple\n" in configured
    assert "/somewhere/here" not in configured


def test_proxies_reach_the_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the spelling that the machine has."""
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    assert "https_proxy=http://proxy.example:3128\n" in machine.environment()
    assert "HTTPS_PROXY" not in machine.environment()
