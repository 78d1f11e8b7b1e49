"""Check that a host has the builds and weights of the fleet file before measuring. Pure."""

from __future__ import annotations

from llamafleet.capacity.calibration.trials import Trial
from llamafleet.targets.plan_types import BuildPlan, GgufPlan, HostPlan
from llamafleet_roles.gguf_files.facts import WeightsState
from llamafleet_roles.llama_cpp.facts import HostBuilds

ROLL_OUT = "roll out first"


def not_ready(
    plan: HostPlan, trial: Trial, builds: HostBuilds, weights: WeightsState
) -> str | None:
    """Return the reason why a load would measure something else than the fleet file, else None."""
    for build in plan.builds:
        if build.build.name == trial.build and (problem := _build(build, builds)):
            return problem
    for gguf in plan.ggufs:
        if gguf.gguf.name in trial.ggufs and (problem := _weights(gguf, weights)):
            return problem
    return None


def _build(plan: BuildPlan, builds: HostBuilds) -> str | None:
    name = plan.build.name
    installed = builds.installs.get(builds.current.get(plan.directory, ""))
    if installed is None:
        return f"llama.cpp {name} is not installed on this host: {ROLL_OUT}"
    wanted = builds.inputs(plan)
    same = (installed.ref, installed.source) == (wanted.ref, wanted.source)
    if not same or installed.backend != wanted.backend:
        return (
            f"the installed llama.cpp {name} ({installed.ref}, {installed.backend}) is not that of "
            f"the fleet file ({wanted.ref}, {wanted.backend}): {ROLL_OUT}"
        )
    return None


def _weights(plan: GgufPlan, weights: WeightsState) -> str | None:
    size = weights.size(plan.path)
    if size is None:
        return f"{plan.path} does not exist on this host" + (
            f": {ROLL_OUT}" if plan.download else ""
        )
    if plan.download and not weights.verified(plan.path, plan.gguf):
        return f"{plan.path} does not match the fleet file and its lock: {ROLL_OUT}"
    if plan.gguf.size not in (None, size):
        return f"{plan.path} has {size} bytes, but the fleet file says {plan.gguf.size}"
    return None
