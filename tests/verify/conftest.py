"""Verify that live hosts are as planned, with one test per unit, file and endpoint.

    llamafleet verify fleet.fleet [--ssh-config FILE] [--verify-host H]
    pytest tests/verify --fleet inventories/NAME/fleet.fleet        the same in a clone

Nothing changes on the hosts except which models are loaded. A run of all tests without `--fleet`
skips this folder; the end-to-end tests run it with the fleet of their hosts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

from llamafleet.compiler import compile_file
from llamafleet.diagnostics.as_text import as_text
from llamafleet.fleet.model import Fleet, Model
from llamafleet.plan import plan_fleet
from llamafleet.targets.plan_types import HostPlan, Probe
from llamafleet_verify.target import Target

HERE = Path(__file__).resolve().parent
FLEET = pytest.StashKey[Fleet]()
TARGETS = pytest.StashKey[tuple[Target, ...]]()
NO_FLEET = "no --fleet given: live hosts are not verified"
NOTHING = "the fleet has nothing of this kind"
NOT_CHAT = ("embedding", "embeddings", "rerank", "reranking")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options for the fleet and its hosts."""
    group = parser.getgroup("verify", "live hosts against their plan")
    group.addoption("--fleet", help="the fleet file whose hosts are verified")
    group.addoption(
        "--verify-host", action="append", default=[], metavar="HOST", help="only this host"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Compile the fleet; an error in it ends the run with its diagnostics."""
    path = config.getoption("fleet", None)
    if not path:
        if any(Path(argument.partition("::")[0]).resolve() == HERE for argument in config.args):
            raise pytest.UsageError(
                "tests/verify needs --fleet FILE, the fleet whose hosts are verified"
            )
        return
    compiled = compile_file(path)
    if compiled.fleet is None:
        raise pytest.UsageError(as_text(compiled.diagnostics, compiled.sources))
    wanted = config.getoption("verify_host")
    for name in wanted:
        if name not in compiled.fleet.hosts:
            known = ", ".join(compiled.fleet.hosts)
            raise pytest.UsageError(
                f"--verify-host {name}: no such host in {path} (known: {known})"
            )
    ssh_config = config.getoption("ssh_config")
    config.stash[FLEET] = compiled.fleet
    config.stash[TARGETS] = tuple(
        Target(compiled.fleet.hosts[plan.host], plan, ssh_config)
        for plan in plan_fleet(compiled.fleet)
        if not wanted or plan.host in wanted
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip these tests without --fleet."""
    if config.getoption("fleet") or collection_path.suffix != ".py":
        return None
    return True


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize a test with each unit, file, weights file or endpoint of each host."""
    for name in SUBJECTS.keys() & set(metafunc.fixturenames):
        if FLEET not in metafunc.config.stash:
            metafunc.parametrize(name, [_skipped(NO_FLEET)])
            continue
        fleet = metafunc.config.stash[FLEET]
        params = [
            pytest.param((target, thing), id=f"{target.host.name}-{label}")
            for target in metafunc.config.stash[TARGETS]
            for label, thing in SUBJECTS[name](target.plan, fleet)
        ]
        metafunc.parametrize(name, params or [_skipped(NOTHING)])


def _skipped(reason: str) -> ParameterSet:
    return pytest.param(None, marks=pytest.mark.skip(reason=reason), id="none")


def _units(plan: HostPlan, _: Fleet) -> Iterator[tuple[str, Any]]:
    units = (unit for service in plan.services for unit in service.units)
    yield from {unit.name: unit for unit in units}.items()


def _files(plan: HostPlan, _: Fleet) -> Iterator[tuple[str, Any]]:
    yield from ((each.path.lstrip("/"), each) for each in plan.artifacts)


def _weights(plan: HostPlan, _: Fleet) -> Iterator[tuple[str, Any]]:
    yield from {each.path.lstrip("/"): each for each in plan.ggufs}.items()


def _probes(plan: HostPlan, _: Fleet) -> Iterator[tuple[str, Any]]:
    for service in plan.services:
        yield from ((f"{each.service}-{each.port}", each) for each in service.probes)


def _chats(plan: HostPlan, fleet: Fleet) -> Iterator[tuple[str, Any]]:
    """Yield endpoints with their first model that can chat."""
    for label, probe in _probes(plan, fleet):
        models = (fleet.models[each.id] for each in probe.models if each.id in fleet.models)
        model = next((each for each in models if can_chat(each)), None)
        if model is not None:
            yield label, (probe, model.name)


def _swaps(plan: HostPlan, fleet: Fleet) -> Iterator[tuple[str, Probe]]:
    for label, probe in _probes(plan, fleet):
        if probe.kind == "llama-swap" and len(probe.models) > 1:
            yield label, probe


def can_chat(model: Model) -> bool:
    """Return True if a model is llama-server with chat: no other program, embeddings or ranking."""
    return model.gguf is not None and not any(flag.key in NOT_CHAT for flag in model.flags)


SUBJECTS: Mapping[str, Callable[[HostPlan, Fleet], Iterator[tuple[str, Any]]]] = {
    "live_unit": _units,
    "live_file": _files,
    "live_weights": _weights,
    "live_probe": _probes,
    "live_chat": _chats,
    "live_swap": _swaps,
}
"""Maps the argument of a test to its subjects, each with a label."""
