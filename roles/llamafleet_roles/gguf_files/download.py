"""Download one file of weights on a host, in a unit of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from pyinfra.api.host import Host
from pyinfra.api.state import State

from llamafleet.targets.paths import PREFIX
from llamafleet.targets.plan_types import GgufPlan
from llamafleet_roles.background import BackgroundJob, follow_job, start_job
from llamafleet_roles.commands import command_line, run_command
from llamafleet_roles.environment import environment_text
from llamafleet_roles.gguf_files.facts import RECORDS, path_key

HUB_VENV = f"{PREFIX}/hub"
TRANSFER = Path(__file__).parent / "transfer"


def transfer_files() -> Mapping[str, str]:
    """Return the program that fetches weights, as the files of a folder."""
    return {f"transfer/{path.name}": path.read_text() for path in sorted(TRANSFER.glob("*.py"))}


def download(
    state: State,
    host: Host,
    plan: GgufPlan,
    mirror: str | None = None,
    stores: tuple[str, ...] = (),
) -> bool:
    """Provide one file and show the progress; `stores` are URLs of the stores of other hosts.

    The token goes along only where the Hub alone is asked.
    """
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
        "store": plan.store,
        "record": f"{RECORDS}/{key}",
        "before": plan.usual_path,
        "endpoint": mirror or host.data.get("hf_endpoint", os.environ.get("HF_ENDPOINT")),
        "neighbours": [f"{store}/{gguf.sha256}" for store in stores if gguf.sha256],
    }
    secret = None if stores else host.data.get("hf_token", os.environ.get("HF_TOKEN"))
    environment = {"HF_HOME": f"{job.work}/home", **({"HF_TOKEN": secret} if secret else {})}
    files = {
        "job.json": json.dumps(settings),
        "environment": environment_text(environment),
        **transfer_files(),
    }
    known = gguf.sha256 is not None and gguf.size is not None
    python = "/usr/bin/python3" if known else f"{HUB_VENV}/bin/python"
    arguments = ("-p", f"WorkingDirectory={job.work}", python, "-m", "transfer", job.work)
    if not start_job(state, host, job, files, arguments) or not follow_job(state, host, job):
        return False
    run_command(state, host, command_line("rm", "-rf", "--", job.work))
    host.log(f"{job.label}: {plan.path} is in place")
    return True
