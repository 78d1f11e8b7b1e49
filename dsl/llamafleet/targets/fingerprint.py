"""The inputs of a build of llama.cpp, and the name of its install directory made from them."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, replace

from ..secrets.url import without_secrets
from .plan_types import BuildPlan

_NUMBERED = re.compile(r"b(\d+)\Z")


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that decides what a build is.

    `compiler` is the major version of the host's compilers, "" where none is known yet. `cpu` is a
    hash of the processor's features, and only there for builds that use all of them (`native`).
    """

    ref: str
    source: str
    backend: str
    cmake: tuple[str, ...]
    targets: tuple[str, ...]
    prepare: str
    machine: str
    os: str
    compiler: str
    cpu: str = ""

    @property
    def fingerprint(self) -> str:
        """Return twelve hexadecimal digits: the same inputs get the same directory."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def matches(self, other: Inputs) -> bool:
        """Return True if both are the same build, as far as both know their compiler."""
        if self.compiler and other.compiler:
            return self == other
        return replace(self, compiler="") == replace(other, compiler="")


def configure_options(plan: BuildPlan) -> tuple[str, ...]:
    """Return the CMake options of a build: the plan's, and what every install needs.

    Libraries are found beside the program, so that the directory can be moved and sent to other
    hosts. A build number is in the name of the ref: a shallow clone would
    count one commit, and an archive none.
    """
    fixed = ["-DCMAKE_INSTALL_RPATH=$ORIGIN", "-DCMAKE_BUILD_WITH_INSTALL_RPATH=ON"]
    numbered = _NUMBERED.match(plan.build.ref)
    if numbered:
        fixed.append(f"-DLLAMA_BUILD_NUMBER={numbered[1]}")
    given = {option.partition("=")[0].partition(":")[0] for option in plan.cmake}
    return (*plan.cmake, *(each for each in fixed if each.partition("=")[0] not in given))


def inputs_of(plan: BuildPlan, *, machine: str, os: str, compiler: str, cpu: str) -> Inputs:
    """Return the inputs of a build on a host of which these facts are known."""
    build = plan.build
    return Inputs(
        ref=build.ref,
        source=build.sha256 or _repository(plan),
        backend=build.backend,
        cmake=configure_options(plan),
        targets=build.targets,
        prepare=plan.prepare,
        machine=machine,
        os=os,
        compiler=compiler,
        cpu=cpu if build.native else "",
    )


def _repository(plan: BuildPlan) -> str:
    """Return where git has a build, and the commit that was locked: a tag can move, too.

    The manifest of an install is for everybody to read, so a login in the address is left out.
    """
    build = plan.build
    url = without_secrets(build.url or "")
    return f"{url}@{build.commit}" if build.commit not in (None, build.ref) else url


def inputs_text(inputs: Inputs) -> str:
    """Return the inputs as a manifest holds them."""
    return json.dumps(asdict(inputs), indent=1) + "\n"


def read_inputs(text: str) -> Inputs | None:
    """Return the inputs that a manifest holds; None where it is not a manifest of ours."""
    try:
        content = json.loads(text)
        content["cmake"] = tuple(content["cmake"])
        content["targets"] = tuple(content["targets"])
        return Inputs(**content)
    except (ValueError, TypeError, KeyError):
        return None
