"""How the questions to live hosts reach them: nobody else can take over the connection."""

from __future__ import annotations

import stat

from llamafleet.plan import plan_fleet
from tests.targets.compiling import compiled
from tests.verify.target import Target, private_folder


def test_control_sockets_lie_in_a_folder_of_the_run() -> None:
    fleet = compiled("").fleet
    assert fleet is not None
    target = Target(fleet.hosts["bare"], next(plan_fleet(fleet)), None)
    backend = target._connect(sudo=False).backend
    assert str(backend.controlpath).startswith(f"{private_folder()}/")
    assert stat.S_IMODE(private_folder().stat().st_mode) == 0o700
    assert private_folder() == private_folder()
