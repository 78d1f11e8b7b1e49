"""The steps of installing a build, each a function that pyinfra calls for one host."""

from __future__ import annotations

import os
from pathlib import Path

from pyinfra.api.host import Host
from pyinfra.api.state import State

from llamafleet_roles.background import follow_job, start_job
from llamafleet_roles.commands import command_line, fetch, log_error, run_command, upload
from llamafleet_roles.downloads import DownloadError
from llamafleet_roles.llama_cpp.builds import CachedBuild, archive_path, record_build
from llamafleet_roles.llama_cpp.job import BuildJob
from llamafleet_roles.llama_cpp.sources import source_archive

FILES = Path(__file__).parent / "files"


def script_command(file: str, *arguments: str) -> str:
    """Return the command line that runs one of the role's scripts."""
    return command_line("sh", "-c", (FILES / file).read_text(), file, *arguments)


def cache_is_used(host: Host) -> bool:
    """Return True if the controller caches builds: `build_cache` and LLAMAFLEET_BUILD_CACHE."""
    if os.environ.get("LLAMAFLEET_BUILD_CACHE", "on").lower() in ("off", "0", "no"):
        return False
    return bool(host.data.get("build_cache", True))


def upload_source(state: State, host: Host, job: BuildJob) -> bool:
    """Upload the source to the host, unless the host clones it."""
    build = job.plan.build
    if build.source == "git":
        return True
    try:
        archive = source_archive(build, host.data.get("pypi_index_url"), host.log)
    except DownloadError as error:
        log_error(host, str(error))
        return False
    remote = f"{job.work}/source.tar.gz"
    return upload(state, host, archive, remote, build.sha256 or "", f"source of {job.label}")


def compile_build(state: State, host: Host, job: BuildJob, running: bool) -> bool:
    """Compile, or follow the unit that an earlier run started."""
    problem = job.problem()
    if problem:
        log_error(host, problem)
        return False
    if running:
        host.log(f"{job.label}: already compiling; following its progress")
    else:
        host.log(f"{job.label}: compiling into {job.install_directory}")
        if not upload_source(state, host, job):
            return False
    arguments = ("/bin/sh", f"{job.work}/compile.sh", job.work)
    background = job.background
    return start_job(state, host, background, job.files(), arguments) and follow_job(
        state, host, background
    )


def store_in_cache(state: State, host: Host, job: BuildJob) -> bool:
    """Pack an install and store it in the controller's cache."""
    remote = f"{job.work}/archive.tar.gz"
    done, output = run_command(
        state, host, script_command("pack.sh", job.install_directory, remote)
    )
    sha256 = output.stdout.strip()
    if not done or len(sha256) != 64:
        log_error(host, f"could not pack {job.install_directory}: {output.stderr}")
        return False
    kept = fetch(state, host, remote, archive_path(job.inputs), sha256)
    if kept:
        record_build(job.inputs, sha256)
        host.log(f"{job.label}: cached in {archive_path(job.inputs)}")
    run_command(state, host, command_line("rm", "-rf", "--", job.work))
    return kept


def try_store_in_cache(state: State, host: Host, job: BuildJob) -> bool:
    """Store a build that no other host waits for; return True in any case."""
    if not store_in_cache(state, host, job):
        host.log(f"{job.label}: continuing without a copy in the cache")
    return True


def install_cached(state: State, host: Host, job: BuildJob, cached: CachedBuild) -> bool:
    """Install a build from the controller's cache."""
    remote = f"{job.work}/archive.tar.gz"
    host.log(f"{job.label}: installing from {cached.archive}")
    if not upload(state, host, cached.archive, remote, cached.sha256, job.label):
        return False
    done, _ = run_command(
        state, host, script_command("unpack.sh", remote, job.install_directory), show=True
    )
    return done
