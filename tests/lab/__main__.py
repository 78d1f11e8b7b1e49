"""`python -m tests.lab`: bring hosts up for a person, look at them, break them, take them down."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from . import record, watch
from .hosts import Host, HostSpec
from .image import SUITES
from .lab import Lab
from .paths import lab_directory
from .record import Record
from .shell import LabError
from .teardown import tear_down

NAMES = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; what a person can cause is said in a line, never a traceback."""
    options = _parser().parse_args(arguments)
    try:
        status: int = COMMANDS[options.command](options)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status


def up(options: argparse.Namespace) -> int:
    """Boot hosts that stay until `down`."""
    names = NAMES[: options.hosts] + tuple(f"host-{n}" for n in range(11, options.hosts + 1))
    specs = tuple(HostSpec(name, options.suite) for name in names)
    lab = Lab(specs, say=lambda line: print(line, flush=True))
    lab.up()
    lab.leave_running()
    _describe(lab.record)
    return 0


def down(options: argparse.Namespace) -> int:
    """Tear down the lab, or one of several, or all that are there."""
    lab_ids = record.lab_ids() if options.all else (_choose(options.lab).lab_id,)
    for lab_id in lab_ids:
        tear_down(lab_id)
        print(f"lab {lab_id} is gone")
    return 0


def status(options: argparse.Namespace) -> int:
    """Print every lab with its hosts."""
    if not record.lab_ids():
        print("no lab is up")
    for lab_id in record.lab_ids():
        _describe(record.load(lab_id))
    return 0


def ssh(options: argparse.Namespace) -> int:
    """Become ssh to a host."""
    host = _host(options)
    config = lab_directory(host.lab_id) / "ssh" / "ssh_config"
    os.execvp("ssh", ["ssh", "-F", str(config), host.name, *options.words])


def fault(options: argparse.Namespace) -> int:
    """Cut a host off, heal it, cut its power, or boot it."""
    host = _host(options)
    acts = {"cut": host.cut_off, "heal": host.heal, "power-cut": host.power_cut, "boot": host.boot}
    acts[options.command]()
    return 0


def reap(options: argparse.Namespace) -> int:
    """Wait for the end of standard input, then tear a lab down."""
    watch.reap(options.lab)
    return 0


COMMANDS = {"up": up, "down": down, "status": status, "ssh": ssh, "reap": reap} | dict.fromkeys(
    ("cut", "heal", "power-cut", "boot"), fault
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    booting = commands.add_parser("up", help="boot hosts that stay until `down`")
    booting.add_argument("--hosts", type=int, default=2, metavar="N")
    booting.add_argument("--suite", choices=SUITES, default=SUITES[0])
    ending = commands.add_parser("down", help="tear a lab down")
    ending.add_argument("lab", nargs="?", help="which, if there are several")
    ending.add_argument("--all", action="store_true", help="every lab, also those that others use")
    commands.add_parser("status", help="what is up")
    for command, what in (
        ("ssh", "a shell on a host, or one command"),
        ("cut", "pull a host's network cable"),
        ("heal", "plug it in again"),
        ("power-cut", "end all of a host at once"),
        ("boot", "power it on again"),
    ):
        one = commands.add_parser(command, help=what)
        one.add_argument("--lab", help="which, if there are several")
        one.add_argument("host")
        if command == "ssh":
            one.add_argument("words", nargs=argparse.REMAINDER, metavar="command")
    commands.add_parser("reap").add_argument("lab")
    return parser


def _choose(lab_id: str | None) -> Record:
    if lab_id is not None:
        return record.load(lab_id)
    found = record.lab_ids()
    if len(found) != 1:
        raise LabError(
            f"several labs are up, say which: {', '.join(found)}" if found else "no lab is up"
        )
    return record.load(found[0])


def _host(options: argparse.Namespace) -> Host:
    hosts = _choose(options.lab).hosts
    for host in hosts:
        if host.name == options.host:
            return host
    raise LabError(f"no host `{options.host}`: there are {', '.join(host.name for host in hosts)}")


def _describe(lab: Record) -> None:
    config = lab_directory(lab.lab_id) / "ssh" / "ssh_config"
    whose = f"until process {lab.owner[0]} ends" if lab.owner else "until you take it down"
    print(f"lab {lab.lab_id}, {whose}")
    for host in lab.hosts:
        power = "running" if host.running() else "off"
        print(f"  {host.name:10} {host.address:15} {host.spec.suite}, {power}")
    if lab.hosts:
        print(f"  log in:  ssh -F {config} {lab.hosts[0].name}     (sudo asks for no password)")
        print(f"  stop:    {Path(sys.executable).name} -m tests.lab down {lab.lab_id}")


if __name__ == "__main__":
    sys.exit(main())
