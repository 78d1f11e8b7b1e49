"""A site in a temporary folder, and rollouts of it exactly as a user starts them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
TEMPLATE = Path(__file__).parent / "site"
BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Site:
    """An inventory folder and the environment in which its rollouts run."""

    folder: Path
    environment: Mapping[str, str]

    @property
    def fleet(self) -> Path:
        """The fleet file."""
        return self.folder / "fleet.fleet"

    def command(self, *options: str, deploy: str = "deploys/site.py") -> list[str]:
        """Return the command line that a user types."""
        return [str(BIN / "pyinfra"), *options, str(self.folder / "hosts.py"), deploy]

    def start(self, *options: str, deploy: str = "deploys/site.py") -> subprocess.Popen[str]:
        """Start a rollout whose output goes to `rollout.log`, in a process group of its own."""
        with (self.folder / "rollout.log").open("w") as log:
            return subprocess.Popen(
                self.command(*options, deploy=deploy),
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

    def roll_out(
        self, *options: str, deploy: str = "deploys/site.py", timeout: float = 1800
    ) -> subprocess.CompletedProcess[str]:
        """A rollout to its end, with stdout and stderr apart."""
        return subprocess.run(
            self.command("-y", *options, deploy=deploy),
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def changes(self, *options: str, deploy: str = "deploys/site.py") -> dict[str, list[str]]:
        """Roll out; operation name to the hosts on which it changed something."""
        done = self.roll_out("--json", *options, deploy=deploy)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return changed(json.loads(done.stdout))

    def edit(self, old: str, new: str, file: str = "fleet.fleet") -> None:
        """Replace the only occurrence of a text in one of the site's files."""
        path = self.folder / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new))


def set_ctx_size(site: Site, model: str, tokens: int) -> int:
    """Change one model's ctx-size in the fleet file; returns what it was."""
    pattern = re.compile(rf"(?s)(\nmodel {model} {{.*?ctx-size = )(\d+)")
    text = site.fleet.read_text()
    match = pattern.search(text)
    assert match is not None, model
    site.fleet.write_text(pattern.sub(rf"\g<1>{tokens}", text, count=1))
    return int(match.group(2))


def changed(report: Mapping[str, Any]) -> dict[str, list[str]]:
    """From pyinfra's JSON report: which operations changed something, and where."""
    results = report["results"]
    assert not results["failed_hosts"], results
    return {
        each["name"]: sorted(each["success"]) for each in results["operations"] if each["success"]
    }


def kill(rollout: subprocess.Popen[str]) -> None:
    """Kill a rollout, as a closed laptop or the kernel does: without cleaning up."""
    os.killpg(rollout.pid, signal.SIGKILL)
    rollout.wait(timeout=30)


def wait_for(condition: Callable[[], bool], rollout: subprocess.Popen[str], log: Path) -> None:
    """Wait until something is so while a rollout runs."""
    deadline = time.monotonic() + 600
    while not condition():
        assert rollout.poll() is None, f"the rollout ended first:\n{log.read_text()[-3000:]}"
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.005)


def make_site(folder: Path, values: Mapping[str, str], environment: Mapping[str, str]) -> Site:
    """A copy of the template with its `@name@` filled in."""
    shutil.copytree(TEMPLATE, folder, dirs_exist_ok=True)
    shutil.copy(ROOT / "examples" / "sandbox" / "hosts.py", folder / "hosts.py")
    for path in folder.glob("*.fleet"):
        text = re.sub(r"@(\w+)@", lambda match: values[match.group(1)], path.read_text())
        path.write_text(text)
    return Site(folder, environment)
