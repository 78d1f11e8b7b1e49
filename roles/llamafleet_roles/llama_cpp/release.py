"""Upstream's own archives of a release: downloaded here, verified, tried on the host, installed."""

from __future__ import annotations

from pyinfra.api.host import Host
from pyinfra.api.state import State

from llamafleet.backends import backend
from llamafleet.fleet.model import Asset
from llamafleet.targets.fingerprint import manifest_text
from llamafleet.targets.plan_types import HostPlan
from llamafleet_roles.commands import command_line, log_error, run_command, upload
from llamafleet_roles.downloads import DownloadError, obtain
from llamafleet_roles.llama_cpp.job import BuildJob
from llamafleet_roles.llama_cpp.steps import script_command


def archives_for(job: BuildJob) -> tuple[Asset, ...]:
    """Return the archives of a release for the machine of a host."""
    return tuple(each for each in job.plan.build.assets if each.machine == job.inputs.machine)


def install_release(state: State, host: Host, plan: HostPlan, job: BuildJob) -> bool:
    """Install a release beside what runs; the card must be seen before anything switches to it."""
    for number, asset in enumerate(archives_for(job)):
        try:
            local = obtain(asset.url, asset.sha256, asset.file, host.log)
        except DownloadError as error:
            log_error(host, str(error))
            return False
        remote = f"{job.work}/archive-{number}.tar.gz"
        if not upload(state, host, local, remote, asset.sha256, asset.file):
            return False
    stack = backend(job.plan.build.backend)
    device = stack.device if plan.gpus and stack.device else ""
    user = next(iter(plan.users), "nobody")
    groups = ",".join(plan.groups)
    made = {**job.made(), "files": [each.file for each in archives_for(job)]}
    command = script_command("release.sh", job.work, job.install_directory, device, user, groups)
    done, _ = run_command(state, host, command, stdin=manifest_text(job.inputs, made), show=True)
    run_command(state, host, command_line("rm", "-rf", "--", job.work))
    return done
