"""Every planned unit runs, comes back after a boot, and runs the installed program."""

from __future__ import annotations

from importlib.resources import files

from llamafleet.targets.plan_types import Unit
from llamafleet_verify.target import ROLL_OUT, Subject, Target

# A name without a slash is searched on the PATH, as systemd does.
WHERE = """
PATH=$PATH:/usr/sbin:/sbin
found=$(command -v -- "$1") && [ -x "$found" ] && readlink -f -- "$found"
"""
SCRIPTS = files("llamafleet_roles") / "services" / "files"


def _properties(target: Target, unit: Unit) -> dict[str, str]:
    names = "LoadState,ActiveState,SubState,UnitFileState,MainPID,NRestarts,NeedDaemonReload"
    shown = target.out("systemctl show -p %s %s", names, unit.name)
    return dict(line.partition("=")[::2] for line in shown.splitlines())


def test_is_active_and_enabled(live_unit: Subject) -> None:
    target, unit = live_unit
    found = _properties(target, unit)
    where = f"{unit.name} on {target.host.name}"
    assert found["LoadState"] == "loaded", f"{where} is not installed; {ROLL_OUT}"
    state = f"{found['ActiveState']} ({found['SubState']}, {found['NRestarts']} restarts)"
    assert found["ActiveState"] == "active", f"{where} is {state}; {target.look(unit.name)}"
    enabled = found["UnitFileState"]
    assert enabled == "enabled", f"{where} is {enabled} and does not start at boot; {ROLL_OUT}"
    stale = found["NeedDaemonReload"]
    assert stale == "no", f"{where}: its unit file changed since systemd read it; {ROLL_OUT}"


def test_runs_the_installed_program(live_unit: Subject) -> None:
    """After an update, a process may still run the old program from a deleted file."""
    target, unit = live_unit
    pid = _properties(target, unit)["MainPID"]
    where = f"{unit.name} on {target.host.name}"
    assert pid != "0", f"{where} has no process; {target.look(unit.name)}"
    installed = target.connection.run("sh -c %s path %s", WHERE, unit.executable).stdout.strip()
    assert installed, f"{where}: {unit.executable} is not installed; {ROLL_OUT}"
    running = target.out("readlink /proc/%s/exe", pid).strip()
    again = f"restart it: systemctl restart {unit.name}"
    gone = running.endswith(" (deleted)")
    assert not gone, f"{where} still runs {running}, which was replaced; {again}"
    if target.out("head -c 2 %s", installed) == "#!":
        # The process of a script is its interpreter; the script is among its arguments.
        words = target.out("tr '\\0' '\\n' < /proc/%s/cmdline", pid).splitlines()
        assert {unit.executable, installed} & set(words), f"{where} runs {words}; {again}"
    else:
        assert running == installed, (
            f"{where} runs {running}, but {installed} is installed; {again}"
        )


def test_has_loaded_the_weights_that_are_there(live_unit: Subject) -> None:
    """After a download, a process may still serve the old weights from memory."""
    target, unit = live_unit
    script = (SCRIPTS / "functions.sh").read_text() + 'stale_weights "$1"\n'
    stale = target.out("sh -c %s stale %s", script, unit.name).splitlines()
    where = f"{unit.name} on {target.host.name}"
    assert not stale, f"{where} loaded {', '.join(stale)} before the file was replaced; {ROLL_OUT}"
