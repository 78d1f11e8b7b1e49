"""Install the llama-swap releases that a host's services run."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from pyinfra.api.command import FunctionCommand
from pyinfra.api.deploy import deploy
from pyinfra.api.host import Host as PyinfraHost
from pyinfra.api.operation import operation
from pyinfra.api.state import State
from pyinfra.context import host

from llamafleet.llama_swap.releases import archive_sha256, archive_url, known_versions
from llamafleet.targets.paths import STATE
from llamafleet.targets.plan_types import HostPlan, ReleasePlan
from llamafleet_roles import cache
from llamafleet_roles.commands import (
    command_line,
    fail_host,
    log_error,
    log_planned,
    python_step,
    run_command,
    upload,
)
from llamafleet_roles.downloads import DownloadError, obtain
from llamafleet_roles.llama_swap.facts import FILES, Binaries, InstalledBinaries


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of a binary: a local file, or a release archive with this SHA-256."""

    sha256: str
    file: Path | None = None
    url: str = ""


@operation()
def install_releases(plan: HostPlan) -> Generator[FunctionCommand, None, None]:
    """Install every release of a host, from its verified archive or from a local binary."""
    if not plan.releases:
        return
    installed = host.get_fact(Binaries, paths=tuple(each.path for each in plan.releases))
    if installed is None:
        yield fail_host("could not check llama-swap on this host: nothing was changed")
        return
    local_binary = host.data.get("llama_swap_binary", os.environ.get("LLAMAFLEET_LLAMA_SWAP"))
    for release in plan.releases:
        try:
            origin = origin_of(release, installed.machine, local_binary)
        except DownloadError as error:
            yield fail_host(str(error))
            return
        if not _is_there(release, origin, installed):
            log_planned(f"will install llama-swap {release.version} at {release.path}")
            yield python_step(install_release, release, origin)


def origin_of(release: ReleasePlan, machine: str, local_binary: str | None) -> Origin:
    """Return the origin of a release; raise DownloadError if there is none."""
    file = release.binary or local_binary
    if file:
        path = Path(str(file)).expanduser()
        if not path.is_file():
            raise DownloadError(f"the llama-swap binary does not exist on this machine: {path}")
        return Origin(cache.sha256_of(path), path)
    sha256 = release.sha256 or archive_sha256(release.version, machine)
    if not sha256:
        versions = known_versions()
        raise DownloadError(
            f"no SHA-256 is known for llama-swap {release.version} on {machine}, only for "
            f'{versions[0]} to {versions[-1]}: write sha256 = "..." into the service'
        )
    return Origin(sha256, None, archive_url(release.version, machine))


def _is_there(release: ReleasePlan, origin: Origin, installed: InstalledBinaries) -> bool:
    """Return True if the binary is from this origin and unchanged."""
    sha256, remembered = installed.binaries.get(release.path, ("", ""))
    return bool(sha256) and remembered == f"{origin.sha256} {sha256}"


def binary_of(origin: Origin, version: str, machine_says: PyinfraHost) -> Path:
    """Return the binary on the controller: the local file, or that of the release archive."""
    if origin.file is not None:
        return origin.file
    archive = obtain(origin.url, origin.sha256, f"llama-swap {version}", machine_says.log)
    path = cache.folder("releases") / origin.sha256 / "llama-swap"
    with cache.exclusive(str(path)):
        if path.is_file():
            return path
        try:
            with tarfile.open(archive) as packed:
                member = packed.extractfile("llama-swap")
                content = member.read() if member else b""
        except (tarfile.TarError, KeyError) as error:
            raise DownloadError(
                f"the archive of llama-swap {version} contains no llama-swap"
            ) from error
        path.parent.mkdir(exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        unfinished.write_bytes(content)
        unfinished.replace(path)
        return path


def install_release(state: State, host: PyinfraHost, release: ReleasePlan, origin: Origin) -> bool:
    """Upload the binary, ask it for its version, and put it in place."""
    try:
        binary = binary_of(origin, release.version, host)
    except DownloadError as error:
        log_error(
            host,
            f"{error}\nto install a local binary, set LLAMAFLEET_LLAMA_SWAP, or llama_swap_binary "
            "in the host's data",
        )
        return False
    sha256 = cache.sha256_of(binary)
    uploaded = f"{STATE}/uploads/llama-swap-{sha256}"
    if not upload(state, host, binary, uploaded, sha256, f"llama-swap {release.version}"):
        return False
    script = (FILES / "install.sh").read_text()
    arguments = (uploaded, release.path, release.version, f"{origin.sha256} {sha256}")
    done, _ = run_command(
        state, host, command_line("sh", "-c", script, "install", *arguments), show=True
    )
    return done


@deploy("llama-swap")
def llama_swap(plan: HostPlan) -> None:
    """Install the llama-swap releases of a host."""
    install_releases(name="Install the pinned release", plan=plan)
