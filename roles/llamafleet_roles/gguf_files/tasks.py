"""Download and verify the weights files that a host's plan names."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from pyinfra.api.command import FunctionCommand
from pyinfra.api.deploy import deploy
from pyinfra.api.operation import operation
from pyinfra.context import host

from llamafleet.targets.plan_types import GgufPlan, HostPlan
from llamafleet_roles.commands import (
    command_line,
    fail_host,
    log_planned,
    python_step,
    shell_step,
)
from llamafleet_roles.gguf_files.discovered import compare_folders, discover_plans
from llamafleet_roles.gguf_files.download import HUB_VENV
from llamafleet_roles.gguf_files.facts import (
    FILES,
    RECORDS,
    GgufFiles,
    WeightsState,
    path_key,
    weights_source,
)
from llamafleet_roles.gguf_files.sharing import RUN, download_all, share_store
from llamafleet_roles.gguf_files.space import placed, planned_lines, too_little_space
from llamafleet_roles.packages import install_script

REQUIREMENTS = (FILES / "requirements.txt").read_text(encoding="utf-8").strip()
"""huggingface_hub and its dependencies, with hashes, for every Python that a host may have."""


_UNKNOWN = "could not check the weights on this host: nothing was changed"


@operation()
def share_weights(plan: HostPlan) -> Generator[FunctionCommand, None, None]:
    """Let other hosts copy the weights of this one, before any of them begins to."""
    weights = _weights(plan)
    if weights is None:
        yield fail_host(_UNKNOWN)
        return
    if plan.share:
        RUN.join(plan.host, weights.stored)
    yield from share_store(plan, weights)


@operation()
def ensure_weights(plan: HostPlan) -> Generator[FunctionCommand, None, None]:
    """Check the weights that must exist on the host; download the others if necessary.

    Everything that is missing, and space that is too little, is reported before the first download.
    """
    weights = _weights(plan)
    if weights is None:
        yield fail_host(_UNKNOWN)
        return
    for each in plan.ggufs:
        if not each.download:
            yield from _existing(plan.host, each, weights)
    downloads = tuple(each for each in plan.ggufs if each.download and not placed(each, weights))
    if not downloads:
        return
    for line in planned_lines(downloads, weights):
        log_planned(line)
    if problem := too_little_space(downloads, weights):
        yield fail_host(problem)
        return
    yield from _programs(downloads)
    yield python_step(download_all, plan, downloads)


def _weights(plan: HostPlan) -> WeightsState | None:
    paths = tuple(each.path for each in plan.ggufs)
    store = plan.ggufs[0].store if plan.ggufs else ""
    found: WeightsState | None = host.get_fact(GgufFiles, paths=paths, store=store)
    return found


def _programs(downloads: tuple[GgufPlan, ...]) -> Iterator[FunctionCommand]:
    """Install Python, and huggingface_hub where it must look files up that no lock knows."""
    if all(each.gguf.sha256 and each.gguf.size for each in downloads):
        yield shell_step(install_script(("python3",), tools=("python3",)))
        return
    yield shell_step(install_script(("python3", "python3-venv"), tools=("python3",)))
    yield shell_step(
        command_line("sh", "-c", (FILES / "setup.sh").read_text(), "setup", HUB_VENV, REQUIREMENTS),
        stdin=_pip_settings(host.data.get("pip_index_url")),
    )


def _existing(name: str, plan: GgufPlan, weights: WeightsState) -> Iterator[FunctionCommand]:
    size = weights.size(plan.path)
    if plan.gguf.found_in is not None and size != plan.gguf.size:
        what = "is gone" if size is None else f"has {size} bytes, not {plan.gguf.size}"
        yield fail_host(
            f"{plan.path}, discovered in {plan.gguf.found_in}, {what} on {name}: "
            "run deploys/facts.py to put what is there now into fleet.lock"
        )
    elif size is None:
        yield fail_host(
            f"gguf {plan.gguf.name}: {plan.path} does not exist on {name}: put the file there, "
            "or have it downloaded (hf-repo and hf-file instead of path)"
        )
    elif plan.gguf.size not in (None, size):
        yield fail_host(
            f"gguf {plan.gguf.name}: {plan.path} on {name} has {size} bytes, "
            f"but the fleet file says {plan.gguf.size}"
        )
    elif plan.gguf.sha256 and not weights.verified(plan.path, plan.gguf):
        script = (FILES / "verify.sh").read_text()
        key, source = path_key(plan.path), weights_source(plan.gguf)
        yield shell_step(
            command_line(
                "sh", "-c", script, "verify", plan.path, plan.gguf.sha256, RECORDS, key, source
            )
        )


def _pip_settings(index: str | None) -> str:
    """Return a pip.conf for the host's environment; an index URL may contain a password."""
    return f"[global]\nindex-url = {index}\n" if index else ""


@deploy("Weights")
def gguf_files(plan: HostPlan) -> None:
    """Provide every weights file of a host, verified."""
    if discover_plans(plan):
        compare_folders(name="Compare discovered folders with fleet.lock", plan=plan)
    if plan.ggufs:
        share_weights(name="Share weights", plan=plan)
        ensure_weights(name="Provide every weights file", plan=plan)
