"""A live host and its plan: commands and requests on the host, and remedies for messages."""

from __future__ import annotations

import atexit
import json
import shlex
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest
import testinfra
from testinfra.host import Host as Connection

from llamafleet.fleet.model import Host
from llamafleet.targets.plan_types import HostPlan, Probe

REQUEST_SECONDS = 30
LOAD_SECONDS = 900

# The key goes from its file on the host to curl's standard input: no command line shows it.
WITH_KEY = r"""
key=$(sed -n "s/^$1=//p" "$2" | tail -n 1 |
    sed -e '/^".*"$/{s/^"\(.*\)"$/\1/;s/\\\([\\"$`]\)/\1/g;}' -e "s/^'\(.*\)'$/\1/")
test -n "$key" || { echo "$2 sets no $1" >&2; exit 3; }
shift 2
printf '%s\n' "$key" | sed -e 's/[\"]/\\&/g' -e 's/.*/header = "Authorization: Bearer &"/' |
    curl --config - "$@"
"""
ROLL_OUT = (
    "roll out again: pyinfra hosts.py deploy.py "
    "(in a clone: pyinfra inventories/NAME/hosts.py deploys/site.py)"
)


@dataclass(frozen=True)
class Target:
    """One host of the fleet, its plan, and its SSH configuration."""

    host: Host
    plan: HostPlan
    ssh_config: str | None

    @cached_property
    def connection(self) -> Connection:
        """Return testinfra's connection, which stays open; with sudo unless the user is root."""
        plain = self._connect(sudo=False)
        try:
            user = plain.run("id -u")
        except RuntimeError as error:
            pytest.fail(
                f"{self.host.name} ({self.host.address}) cannot be reached by ssh; try\n"
                f"  {self.ssh_command()}\n{error}",
                pytrace=False,
            )
        if user.stdout.strip() == "0" or not self.host.ssh.sudo:
            return plain
        return self._connect(sudo=True)

    def _connect(self, sudo: bool) -> Connection:
        ssh = self.host.ssh
        login = f"{ssh.user}@" if ssh.user else ""
        port = f":{ssh.port}" if ssh.port else ""
        address = f"[{self.host.address}]" if ":" in self.host.address else self.host.address
        return testinfra.get_host(
            f"ssh://{login}{address}{port}",
            ssh_config=self._path(self.ssh_config or ssh.config),
            ssh_identity_file=self._path(ssh.key),
            ssh_extra_args=self._options(),
            controlpath=str(private_folder() / "%%C"),
            sudo=sudo,
        )

    def _options(self) -> str:
        # The connection to a silent host is closed, while connecting and afterwards.
        options = "-o BatchMode=yes -o ConnectTimeout=20"
        options += " -o ServerAliveInterval=15 -o ServerAliveCountMax=4"
        if self.host.ssh.known_hosts:
            known = self._path(self.host.ssh.known_hosts)
            options += f" -o {shlex.quote(f'UserKnownHostsFile={known}')}"
        return options

    @staticmethod
    def _path(path: str | None) -> str | None:
        return None if path is None else str(Path(path).expanduser())

    def ssh_command(self) -> str:
        """Return the ssh command for the user to inspect the host."""
        ssh = self.host.ssh
        words = ["ssh"]
        words += ["-F", str(self.ssh_config or ssh.config)] if self.ssh_config or ssh.config else []
        words += ["-i", ssh.key] if ssh.key else []
        words += ["-p", str(ssh.port)] if ssh.port else []
        words.append(f"{ssh.user}@{self.host.address}" if ssh.user else self.host.address)
        return shlex.join(words)

    def out(self, command: str, *arguments: str) -> str:
        """Return the standard output of a command that must succeed."""
        done = self.connection.run(command, *arguments)
        assert done.rc == 0, f"{self.host.name}: {done.command!r} failed: {done.stderr.strip()}"
        return str(done.stdout)

    def request(
        self,
        method: str,
        url: str,
        body: Mapping[str, Any] | None = None,
        seconds: int = REQUEST_SECONDS,
        probe: Probe | None = None,
    ) -> tuple[int, str]:
        """Return status and body of a request by curl on the host, with the probe's API key."""
        words = [
            *_curl(probe),
            "-sS",
            "-N",
            "--noproxy",
            "*",
            "--max-time",
            str(seconds),
            "-X",
            method,
        ]
        words += ["-w", "\n%{http_code}", url]
        if body is not None:
            words += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
        done = self.connection.run(" ".join(["%s"] * len(words)), *words)
        assert done.rc != 127, (
            f"{self.host.name} has no curl, which the verification needs: install it"
        )
        assert done.rc == 0, f"{self.host.name}: no answer from {url}: {done.stderr.strip()}"
        text, _, status = done.stdout.rpartition("\n")
        return int(status), text

    def get_json(self, url: str, probe: Probe | None = None) -> Any:
        """Return the JSON of a URL's response."""
        status, text = self.request("GET", url, probe=probe)
        assert status == 200, f"{self.host.name}: {url} returned HTTP {status}: {text[:300]}"
        try:
            return json.loads(text)
        except ValueError:
            raise AssertionError(
                f"{self.host.name}: {url} returned no JSON: {text[:300]}"
            ) from None

    def look(self, unit: str) -> str:
        """Return the command that shows more about a failure."""
        return f"see {self.ssh_command()} journalctl -u {unit} -n 50"


Subject = tuple[Target, Any]
"""The subject of a test: a host, and one unit, file, weights file or endpoint of it."""


@cache
def private_folder() -> Path:
    """Make a folder of this run that nobody else can access.

    Whoever can open an SSH control socket, or put one at its path, controls the session.
    """
    folder = tempfile.mkdtemp(prefix="llamafleet-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _curl(probe: Probe | None) -> list[str]:
    """Return the command of curl, with an API key if the probe needs one."""
    if probe is None or probe.key is None:
        return ["curl"]
    if probe.key_file is None:
        pytest.skip(
            f"{probe.service} requires {probe.key}, and no environment-file of the fleet sets it"
        )
    return ["sh", "-c", WITH_KEY, "curl", probe.key, probe.key_file]
