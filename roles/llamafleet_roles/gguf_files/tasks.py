"""Download and verify the weights files that a host's plan names."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterator
from pathlib import Path

from pyinfra.api.command import FunctionCommand
from pyinfra.api.deploy import deploy
from pyinfra.api.host import Host as PyinfraHost
from pyinfra.api.operation import operation
from pyinfra.api.state import State
from pyinfra.context import host

from llamafleet.targets.paths import PREFIX
from llamafleet.targets.plan_types import GgufPlan, HostPlan
from llamafleet_roles.background import BackgroundJob, follow_job, start_job
from llamafleet_roles.commands import (
    command_line,
    fail_host,
    log_planned,
    python_step,
    run_command,
    shell_step,
)
from llamafleet_roles.environment import environment_text
from llamafleet_roles.gguf_files.discovered import compare_folders, discover_plans
from llamafleet_roles.gguf_files.facts import (
    FILES,
    RECORDS,
    GgufFiles,
    WeightsState,
    path_key,
    weights_source,
)
from llamafleet_roles.packages import install_script

HUB_VENV = f"{PREFIX}/hub"
REQUIREMENTS = (FILES / "requirements.txt").read_text(encoding="utf-8").strip()
"""huggingface_hub and its dependencies, with hashes, for every Python that a host may have."""


@operation()
def ensure_weights(plan: HostPlan) -> Generator[FunctionCommand, None, None]:
    """Check the weights that must exist on the host; download the others if necessary."""
    if not plan.ggufs:
        return
    weights = host.get_fact(GgufFiles, paths=tuple(each.path for each in plan.ggufs))
    if weights is None:
        yield fail_host("could not check the weights on this host: nothing was changed")
        return
    downloads = [
        each for each in plan.ggufs if each.download and not weights.verified(each.path, each.gguf)
    ]
    # Report all that is missing before a long download begins.
    for each in plan.ggufs:
        if not each.download:
            yield from _existing(plan.host, each, weights)
    if not downloads:
        return
    for each in downloads:
        log_planned(f"will download {weights_source(each.gguf)} to {each.path}")
    yield shell_step(install_script(("python3", "python3-venv"), tools=("python3",)))
    yield shell_step(
        command_line("sh", "-c", (FILES / "setup.sh").read_text(), "setup", HUB_VENV, REQUIREMENTS),
        stdin=_pip_settings(host.data.get("pip_index_url")),
    )
    for each in downloads:
        yield python_step(download, each)


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


def download(state: State, host: PyinfraHost, plan: GgufPlan) -> bool:
    """Download one file in a unit of its own, and show the progress."""
    gguf, key = plan.gguf, path_key(plan.path)
    job = BackgroundJob(
        unit=f"llamafleet-weights-{key}",
        work=f"{RECORDS}/{key}.work",
        log=f"/var/log/llamafleet/weights-{key}.log",
        label=f"weights {gguf.name}",
    )
    settings = {
        "label": job.label,
        "repo": gguf.repo,
        "file": gguf.file,
        "revision": gguf.revision,
        "sha256": gguf.sha256,
        "size": gguf.size,
        "path": plan.path,
        "record": f"{RECORDS}/{key}",
        "before": plan.usual_path,
        "endpoint": host.data.get("hf_endpoint", os.environ.get("HF_ENDPOINT")),
    }
    secret = host.data.get("hf_token", os.environ.get("HF_TOKEN"))
    environment = {"HF_HOME": f"{job.work}/home", **({"HF_TOKEN": secret} if secret else {})}
    files = {
        "job.json": json.dumps(settings),
        "download.py": (Path(FILES) / "download.py").read_text(),
        "environment": environment_text(environment),
    }
    arguments = (f"{HUB_VENV}/bin/python", f"{job.work}/download.py", job.work)
    if not start_job(state, host, job, files, arguments) or not follow_job(state, host, job):
        return False
    run_command(state, host, command_line("rm", "-rf", "--", job.work))
    host.log(f"{job.label}: {plan.path} is in place")
    return True


@deploy("Weights")
def gguf_files(plan: HostPlan) -> None:
    """Provide every weights file of a host, verified."""
    if discover_plans(plan):
        compare_folders(name="Compare discovered folders with fleet.lock", plan=plan)
    ensure_weights(name="Provide every weights file", plan=plan)
