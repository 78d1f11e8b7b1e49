"""The steps of installing a build, each a function that pyinfra calls for one host."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from pyinfra.api.host import Host
from pyinfra.api.state import State

from llamafleet.fleet.model import Build, Fleet
from llamafleet_roles.background import follow_job, start_job
from llamafleet_roles.commands import command_line, fetch, log_error, run_command, upload
from llamafleet_roles.downloads import DownloadError
from llamafleet_roles.llama_cpp.builds import (
    CachedBuild,
    archive_path,
    archive_problem,
    record_build,
)
from llamafleet_roles.llama_cpp.job import BUILD_USER, BuildJob
from llamafleet_roles.llama_cpp.sources import source_archive
from llamafleet_roles.llama_cpp.trust import record_made, recorded_sums

FILES = Path(__file__).parent / "files"
_HASH = re.compile(r"[0-9a-f]{64}")
_VERIFYING = ("install.sh", "pack.sh", "release.sh", "unpack.sh")


def script_command(file: str, *arguments: str) -> str:
    """Return the command line that runs one of the role's scripts."""
    text = (FILES / file).read_text()
    if file in _VERIFYING:
        text = (FILES / "verify.sh").read_text() + text
    return command_line("sh", "-c", text, file, *arguments)


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


def patch_texts(build: Build) -> dict[str, str]:
    """Return the patches of a build by name; raise DownloadError if one is not what was checked."""
    found = {}
    for patch in build.patches:
        try:
            data = Path(patch.path).read_bytes()
        except OSError as error:
            raise DownloadError(
                f"build {build.name}: cannot read the patch {patch.path}: {error.strerror}"
            ) from error
        if hashlib.sha256(data).hexdigest() != patch.sha256:
            raise DownloadError(
                f"build {build.name}: the patch {patch.path} has changed since this rollout began: "
                "run this again"
            )
        found[patch.name] = data.decode("utf-8", "surrogateescape")
    return found


def compile_build(state: State, host: Host, fleet: Fleet, job: BuildJob, running: bool) -> bool:
    """Compile, or follow the unit that an earlier run started; then install and record it."""
    problem = job.problem()
    if problem:
        log_error(host, problem)
        return False
    try:
        patches = patch_texts(job.plan.build)
    except DownloadError as error:
        log_error(host, str(error))
        return False
    if running:
        host.log(f"{job.label}: already compiling; following its progress")
    else:
        host.log(f"{job.label}: compiling into {job.install_directory}")
        if not upload_source(state, host, job):
            return False
        made, output = run_command(state, host, script_command("prepare.sh", job.work, BUILD_USER))
        if not made:
            log_error(host, f"could not prepare {job.work}: {output.stderr}")
            return False
    properties = tuple(word for each in job.properties for word in ("-p", each))
    arguments = (*properties, "/bin/sh", f"{job.work}/compile.sh", job.work)
    background = job.background
    return (
        start_job(state, host, background, job.files(patches), arguments, BUILD_USER)
        and follow_job(state, host, background)
        and install_compiled(state, host, fleet, job)
    )


def install_compiled(state: State, host: Host, fleet: Fleet, job: BuildJob) -> bool:
    """Install what was compiled, and record the SHA-256 of its list of files in fleet.lock."""
    done, output = run_command(
        state, host, script_command("install.sh", job.work, job.install_directory)
    )
    lines = output.stdout_lines
    if not done or not lines or not _HASH.fullmatch(lines[-1]):
        log_error(host, output.stderr or f"could not install {job.install_directory}")
        return False
    host.log(f"{job.label}: {' '.join(lines[:-1])}")
    record_made(state, host, fleet, job, lines[-1])
    run_command(state, host, command_line("rm", "-rf", "--", job.work))
    return True


def store_in_cache(state: State, host: Host, fleet: Fleet, job: BuildJob) -> bool:
    """Pack an install and store it in the controller's cache, if it is what was recorded."""
    sums = recorded_sums(fleet, job.inputs)
    if sums is None:
        log_error(host, f"{job.install_directory} was not recorded when it was built")
        return False
    remote = f"{job.work}/archive.tar.gz"
    done, output = run_command(
        state, host, script_command("pack.sh", job.install_directory, remote)
    )
    sha256 = output.stdout.strip()
    if not done or not _HASH.fullmatch(sha256):
        log_error(host, f"could not pack {job.install_directory}: {output.stderr}")
        return False
    archive = archive_path(job.inputs)
    kept = fetch(state, host, remote, archive, sha256)
    run_command(state, host, command_line("rm", "-rf", "--", job.work))
    if not kept:
        return False
    problem = archive_problem(archive, sums)
    if problem:
        archive.unlink(missing_ok=True)
        log_error(
            host,
            f"{job.install_directory} is not given to other hosts: {problem}. Delete that folder "
            "on this host and run this again: it is compiled anew",
        )
        return False
    record_build(job.inputs, sha256, sums)
    host.log(f"{job.label}: cached in {archive}")
    return True


def try_store_in_cache(state: State, host: Host, fleet: Fleet, job: BuildJob) -> bool:
    """Store a build that no other host waits for; return True in any case."""
    if not store_in_cache(state, host, fleet, job):
        host.log(f"{job.label}: continuing without a copy in the cache")
    return True


def install_cached(state: State, host: Host, job: BuildJob, cached: CachedBuild) -> bool:
    """Install a build from the controller's cache."""
    remote = f"{job.work}/archive.tar.gz"
    host.log(f"{job.label}: installing from {cached.archive}")
    if not upload(state, host, cached.archive, remote, cached.sha256, job.label):
        return False
    script = script_command("unpack.sh", remote, job.install_directory, cached.sums)
    done, _ = run_command(state, host, script, show=True)
    # A damaged archive would be taken for the one to go on with.
    run_command(state, host, command_line("rm", "-rf", "--", job.work))
    return done
