"""build-toolchain: builds that the compilers and libraries of a host cannot make or run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..diagnostics.model import Diagnostic, Label
from ..fleet.model import Build, Host
from .context import RuleContext
from .gpu_arch import toolkit
from .report import error, warning
from .rule import ERROR, Code, rule

if TYPE_CHECKING:
    from ..compatibility import Problem


@rule(
    Code(
        "build-toolchain",
        ERROR,
        "The compilers, libraries or driver of a host's distribution do not go with a build.",
        in_yaml=False,
    ),
)
def build_toolchain(context: RuleContext) -> Iterator[Diagnostic]:
    """Check each build against the distribution of the hosts that compile or run it."""
    for build, host, arches in _places(context):
        for found in _problems(build, host, arches):
            span = build.spans.get("toolkit", build.spans.get("backend", build.origin))
            place = Label(host.spans.get("distribution", host.origin), f'host "{host.name}"')
            message = f'build "{build.name}": {found.message}'
            report = error if found.certain else warning
            yield report("build-toolchain", message, span, found.hint, place)


def _places(context: RuleContext) -> Iterator[tuple[Build, Host, tuple[str, ...]]]:
    """Yield each build with each host that compiles it, or runs an archive, and all its cards."""
    arches: dict[str, dict[str, None]] = {}
    places: dict[tuple[str, str], tuple[Build, Host]] = {}
    for served in context.served_models:
        build = served.build
        if build is None:
            continue
        for host in served.hosts:
            found = (gpu.arch for gpu in host.gpus if gpu.arch)
            arches.setdefault(build.name, {}).update(dict.fromkeys(found))
            where = context.fleet.hosts[build.builder] if build.builder else host
            places[build.name, where.name] = build, where
    for build, host in places.values():
        if host.distribution is not None:
            yield build, host, tuple(arches[build.name])


def _problems(build: Build, host: Host, arches: tuple[str, ...]) -> tuple[Problem, ...]:
    # The tables are loaded only for a fleet that declares a distribution.
    from ..compatibility import Toolchain, expected_problems, release_problems

    if build.kind == "release":
        return release_problems(arches, Toolchain(build.backend, os=host.distribution))
    declared = toolkit(build) if build.backend == "cuda" else None
    version = tuple(each for each in declared[0] if each >= 0) if declared else None
    found = expected_problems(build.backend, arches, host.distribution, version)
    # What a toolkit that is written cannot compile for is gpu-arch's to say.
    return tuple(each for each in found if declared is None or each.subject != "arch")
