"""A host in a folder: the services role's real scripts, with a systemctl that only remembers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from llamafleet.source import Position, Span
from llamafleet.targets.plan_types import (
    LLAMA_SWAP,
    Artifact,
    Check,
    HostPlan,
    Probe,
    ServicePlan,
    Socket,
    Unit,
)
from llamafleet_roles.services.bundle import apply_command, bundle
from llamafleet_roles.services.changes import Changes, compare
from llamafleet_roles.services.facts import HostState, Services
from llamafleet_roles.services.plan_lines import planned_units
from llamafleet_roles.services.ports import planned_sockets, socket_key

HERE = Path(__file__).parent
ORIGIN = Span("fleet.fleet", Position(1, 1), Position(1, 1))
SWAP = "/opt/llamafleet/llama-swap/v250/llama-swap"
CONFIG = "/etc/llamafleet/llama-swap/voice.yaml"
UNIT = "/etc/systemd/system/llama-swap-voice.service"

STUBS = {
    "systemctl": (HERE / "stub_systemctl.sh").read_text(),
    "systemd-analyze": """#!/bin/sh
for unit in "$@"; do ! grep -Hs Refused -- "$unit" || exit 1; done
""",
    "systemd-run": (HERE / "stub_systemd_run.sh").read_text(),
    # Nothing loses power here, and disks that others use are slow.
    "sync": "#!/bin/sh\n",
    "journalctl": "#!/bin/sh\necho the journal of $2\n",
}
# Refuses a configuration that says so, else stops at listening, as the real one does.
FAKE_SWAP = """#!/bin/sh
[ "$1" != -help ] || { cat "$STUB/help" 2>/dev/null; exit 0; }
if [ "$1" = -validate ]; then
    ! grep -q bad "$3" || { echo "config validation failed: bad"; exit 1; }
    echo "config is valid" && exit 0
fi
! grep -q bad "$2" || { echo "failed to load config"; exit 1; }
echo "${SECRET:-unset}" >"$STUB/seen-secret"
echo "listen tcp: address ${4##*:}: invalid port"
exit 1
"""


@dataclass
class Machine:
    """A root folder and a folder of stubs."""

    root: Path
    stub: Path
    die_at: int = 0
    extra: dict[str, str] = field(default_factory=dict)

    @classmethod
    def in_folder(cls, folder: Path) -> Machine:
        """Make an empty machine that has llama-swap installed."""
        machine = cls(folder / "root", folder / "stub")
        (machine.stub / "bin").mkdir(parents=True)
        for name, text in STUBS.items():
            (machine.stub / "bin" / name).write_text(text)
            (machine.stub / "bin" / name).chmod(0o755)
        machine.write(SWAP, FAKE_SWAP)
        machine.at(SWAP).chmod(0o755)
        return machine

    def at(self, path: str) -> Path:
        return Path(f"{self.root}{path}")

    def write(self, path: str, text: str) -> None:
        self.at(path).parent.mkdir(parents=True, exist_ok=True)
        self.at(path).write_text(text)

    def text(self, path: str) -> str | None:
        found = self.at(path)
        return found.read_text() if found.exists() else None

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": f"{self.stub / 'bin'}:{os.environ['PATH']}",
            "LLAMAFLEET_ROOT": str(self.root),
            "LLAMAFLEET_DIE_AT": str(self.die_at),
            "STUB": str(self.stub),
            **self.extra,
        }

    def run(self, line: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", line], input=stdin, capture_output=True, text=True, env=self.environment
        )

    def observe(self, plan: HostPlan, artifacts: tuple[Artifact, ...] | None = None) -> HostState:
        wanted = plan.artifacts if artifacts is None else artifacts
        fact = Services()
        line = fact.command(
            files=tuple(each.path for each in wanted),
            units=tuple((unit.name, unit.executable) for unit in planned_units(plan)),
            sockets=tuple((each.unit, socket_key(each)) for each in planned_sockets(plan)),
            stores=tuple(each.store for each in plan.services if each.store),
        )
        done = self.run(line)
        assert done.returncode == 0, done.stderr
        observed = fact.process(done.stdout.splitlines())
        assert observed is not None
        return observed

    def changes(self, plan: HostPlan) -> Changes:
        return compare(plan.artifacts, planned_units(plan), self.observe(plan))

    def apply(self, plan: HostPlan, patience: int = 2) -> subprocess.CompletedProcess[str]:
        """Apply a plan as the operation does when something differs."""
        observed = self.observe(plan)
        changes = compare(plan.artifacts, planned_units(plan), observed)
        packed = bundle(plan, plan.artifacts, changes, observed, patience)
        return self.run(apply_command(str(self.root)), stdin=packed)

    def killed(self, plan: HostPlan, step: int) -> bool:
        """Apply, killed at a step; False where the script has fewer steps and ended by itself."""
        self.die_at = step
        done = self.apply(plan)
        self.die_at = 0
        # The outer sh reports its child's death as 128 + the signal's number.
        died = done.returncode in (128 + signal.SIGKILL, -signal.SIGKILL)
        assert died or done.returncode == 0, done.stderr
        return died

    def calls(self) -> list[str]:
        """Return the changing calls of systemctl since the last look."""
        log = self.stub / "calls"
        found = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [line for line in found if not line.startswith(("daemon-reload", "reset-failed"))]

    def owns(self, unit: str, pid: int) -> None:
        """Put a process into a unit's control group."""
        self.set_property(unit, "ControlGroup", f"/system.slice/{unit}")
        self.write(f"/sys/fs/cgroup/system.slice/{unit}/cgroup.procs", f"{pid}\n")

    def set_property(self, unit: str, name: str, value: str) -> None:
        folder = self.stub / "units" / unit
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{value}\n")

    def copy(self, folder: Path) -> Machine:
        """Another machine in the same state."""
        shutil.copytree(self.root, folder / "root", symlinks=True)
        shutil.copytree(self.stub, folder / "stub", symlinks=True)
        return Machine(folder / "root", folder / "stub")

    def leftovers(self) -> list[str]:
        """Temporary files that should not be there after a whole run."""
        found = [*self.root.rglob("*llamafleet-new"), *self.root.rglob("staging")]
        return [str(path.relative_to(self.root)) for path in found]


def swap_service(config: str = "models: {}\n", unit: str = "[Service]\n") -> ServicePlan:
    """A llama-swap as the compiler plans one."""
    name = "llama-swap-voice.service"
    return ServicePlan(
        kind="llama-swap",
        name="voice",
        artifacts=(
            Artifact(CONFIG, config, restarts=(name,), check=Check(LLAMA_SWAP)),
            Artifact(UNIT, unit, restarts=(name,)),
        ),
        units=(Unit(name, SWAP),),
        probes=(),
        user="root",
        trial=config,
    )


def server_service(index: int, unit: str = "[Service]\n", port: int | None = None) -> ServicePlan:
    """One llama-server process."""
    name = f"llama-server-worker-{index}.service"
    probe = Probe("llama-server", "worker", name, "127.0.0.1", port or 0)
    return ServicePlan(
        kind="llama-server",
        name=f"worker-{index}",
        artifacts=(Artifact(f"/etc/systemd/system/{name}", unit, restarts=(name,)),),
        units=(Unit(name, "/opt/llamafleet/llama.cpp/main/llama-server"),),
        probes=(probe,) if port else (),
        sockets=(Socket(name, "127.0.0.1", port),) if port else (),
    )


def plan_of(*services: ServicePlan, host: str = "box") -> HostPlan:
    """A host with these services and nothing to install."""
    return HostPlan(
        host=host,
        gpus=(),
        users=("llamafleet",),
        builds=(),
        ggufs=(),
        releases=(),
        packages=(),
        services=services,
    )
