"""From the checked fleet to what each host gets.

`wire` looks once at the whole fleet; with it, the plan of a host costs what that host holds,
however many others there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from .backends import (
    COMMON_OPTIONS,
    COMMON_PACKAGES,
    COMMON_RUNTIME_PACKAGES,
    CPU_ALL_VARIANTS,
    RPC,
    backend,
    blas,
    native_option,
)
from .dataclasses import dataclass, replace
from .fleet.model import Build, Endpoint, Fleet, Gguf, GgufFile, Host, Service
from .gguf.shards import shards
from .targets import TARGETS, AnyTarget
from .targets.paths import PREFIX
from .targets.plan_types import BuildPlan, GgufPlan, HostPlan, ReleasePlan, ServicePlan
from .targets.process.command import gguf_path, store_path
from .targets.proxy.weights_share import plan_share

SOURCE_PACKAGES = {"git": ("git",), "archive": ("curl",), "pypi": ("curl",)}

_BY_KIND: Mapping[str, AnyTarget] = {target.schema.kind: target for target in TARGETS}


@dataclass(frozen=True, slots=True)
class Wiring:
    """Everything that a host's plan needs to know of other hosts."""

    services: Mapping[str, tuple[Service, ...]]
    endpoints: Mapping[str, tuple[Endpoint, ...]]
    builds: Mapping[str, tuple[Build, ...]]
    arches: Mapping[str, tuple[str, ...]]
    sharing: Mapping[str, str]


def wire(fleet: Fleet) -> Wiring:
    """Look at every service once: who runs what, who answers where, what is compiled for whom."""
    services: dict[str, list[Service]] = {}
    builds: dict[str, dict[str, Build]] = {}
    arches: dict[str, dict[str, None]] = {}
    for service in _in_start_order(fleet):
        for host in service.hosts:
            services.setdefault(host, []).append(service)
            for name in service.builds:
                builds.setdefault(host, {})[name] = fleet.builds[name]
                found = (gpu.arch for gpu in fleet.hosts[host].gpus if gpu.arch)
                arches.setdefault(name, {}).update(dict.fromkeys(found))
    for build in fleet.builds.values():
        if build.builder is not None and build.name in arches:
            builds.setdefault(build.builder, {})[build.name] = build
    return Wiring(
        services={host: tuple(each) for host, each in services.items()},
        endpoints={
            name: _BY_KIND[service.kind].endpoints(service, fleet)
            for name, service in fleet.services.items()
        },
        builds={host: tuple(each.values()) for host, each in builds.items()},
        arches={name: tuple(sorted(each)) for name, each in arches.items()},
        sharing={
            name: share.url for name, host in fleet.hosts.items() if (share := plan_share(host))
        },
    )


def plan_fleet(fleet: Fleet) -> Iterator[HostPlan]:
    """Yield the plan of every host, in the order of the file."""
    wiring = wire(fleet)
    for host in fleet.hosts:
        yield plan_host(fleet, host, wiring)


def plan_host(fleet: Fleet, host: str, wiring: Wiring | None = None) -> HostPlan:
    """Return the plan of one host; a fleet without errors always has one."""
    wiring = wiring or wire(fleet)
    machine = fleet.hosts[host]
    services = wiring.services.get(host, ())
    limits = _memory_limits(services, fleet, machine)
    plans = tuple(
        _BY_KIND[service.kind].plan(
            service, machine, fleet, wiring.endpoints, limits.get(service.name)
        )
        for service in services
    )
    builds = tuple(
        plan_build(build, wiring.arches.get(build.name, ()), machine)
        for build in wiring.builds.get(host, ())
    )
    return HostPlan(
        host=host,
        gpus=tuple((gpu.vendor, gpu.arch) for gpu in machine.gpus),
        users=_unique(plan.user for plan in plans if plan.user != "root"),
        builds=builds,
        ggufs=_ggufs(services, machine, fleet),
        releases=_releases(plans),
        packages=tuple(dict.fromkeys(each for plan in plans for each in plan.packages)),
        services=plans,
        groups=_unique(group for plan in plans for group in plan.groups),
        gpu_ids=machine.gpu_ids,
        share=plan_share(machine),
        sharing=wiring.sharing if machine.share else {},
        mirror=machine.mirror,
    )


def _memory_limits(services: tuple[Service, ...], fleet: Fleet, host: Host) -> Mapping[str, int]:
    """Return bytes by unit for services on the CPU; empty if no sizes are known."""
    builds = {name for service in services for name in service.builds}
    if not fleet.facts or all(backend(fleet.builds[each].backend).device for each in builds):
        return {}
    # The memory model is loaded only where a limit can come of it.
    from .capacity.footprint.memory_limits import memory_limits

    return memory_limits(fleet, host)


def plan_build(build: Build, arches: tuple[str, ...], host: Host) -> BuildPlan:
    """Return a build as one host needs it."""
    stack = backend(build.backend)
    finder = stack.finder_packages if host.gpu_ids else ()
    if build.kind == "release":
        # CUDA's libraries are in an archive beside the program's.
        libraries = () if build.backend == "cuda" else stack.runtime_packages
        return BuildPlan(
            build=build,
            cmake=(),
            packages=(),
            runtime_packages=_unique((*COMMON_RUNTIME_PACKAGES, *libraries, *finder)),
            directory=f"{PREFIX}/llama.cpp/{build.name}",
            compiles=True,
        )
    library = blas(build.blas)
    compiles = build.builder in (None, host.name)
    source = (*SOURCE_PACKAGES.get(build.source, ()), *(("patch",) if build.patches else ()))
    return BuildPlan(
        build=build,
        cmake=cmake_options(build, arches),
        packages=_unique((*COMMON_PACKAGES, *source, *stack.packages, *library.packages)),
        runtime_packages=_unique(
            (
                *COMMON_RUNTIME_PACKAGES,
                *stack.runtime_packages,
                *library.runtime_packages,
                *finder,
            )
        ),
        directory=f"{PREFIX}/llama.cpp/{build.name}",
        compiles=compiles,
        prepare=stack.prepare,
    )


def cmake_options(build: Build, arches: tuple[str, ...]) -> tuple[str, ...]:
    """Return all CMake options of a build, so that nothing is fetched or found by chance.

    What the fleet file says itself comes last and wins.
    """
    stack = backend(build.backend)
    return (
        *COMMON_OPTIONS,
        native_option(build.native),
        *_origin_options(build),
        *CPU_ALL_VARIANTS.options(build.cpu_all_variants),
        *RPC.options(build.rpc),
        *blas(build.blas).options(build.blas is not None),
        *stack.cmake,
        *stack.arch_option(arches),
        *build.cmake,
    )


def _origin_options(build: Build) -> tuple[str, ...]:
    """Return the build number and commit that `--version` says.

    A number is in the name of the ref, for a shallow clone counts one commit. An archive has
    neither, and git would answer for whatever repository its folder happens to be in.
    """
    number = re.fullmatch(r"b([0-9]+)", build.ref)
    named = (f"-DLLAMA_BUILD_NUMBER={number[1]}",) if number else ()
    if build.source == "git":
        return named
    return (*(named or ("-DLLAMA_BUILD_NUMBER=0",)), "-DLLAMA_BUILD_COMMIT=unknown")


def _in_start_order(fleet: Fleet) -> list[Service]:
    """Sort services by kind in the order of TARGETS; within a kind as written."""
    order = {kind: index for index, kind in enumerate(_BY_KIND)}
    return sorted(fleet.services.values(), key=lambda service: order[service.kind])


def _ggufs(services: tuple[Service, ...], host: Host, fleet: Fleet) -> tuple[GgufPlan, ...]:
    models = (fleet.models[name] for service in services for name in service.models)
    names = (name for model in models for name in (model.gguf, model.mmproj, model.draft) if name)
    files = (file for name in dict.fromkeys(names) for file in _files(fleet.ggufs[name]))
    store = store_path(host)
    return tuple(GgufPlan(each, gguf_path(each, host), each.path is None, store) for each in files)


def _files(gguf: Gguf) -> tuple[Gguf, ...]:
    """Each file of weights by itself: as it was locked, else the shards that a name stands for."""
    if gguf.files:
        return tuple(_one(gguf, each) for each in gguf.files)
    one = gguf.path or gguf.file or ""
    return tuple(gguf if name == one else _other(gguf, name) for name in shards(one))


def _one(gguf: Gguf, file: GgufFile) -> Gguf:
    """Return one of the files of weights whose files are known."""
    known = replace(gguf, size=file.size, sha256=file.sha256, files=())
    return replace(known, path=file.file) if gguf.path else replace(known, file=file.file)


def _other(gguf: Gguf, name: str) -> Gguf:
    """Another shard; what the fleet file says of one file does not count for it."""
    if gguf.path:
        return replace(gguf, path=name, size=None, sha256=None)
    return replace(gguf, file=name, size=None, sha256=None)


def _releases(plans: tuple[ServicePlan, ...]) -> tuple[ReleasePlan, ...]:
    found: dict[str, ReleasePlan] = {}
    for release in (release for plan in plans for release in plan.releases):
        known = found.get(release.path)
        if known is None or known.sha256 is None:
            found[release.path] = release
    return tuple(found.values())


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
