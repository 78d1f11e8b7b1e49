"""The inputs of a build of llama.cpp, and the name of its install directory made from them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from ..secrets.url import without_secrets
from .plan_types import BuildPlan

_NUMBERED = re.compile(r"b(\d+)\Z")


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that decides what a build is.

    `source` is the SHA-256 of an archive, or a repository and the locked commit; `patches` are
    `NAME SHA256`. `cmake` has the options, architectures among them. `compiler` are the versions of
    the host's compilers and toolkit, "" where none is known yet, and `runtime` those of the
    libraries that the result is linked to (`NAME VERSION`), without those that are not known.
    `cpu` is a hash of the processor's features, and only there for builds that use all of them
    (`native`); what others use of a processor is among the options.
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
    patches: tuple[str, ...] = ()
    runtime: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Return twelve hexadecimal digits: the same inputs get the same directory."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def without_tools(self) -> Inputs:
        """Return the inputs as a host knows them that has no compilers yet."""
        return replace(self, compiler="", runtime=())

    def matches(self, other: Inputs) -> bool:
        """Return True if both are the same build, as far as both know compilers and libraries."""
        if self.compiler and other.compiler and self.compiler != other.compiler:
            return False
        mine, theirs = (dict(each.split(" ", 1) for each in one.runtime) for one in (self, other))
        if any(mine[name] != theirs[name] for name in mine.keys() & theirs.keys()):
            return False
        return self.without_tools == other.without_tools


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


def inputs_of(
    plan: BuildPlan,
    *,
    machine: str,
    os: str,
    compiler: str,
    cpu: str,
    runtime: Mapping[str, str] | None = None,
) -> Inputs:
    """Return the inputs of a build on a host of which these facts are known.

    `runtime` are versions by the names of libraries; only what they begin with counts, for a patch
    release of a library is the same to a program that is linked to it.
    """
    build = plan.build
    released = build.kind == "release"
    digests = (each.sha256 for each in build.assets if each.machine == machine)
    return Inputs(
        ref=build.ref,
        source=" ".join(digests) if released else build.sha256 or _repository(plan),
        backend=build.backend,
        cmake=() if released else configure_options(plan),
        targets=() if released else build.targets,
        prepare=plan.prepare,
        machine=machine,
        os=os,
        compiler="" if released else compiler,
        cpu=cpu if build.native else "",
        patches=tuple(f"{each.name} {each.sha256}" for each in build.patches),
        runtime=tuple(
            f"{name} {'.'.join(version.split('.')[:2])}"
            for name, version in sorted((runtime or {}).items())
            if version
        ),
    )


def _repository(plan: BuildPlan) -> str:
    """Return where git has a build, and the commit that was locked: a tag can move, too.

    The manifest of an install is for everybody to read, so a login in the address is left out.
    """
    build = plan.build
    url = without_secrets(build.url or "")
    return f"{url}@{build.commit}" if build.commit not in (None, build.ref) else url


FORMAT = 2
"""The version of the manifests of installs: since 2, SHA256SUMS beside one has every file."""


def manifest_text(inputs: Inputs, made: Mapping[str, object]) -> str:
    """Return the manifest of an install: its inputs, and by whom, where and when it was made."""
    content = {"format": FORMAT, "fingerprint": inputs.fingerprint, **made}
    return json.dumps({**content, "inputs": asdict(inputs)}, indent=1) + "\n"


def read_inputs(text: str) -> Inputs | None:
    """Return the inputs that a manifest holds; None where it is not a manifest of this format."""
    try:
        content = json.loads(text)
        if content["format"] != FORMAT:
            return None
        inputs = content["inputs"]
        for key in ("cmake", "targets", "patches", "runtime"):
            inputs[key] = tuple(map(str, inputs[key]))
        found = Inputs(**inputs)
        return found if all(" " in each for each in found.runtime) else None
    except (ValueError, TypeError, KeyError):
        return None
