"""`llamafleet render`: the files of every host, printed or as a tree, and their plans as JSON."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from ..compiler import compile_file
from ..diagnostics.suggest import suggest
from ..plan import plan_fleet
from ..targets.plan_types import Artifact, HostPlan
from .files import replace_tree
from .terminal import counted, say, show, totals

PROBLEMS, USAGE = 1, 2

MADE = ".llamafleet"
"""The file that lists the hosts in a directory that `render` made."""

Tree = Mapping[str, tuple[Artifact, ...]]


def render(
    fleet: str, output: str | None, host: str | None, force: bool, style: str = "text"
) -> int:
    """Render a fleet that compiles; 1 if it does not, 2 if there is no such host."""
    if style == "json" and output is not None:
        say("--format json prints to stdout and writes no files: leave out --output")
        return USAGE
    compiled = compile_file(fleet)
    if compiled.diagnostics:
        show(compiled.diagnostics, compiled.sources, sys.stderr)
        print(totals(compiled.diagnostics, max(1, len(compiled.sources))), file=sys.stderr)
    if compiled.fleet is None:
        return PROBLEMS
    plans = {plan.host: plan for plan in plan_fleet(compiled.fleet)}
    if host is not None:
        if host not in plans:
            say(f'no host is named "{host}"{_other(host, plans)}')
            return USAGE
        plans = {host: plans[host]}
    if style == "json":
        return _print_plans(plans.values())
    rendered = {name: plan.files for name, plan in plans.items()}
    if output is None:
        _print(rendered)
        return 0
    return _write(Path(output), rendered, whole=host is None, force=force)


def _other(host: str, known: Collection[str]) -> str:
    meant = suggest(host, known)
    return f', did you mean "{meant}"?' if meant else f"; the hosts are {', '.join(known)}"


def _print_plans(plans: Iterable[HostPlan]) -> int:
    from ..plan_json import as_json

    for plan in plans:
        print(as_json(plan))
    return 0


def _print(rendered: Tree) -> None:
    for host, artifacts in rendered.items():
        for artifact in artifacts:
            print(f"==> {host}{artifact.path} (mode {artifact.mode}) <==")
            print(artifact.content.rstrip("\n"))
            print()


def _write(folder: Path, rendered: Tree, whole: bool, force: bool) -> int:
    """Write each host's tree in one step, and remove those of hosts that are gone."""
    marker = folder / MADE
    if folder.exists() and not folder.is_dir():
        say(f'"{folder}" is not a directory')
        return USAGE
    made = marker.read_text(encoding="utf-8").splitlines() if marker.is_file() else None
    if made is None and folder.is_dir() and any(folder.iterdir()) and not force:
        say(f'"{folder}" holds files that render did not write; name another directory')
        say("--force replaces the hosts' directories in it and leaves the rest alone")
        return USAGE
    folder.mkdir(parents=True, exist_ok=True)
    others = [each for each in made or () if each not in rendered]
    # Listed before they are written: what an interrupted run leaves is still known as its own.
    _list_hosts(marker, [*others, *rendered])
    for host, artifacts in rendered.items():
        replace_tree(_host_folder(folder, host), artifacts)
    if whole:
        for host in others:
            shutil.rmtree(_host_folder(folder, host), ignore_errors=True)
        _list_hosts(marker, list(rendered))
    files = sum(len(each) for each in rendered.values())
    hosts = counted(len(rendered), "host")
    print(f"{folder}: {counted(files, 'file')} for {hosts}", file=sys.stderr)
    return 0


def _list_hosts(marker: Path, hosts: list[str]) -> None:
    marker.write_text("".join(f"{host}\n" for host in hosts), encoding="utf-8")


def _host_folder(folder: Path, host: str) -> Path:
    if "/" in host or host in ("", ".", "..", MADE):
        raise ValueError(f"not a plain host name: {host!r}")
    return folder / host
