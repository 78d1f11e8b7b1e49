"""The verification's SSH connections: nobody else can take them over."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

from llamafleet.plan import plan_fleet
from llamafleet_verify.target import Target, private_folder
from llamafleet_verify.test_units import WHERE
from tests.targets.compiling import compiled


def test_control_sockets_lie_in_a_folder_of_the_run() -> None:
    fleet = compiled("").fleet
    assert fleet is not None
    target = Target(fleet.hosts["bare"], next(plan_fleet(fleet)), None)
    backend = target._connect(sudo=False).backend
    assert str(backend.controlpath).startswith(f"{private_folder()}/")
    assert stat.S_IMODE(private_folder().stat().st_mode) == 0o700
    assert private_folder() == private_folder()


def test_a_silent_host_is_given_up() -> None:
    fleet = compiled("").fleet
    assert fleet is not None
    options = Target(fleet.hosts["bare"], next(plan_fleet(fleet)), None)._options().split()
    for each in ("ConnectTimeout=20", "ServerAliveInterval=15", "ServerAliveCountMax=4"):
        assert options[options.index(each) - 1] == "-o"


def test_programs_are_found_as_systemd_finds_them(tmp_path: Path) -> None:
    program, text = tmp_path / "server", tmp_path / "text"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    text.write_text("no program\n")
    link = tmp_path / "current"
    link.symlink_to(program)
    assert found("sh", tmp_path).endswith("sh")
    assert found("server", tmp_path) == str(program.resolve())
    assert found(str(link), tmp_path) == str(program.resolve())
    assert found(str(text), tmp_path) == ""
    assert found("no-such-program", tmp_path) == ""


def found(executable: str, folder: Path) -> str:
    """Return what the question says of an executable, with one more folder on the PATH."""
    done = subprocess.run(
        ["sh", "-c", WHERE, "path", executable],
        env={"PATH": f"/usr/bin:/bin:{folder}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()
