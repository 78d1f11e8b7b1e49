"""gpu-arch: architectures that the CUDA toolkit cannot build for, or that are misspelt."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..backends import backend
from ..diagnostics.model import Diagnostic, Label
from ..fleet.model import Build, GpuType, Host
from ..source import Span
from .context import RuleContext
from .report import error, warning
from .rule import ERROR, Code, rule

Version = tuple[int, int]

_PATH = re.compile(r"cuda-(\d+)(?:[.-](\d+))?")


@rule(
    Code(
        "gpu-arch",
        ERROR,
        "The CUDA toolkit of a build cannot compile for a card, or its architecture is misspelt.",
        in_yaml=False,
    ),
)
def gpu_arch(context: RuleContext) -> Iterator[Diagnostic]:
    """Check each build against the cards that it is compiled for."""
    pairs = {
        (served.build.name, gpu.name): (served.build, gpu, _maker(context, served.build, host))
        for served in context.served_models
        if served.build is not None and backend(served.build.backend).arch_pattern
        for host in served.hosts
        for gpu in host.gpus
    }
    for build, gpu, maker in pairs.values():
        stack = backend(build.backend)
        if gpu.arch is None or not stack.computes_on(gpu.vendor):
            continue
        if not re.fullmatch(stack.arch_pattern, gpu.arch):
            message = f'{build.backend} has no architecture "{gpu.arch}"'
            related = Label(build.spans.get("backend", build.origin), "the backend")
            hint = f"use a name such as {stack.arch_example}"
            yield warning("gpu-arch", message, gpu.origin, hint, related)
        elif build.backend == "cuda":
            yield from _toolkit(build, gpu, gpu.arch, maker)


def _maker(context: RuleContext, build: Build, host: Host) -> Host:
    return context.fleet.hosts[build.builder] if build.builder else host


def _toolkit(build: Build, gpu: GpuType, arch: str, maker: Host) -> Iterator[Diagnostic]:
    found = toolkit(build)
    number = int(re.sub(r"\D", "", arch))
    if found is None:
        return
    # The tables are loaded only for a fleet that names a toolkit.
    from ..compatibility import expected_problems
    from ..compatibility.cuda_table import FIRST, LAST, builds_for

    version, span = found
    known = tuple(each for each in version if each >= 0)
    if builds_for(known, number):
        return
    release = ".".join(str(each) for each in known)
    last, first = LAST.get(number), FIRST.get(number)
    if last is not None and known[0] >= last[0] and known > last:
        hint = f"use CUDA {last[0]}.{last[1]} or older"
    else:
        hint = f"use CUDA {first[0]}.{first[1]} or newer" if first else ""
    if maker.distribution is not None:
        expected = expected_problems("cuda", (arch,), maker.distribution, known)
        hint = next((each.hint for each in expected if each.subject == "arch"), hint)
    message = f'CUDA {release} cannot build for {arch}, the architecture of gpu "{gpu.name}"'
    yield error("gpu-arch", message, span, hint, Label(gpu.origin, "declared here"))


def toolkit(build: Build) -> tuple[Version, Span] | None:
    """Return the CUDA toolkit of a build, minor -1 if unknown; None if it names none."""
    if build.toolkit is not None:
        major, _, rest = build.toolkit.partition(".")
        return (int(major), int(rest or -1)), build.spans.get("toolkit", build.origin)
    for option in build.cmake:
        if "CUDA" in option and (found := _PATH.search(option)):
            minor = int(found[2]) if found[2] else -1
            return (int(found[1]), minor), build.spans.get("cmake", build.origin)
    return None
