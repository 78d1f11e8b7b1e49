"""The plan of a host: the hand-over from the compiler to the roles and to the verifier.

Plain frozen data; nothing here reads a host or a file.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..dataclasses import dataclass, field
from ..fleet.model import Build, Gguf, ListenAddress
from ..fleet.observed import ObservedFile
from .paths import USER

LLAMA_SWAP = "llama-swap"
"""The check of a configuration by the service's own llama-swap, which reads its `trial`."""


@dataclass(frozen=True, slots=True)
class Check:
    """A program that validates a file on the host before anything is put in place.

    `argv` is run with the new files lying over `folder`, in a mount namespace of its own, and must
    end with 0; the file is directly in that folder. Without one, `program` is a check that the
    services role knows: `LLAMA_SWAP`. Units need none: systemd checks what is in its folder.
    """

    program: str
    folder: str = ""
    argv: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Package:
    """A package of the distribution, by Debian's name, and the program that it brings."""

    name: str
    program: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file to put: path on the host, content, mode (octal digits), and who must notice.

    `check` says which program validates it; None if none can.
    """

    path: str
    content: str
    mode: str = "644"
    owner: str = "root"
    group: str = "root"
    restarts: tuple[str, ...] = ()
    reloads: tuple[str, ...] = ()
    check: Check | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A systemd unit to enable and run.

    `executable` is where the main process's binary is installed; the path may run through a
    symlink, and the running process must be what the path resolves to now. `managed` units have
    their own artifact; the others (nginx.service) come with a package.
    """

    name: str
    executable: str
    managed: bool = True


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model that an endpoint must list: id, aliases, and its compiled configuration's digest."""

    id: str
    aliases: tuple[str, ...] = ()
    digest: str | None = None
    ctx_size: int | None = None


@dataclass(frozen=True, slots=True)
class MatrixPlan:
    """The matrix as llama-swap sees it: each set's combinations in solving order, and costs."""

    sets: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]
    costs: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """A group of models, as llama-swap swaps them."""

    models: tuple[str, ...]
    swap: bool
    exclusive: bool
    persistent: bool


@dataclass(frozen=True, slots=True)
class Probe:
    """The address of a running service and the answers it must give; read by tests/verify.

    `key` names the environment variable that holds a key for it, and `key_file` the file on the
    host that sets it. `health` is the path that answers 200 once the service is ready; None if all
    that it can say for itself is that it listens. `patience` is within how many seconds it is ready
    or never will be; None if that depends on what it loads.
    """

    kind: str
    service: str
    unit: str
    address: str
    port: int
    models: tuple[ServedModel, ...] = ()
    matrix: MatrixPlan | None = None
    groups: tuple[GroupPlan, ...] = ()
    key: str | None = None
    key_file: str | None = None
    health: str | None = "/health"
    patience: int | None = None


@dataclass(frozen=True, slots=True)
class Socket:
    """A TCP port that a process of a unit listens on, as its configuration writes the address.

    `model` names the model whose server listens there, where that is not the service's own port.
    """

    unit: str
    address: str
    port: int
    model: str | None = None


@dataclass(frozen=True, slots=True)
class ReadPath:
    """A file or folder that must be on the host: the flag `key` of a model names it."""

    model: str
    key: str
    path: str


@dataclass(frozen=True, slots=True)
class DiscoverPlan:
    """A folder whose GGUF files are models of `service`, which runs in `unit`.

    `declared` are the paths that the fleet file names, `known` the files that the lock has of the
    folder; None if nobody has looked yet.
    """

    service: str
    unit: str
    folder: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    declared: tuple[str, ...]
    known: tuple[ObservedFile, ...] | None


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """One service on one host.

    `releases` are programs that it runs and we do not build; `groups` must exist for its user, who
    must be able to read `reads`. `sockets` are the ports that must be free for it. `trial` is its
    configuration without what it would start or store, for asking its program whether it accepts
    the rest; `store` is the path of the database that it keeps. `packages` bring its programs.
    `discover` are the folders whose files it serves.
    """

    kind: str
    name: str
    artifacts: tuple[Artifact, ...]
    units: tuple[Unit, ...]
    probes: tuple[Probe, ...]
    user: str = USER
    groups: tuple[str, ...] = ()
    releases: tuple[ReleasePlan, ...] = ()
    sockets: tuple[Socket, ...] = ()
    trial: str | None = None
    store: str | None = None
    reads: tuple[ReadPath, ...] = ()
    packages: tuple[Package, ...] = ()
    discover: tuple[DiscoverPlan, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """One llama.cpp build as one host needs it.

    `cmake` are all configure options, architectures of every host that uses this build included,
    so that a `builder` compiles for all of them. `directory` is where the symlink to the current
    install stands: `/opt/llamafleet/llama.cpp/<name>`; installs are siblings named
    `<name>-<fingerprint>`.
    `prepare` is shell to run before CMake, in the same shell.
    """

    build: Build
    cmake: tuple[str, ...]
    packages: tuple[str, ...]
    runtime_packages: tuple[str, ...]
    directory: str
    compiles: bool
    prepare: str = ""


@dataclass(frozen=True, slots=True)
class GgufPlan:
    """A weights file and the path it has on this host; `download` is False where it must exist.

    `store` is the folder that has what is downloaded by its SHA-256; `path` is a link to it.
    """

    gguf: Gguf
    path: str
    download: bool
    store: str

    @property
    def usual_path(self) -> str:
        """Return the path that it would have if no other revision had taken it."""
        own = f"/{self.gguf.folder}/{self.gguf.file}"
        if not self.gguf.folder or not self.path.endswith(own):
            return self.path
        return f"{self.path.removesuffix(own)}/{self.gguf.repo}/{self.gguf.file}"


@dataclass(frozen=True, slots=True)
class SharePlan:
    """The site of nginx with which a host lets others read its store: file, content, address."""

    path: str
    content: str
    listen: ListenAddress

    @property
    def url(self) -> str:
        """Return the URL below which files are found by their SHA-256."""
        return f"http://{self.listen}"


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """A llama-swap release to install at `path`: `/opt/llamafleet/llama-swap/v250/llama-swap`."""

    version: str
    sha256: str | None
    binary: str | None
    path: str


@dataclass(frozen=True, slots=True)
class HostPlan:
    """Everything one host gets; services in start order: workers, then proxies.

    `gpus` are vendor and architecture by device index, `gpu_ids` their UUIDs or PCI addresses where
    the fleet file names them. `groups` give the users access to them.
    `share` is how it lets other hosts copy weights, `sharing` the URLs of all hosts that do, by
    host, and `mirror` the URL that it downloads from instead of the Hub's.
    """

    host: str
    gpus: tuple[tuple[str, str | None], ...]
    users: tuple[str, ...]
    builds: tuple[BuildPlan, ...]
    ggufs: tuple[GgufPlan, ...]
    releases: tuple[ReleasePlan, ...]
    packages: tuple[Package, ...]
    services: tuple[ServicePlan, ...]
    groups: tuple[str, ...] = ()
    gpu_ids: tuple[str, ...] = ()
    share: SharePlan | None = None
    sharing: Mapping[str, str] = field(default_factory=dict)
    mirror: str | None = None

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """Return the files of every service, in service order."""
        return tuple(each for service in self.services for each in service.artifacts)

    @property
    def files(self) -> tuple[Artifact, ...]:
        """Return every managed file: of the services, and the site that shares weights."""
        share = self.share
        if share is None:
            return self.artifacts
        return (*self.artifacts, Artifact(share.path, share.content, reloads=("nginx.service",)))
