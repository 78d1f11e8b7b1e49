"""One compilation on one host: its unit, its paths and the files of its work folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from llamafleet.secrets.url import split_login, without_secrets
from llamafleet.targets.fingerprint import Inputs, inputs_text
from llamafleet.targets.paths import STATE
from llamafleet.targets.plan_types import BuildPlan
from llamafleet_roles.background import BackgroundJob

FILES = Path(__file__).parent / "files"
LOGS = "/var/log/llamafleet"


@dataclass(frozen=True, slots=True)
class BuildJob:
    """A build with the inputs that it has on a host; `jobs` compilers run at a time."""

    plan: BuildPlan
    inputs: Inputs
    jobs: int = 1

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

    def files(self) -> dict[str, str]:
        """Return the files that compile.sh reads; only `prepare` is evaluated as shell code.

        A login in the URL is in a file of its own, which git reads and compile.sh deletes.
        """
        build = self.plan.build
        url, login = split_login(build.url or "")
        values = {
            "final": self.install_directory,
            "jobs": str(self.jobs),
            "ref": build.ref,
            "url": url,
            "commit": build.commit or "",
        }
        return {
            "compile.sh": (FILES / "compile.sh").read_text(),
            "job": "".join(f"{name} {value}\n" for name, value in values.items()),
            "options": "".join(f"{option}\n" for option in self.inputs.cmake),
            "targets": "".join(f"{target}\n" for target in self.inputs.targets),
            "prepare": self.plan.prepare + "\n",
            "manifest.json": inputs_text(self.inputs),
            **({"credentials": f"{_with_login(url, login)}\n"} if login else {}),
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
