"""Every managed file is on the host, with the content, mode and owner of the plan."""

from __future__ import annotations

import difflib

from llamafleet_verify.target import ROLL_OUT, Subject


def test_is_what_was_planned(live_file: Subject) -> None:
    target, planned = live_file
    found = target.connection.file(planned.path)
    where = f"{target.host.name}:{planned.path}"
    assert found.exists, f"{where} is missing; {ROLL_OUT}"
    content = found.content_string
    difference = difflib.unified_diff(
        planned.content.splitlines(), content.splitlines(), "planned", "on the host", lineterm=""
    )
    shown = "\n".join([*difference][:40])
    same = content == planned.content  # by itself, for pytest would print both files as well
    assert same, (
        f"{where} was edited by hand, or the fleet file has changed since; {ROLL_OUT}\n{shown}"
    )
    mode, owner = f"{found.mode:o}", f"{found.user}:{found.group}"
    assert mode == planned.mode, f"{where} has mode {mode}, planned {planned.mode}; {ROLL_OUT}"
    wanted = f"{planned.owner}:{planned.group}"
    assert owner == wanted, f"{where} belongs to {owner}, planned {wanted}; {ROLL_OUT}"
