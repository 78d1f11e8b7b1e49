"""Time a rollout that has nothing to do, beside one operation per file and unit.

    python -m benchmarks.rollout [--files 20] [--units 5] [--runs 5]

One lab host, the same files and units on both ways, and pyinfra's start and connection (a deploy
without operations) measured too, so that they can be taken off. Needs root and systemd-nspawn.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests.lab.lab import Lab

ROOT = Path(__file__).parent.parent

PLAN = """
import os
from llamafleet.targets.plan_types import Artifact, HostPlan, ServicePlan, Unit

FILES, UNITS = int(os.environ["FILES"]), int(os.environ["UNITS"])
TEXT = "\\n".join(f"key-{index}: value" for index in range(150)) + "\\n"

units = tuple(Unit(f"bench-{index}.service", "/usr/bin/sleep") for index in range(UNITS))
artifacts = tuple(
    Artifact(f"/etc/llamafleet/bench/{index}.yaml", TEXT) for index in range(FILES)
) + tuple(
    Artifact(
        f"/etc/systemd/system/{unit.name}",
        "[Service]\\nExecStart=/usr/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n",
        restarts=(unit.name,),
    )
    for unit in units
)
"""

DEPLOYS = {
    "start and connect": "",
    "one bundle": PLAN
    + """
from llamafleet_roles.services import services

service = ServicePlan("bench", "bench", artifacts, units, ())
services(plan=HostPlan("bench", (), (), (), (), (), (), (service,)))
""",
    "an operation per file": PLAN
    + """
from io import StringIO
from pyinfra.operations import files, systemd
from pyinfra.operations.util import any_changed

put = {}
for artifact in artifacts:
    put[artifact.path] = files.put(
        name=f"put {artifact.path}", src=StringIO(artifact.content), dest=artifact.path,
        mode=artifact.mode, user=artifact.owner, group=artifact.group,
    )
for unit in units:
    file = put[f"/etc/systemd/system/{unit.name}"]
    systemd.daemon_reload(name="daemon-reload", _if=file.did_change)
    systemd.service(name=f"run {unit.name}", service=unit.name, running=True, enabled=True)
    systemd.service(
        name=f"restart {unit.name}", service=unit.name, restarted=True, _if=file.did_change
    )
""",
}


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=20)
    parser.add_argument("--units", type=int, default=5)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    settings = {"FILES": str(options.files), "UNITS": str(options.units)}
    with Lab(("bench",), say=print) as lab, tempfile.TemporaryDirectory() as folder:
        data = {"ssh_config_file": str(lab.ssh_config), "_sudo": True}
        (Path(folder) / "hosts.py").write_text(f"bench = [('bench', {data!r})]\n")
        seconds = {
            name: measure(Path(folder), text, settings, options.runs)
            for name, text in DEPLOYS.items()
        }
    base = seconds["start and connect"]
    bundle, plain = (seconds[name] - base for name in ("one bundle", "an operation per file"))
    print(
        f"\n{options.files} files, {options.units} units, nothing to do, median of {options.runs}"
    )
    for name, value in seconds.items():
        print(f"  {name:24} {value:6.2f} s   without start {value - base:6.2f} s")
    print(f"  ratio without start and connection: {plain / bundle:.1f}")
    return 0


def measure(folder: Path, text: str, settings: Mapping[str, str], runs: int) -> float:
    """The median of `runs` rollouts after one that may have had something to do."""
    deploy = folder / "deploy.py"
    deploy.write_text(text)
    times = []
    for _ in range(runs + 1):
        begin = time.perf_counter()
        done = subprocess.run(
            [Path(sys.executable).with_name("pyinfra"), "-y", folder / "hosts.py", deploy],
            cwd=ROOT,
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
        )
        times.append(time.perf_counter() - begin)
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
    return statistics.median(times[1:])


if __name__ == "__main__":
    sys.exit(main())
