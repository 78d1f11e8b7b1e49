"""One compilation on one host: its unit and its sandbox, its paths, the files of its folder."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from llamafleet.secrets.url import split_login, without_secrets
from llamafleet.targets.fingerprint import Inputs, manifest_text
from llamafleet.targets.paths import STATE
from llamafleet.targets.plan_types import BuildPlan
from llamafleet_roles.background import BackgroundJob
from llamafleet_roles.operator import operator_name

FILES = Path(__file__).parent / "files"
LOGS = "/var/log/llamafleet"
BUILD_USER = "llamafleet-build"
"""The user that compiles; it owns nothing but the `tree` folder of a work folder."""

SANDBOX = (
    f"User={BUILD_USER}",
    "UMask=0022",
    "NoNewPrivileges=yes",
    "CapabilityBoundingSet=",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelLogs=yes",
    "ProtectControlGroups=yes",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "RestrictNamespaces=yes",
    "LockPersonality=yes",
    "SystemCallArchitectures=native",
    # Compilers need no more. What is left out can trace or read other builds of the same user.
    "SystemCallFilter=@system-service",
)
"""What CMake files and compilers may do: a source that turns out bad can spoil its build alone."""


@dataclass(frozen=True, slots=True)
class BuildJob:
    """A build with the inputs that it has on a host; `jobs` compilers run at a time.

    `fleet_host` is the host's name in the fleet file.
    """

    plan: BuildPlan
    inputs: Inputs
    jobs: int = 1
    fleet_host: str = ""

    @property
    def install_directory(self) -> str:
        """The install directory."""
        return f"{self.plan.directory}-{self.inputs.fingerprint}"

    @property
    def background(self) -> BackgroundJob:
        """The job as a unit, which outlives the rollout."""
        return BackgroundJob(self.unit, self.work, self.log, self.label)

    @property
    def unit(self) -> str:
        """The unit that compiles; its name is the lock."""
        return f"llamafleet-build-{self.inputs.fingerprint}"

    @property
    def work(self) -> str:
        """The work folder, on a disk that survives a reboot."""
        return f"{STATE}/build/{self.inputs.fingerprint}"

    @property
    def log(self) -> str:
        """The log, which stays."""
        return f"{LOGS}/build-{self.plan.build.name}-{self.inputs.fingerprint}.log"

    @property
    def label(self) -> str:
        """The name of the build in output."""
        return f"llama.cpp {self.plan.build.name} ({self.plan.build.ref}, {self.inputs.backend})"

    @property
    def properties(self) -> tuple[str, ...]:
        """The properties of the unit: the sandbox, with the network for a clone alone."""
        own = [f"ReadWritePaths={self.work}/tree {self.work}/status"]
        if self.plan.build.source != "git":
            own.append("PrivateNetwork=yes")
        return (*SANDBOX, *own)

    def files(self, patches: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the files that compile.sh reads; only `prepare` is evaluated as shell code.

        A login in the URL is in a file of its own, which git reads and compile.sh empties. `status`
        exists beforehand: the build's user may write it, but create nothing beside it.
        """
        build = self.plan.build
        url, login = split_login(build.url or "")
        values = {
            "jobs": str(self.jobs),
            "ref": build.ref,
            "url": url,
            "commit": build.commit or "",
        }
        ordered = enumerate((patches or {}).items())
        return {
            "compile.sh": (FILES / "compile.sh").read_text(),
            "job": "".join(f"{name} {value}\n" for name, value in values.items()),
            "options": "".join(f"{option}\n" for option in self.inputs.cmake),
            "targets": "".join(f"{target}\n" for target in self.inputs.targets),
            "prepare": self.plan.prepare + "\n",
            "status": "",
            "manifest.json": manifest_text(self.inputs, self.made()),
            **{
                f"patch-{index:02d}-{posixpath.basename(name)}": text
                for index, (name, text) in ordered
            },
            **({"credentials": f"{_with_login(url, login)}\n"} if login else {}),
        }

    def made(self) -> dict[str, object]:
        """Return who makes a build where; install.sh fills in the times between the `@`s."""
        return {
            "build": self.plan.build.name,
            "by": operator_name(),
            "host": self.fleet_host,
            "begun": "@begun@",
            "ended": "@ended@",
            "seconds": "@seconds@",
        }

    def problem(self) -> str | None:
        """Return a message if a value contains a newline: files have one a line. Else None."""
        build = self.plan.build
        for value in (*self.inputs.cmake, *self.inputs.targets, build.ref, build.url or ""):
            if "\n" in value:
                return f"build {build.name}: {without_secrets(value)!r} contains a newline"
        return None


def _with_login(url: str, login: str) -> str:
    """Return a line of git-credential-store(1) for a URL: a login for its whole host."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{login}@{rest.partition('/')[0]}"
