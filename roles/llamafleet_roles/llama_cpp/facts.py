"""Facts about a host that llama.cpp builds depend on, and the installs that it has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyinfra.api.facts import FactBase

from llamafleet.backends import BACKENDS, COMMON_RUNTIME_PACKAGES, backend
from llamafleet.targets.fingerprint import Inputs, inputs_of, read_inputs
from llamafleet.targets.plan_types import BuildPlan
from llamafleet_roles.commands import command_line
from llamafleet_roles.packages import version_function

FILES = Path(__file__).parent / "files"

TOOLKITS = tuple(each for each in BACKENDS if each.toolkit)

_DRIVER = re.compile(r"driver|-icd$|^nvidia-")

_TOOLKIT = 'echo "{name} $( {{ {version}; }} 2>/dev/null)"\n'


@dataclass(frozen=True, slots=True)
class HostBuilds:
    """The builds of a host and what they depend on; `memory` is MemAvailable in kB.

    `sums` are the SHA-256 of the lists of files of `installs`, `runtime` the versions of libraries.
    """

    machine: str = ""
    os: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    cpu: str = ""
    cores: int = 1
    memory: int = 0
    current: Mapping[str, str] = field(default_factory=dict)
    installs: Mapping[str, Inputs] = field(default_factory=dict)
    sums: Mapping[str, str] = field(default_factory=dict)
    runtime: Mapping[str, str] = field(default_factory=dict)
    running: frozenset[str] = frozenset()

    def compiler(self, stack: str) -> str:
        """Return the compilers and their versions (`gcc14-nvcc12.8`); "" if one is missing."""
        needed = ["gcc", *(each.toolkit for each in TOOLKITS if each.name == stack)]
        versions = [(tool, self.versions.get(tool, "")) for tool in needed]
        if not all(version for _, version in versions):
            return ""
        return "-".join(f"{tool}{version}" for tool, version in versions)

    def inputs(self, plan: BuildPlan) -> Inputs:
        """Return the inputs of a build on this host."""
        return inputs_of(
            plan,
            machine=self.machine,
            os=self.os,
            compiler=self.compiler(plan.build.backend),
            cpu=self.cpu,
            runtime={name: self.runtime.get(name, "") for name in linked_to(plan)},
        )

    def jobs(self, plan: BuildPlan) -> int:
        """Return the number of compile jobs, limited by the cores and the available memory."""
        if plan.build.jobs:
            return plan.build.jobs
        return max(1, min(self.cores, self.memory // backend(plan.build.backend).job_memory))

    def install_of(self, inputs: Inputs, directory: str) -> str | None:
        """Return the directory of an install with these inputs, preferably the current one."""
        now = self.current.get(directory)
        found = [
            path
            for path, installed in self.installs.items()
            if path.startswith(f"{directory}-") and installed.matches(inputs)
        ]
        return now if now in found else next(iter(found), None)


class Builds(FactBase[HostBuilds | None]):
    """The builds of a host in one round trip; None if the probe could not run."""

    def command(self, directories: tuple[str, ...], libraries: tuple[str, ...] = ()) -> str:
        """Return the probe, a script that never fails; `libraries` are packages, by Debian's names.

        One that is not installed has the version that would be.
        """
        toolkits = "".join(
            _TOOLKIT.format(name=each.toolkit, version=each.toolkit_version) for each in TOOLKITS
        )
        script = f"{version_function()}{(FILES / 'probe.sh').read_text()}{toolkits}true\n"
        return command_line("sh", "-c", script, "probe", *directories, "--", *libraries)

    @staticmethod
    def default() -> HostBuilds | None:
        """Return None: unknown."""
        return None

    def process(self, output: list[str]) -> HostBuilds | None:
        """Parse the probe's lines, each a keyword and its value."""
        if not output or output[0] != "llama 1":
            return None
        single: dict[str, str] = {}
        current: dict[str, str] = {}
        installs: dict[str, Inputs] = {}
        sums: dict[str, str] = {}
        runtime: dict[str, str] = {}
        running: set[str] = set()
        for line in output[1:]:
            keyword, _, value = line.partition(" ")
            first, _, rest = value.partition(" ")
            if keyword == "current":
                current[first] = rest
            elif keyword == "install":
                inputs = read_inputs(rest)
                if inputs:
                    installs[first] = inputs
            elif keyword == "sums":
                sums[first] = rest
            elif keyword == "runtime":
                runtime[first] = rest.strip()
            elif keyword == "running":
                running.add(value.removesuffix(".service"))
            else:
                single[keyword] = value.strip()
        tools = ("gcc", *(each.toolkit for each in TOOLKITS))
        return HostBuilds(
            machine=single.get("machine", ""),
            os=single.get("os", "unknown"),
            versions={tool: single.get(tool, "") for tool in tools},
            cpu=single.get("cpu", ""),
            cores=_number(single.get("cores")) or 1,
            memory=_number(single.get("memory")),
            current=current,
            installs=installs,
            sums=sums,
            runtime=runtime,
            running=frozenset(running),
        )


def linked_to(plan: BuildPlan) -> tuple[str, ...]:
    """Return the libraries that the inputs of a build name: glibc, and those of its GPU stack.

    What comes with the compiler has its version. A driver is none: it can be replaced below a
    build, which stays the same.
    """
    own = (each for each in plan.runtime_packages if each not in COMMON_RUNTIME_PACKAGES)
    packages = (each for each in own if not _DRIVER.search(each))
    return tuple(sorted({"glibc", *packages}))


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0
