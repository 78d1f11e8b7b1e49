"""Time weights for several hosts: shared between them, beside a download for each.

    python -m benchmarks.weights [--hosts 4] [--megabytes 256] [--rate 25]

Lab hosts and a local Hub, a stand-in whose line carries `--rate` MB/s in all, as a line to the
internet does. Both ways are whole rollouts of deploys/models.py; one with nothing to do is measured
too, and taken off. Needs root and systemd-nspawn.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.lab.hub import Hub, running_hub
from tests.lab.lab import Lab

ROOT = Path(__file__).parent.parent

FLEET = """fleet 1

build cpu {{
    ref     = "b11434"
    backend = cpu
}}

gguf big {{
    hf-repo = "owner/repo"
    hf-file = "{file}.gguf"
    sha256  = "{sha256}"
    size    = {megabytes}MB
}}

model big {{
    gguf = big
}}
"""

HOST = """
host {name} {{
    address    = "{address}"
    ssh-config = "{ssh_config}"
    models-dir = "/srv/models"
{share}}}

llama-swap {name} {{
    host   = {name}
    build  = cpu
    listen = "127.0.0.1:8080"
    models = [big]
}}
"""


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, default=4)
    parser.add_argument("--megabytes", type=int, default=256)
    parser.add_argument("--rate", type=float, default=25)
    options = parser.parse_args()
    names = tuple(f"host-{number}" for number in range(options.hosts))
    hub = Hub(rate=options.rate * 1e6)
    # Other bytes each time: a host that has them under another name downloads nothing.
    size = options.megabytes * 1_000_000 - 4
    ways = ("warm", "each", "shared")
    hub.add(
        "owner/repo", {f"{way}.gguf": b"GGUF" + random.Random(way).randbytes(size) for way in ways}
    )
    with (
        Lab(names, say=print) as lab,
        tempfile.TemporaryDirectory() as folder,
        running_hub(hub, lab.gateway) as endpoint,
    ):
        site = Site(Path(folder), lab, hub, endpoint, options.megabytes)
        site.roll_out(names, "warm", share=True)  # installs Python and nginx
        nothing = site.roll_out(names, "warm", share=True)
        each, downloaded = site.measure(names, "each", share=False)
        shared, once = site.measure(names, "shared", share=True)
    print(f"\n{options.hosts} hosts, {options.megabytes} MB, {options.rate:g} MB/s from the Hub")
    print(
        f"  a download for each host {each - nothing:7.1f} s  {downloaded / 1e6:6.0f} MB of the Hub"
    )
    print(f"  shared between them      {shared - nothing:7.1f} s  {once / 1e6:6.0f} MB of the Hub")
    print(f"  ratio {(each - nothing) / (shared - nothing):.1f}")
    return 0


class Site:
    """A site in a folder, whose hosts are those of the lab."""

    def __init__(self, folder: Path, lab: Lab, hub: Hub, endpoint: str, megabytes: int) -> None:
        self.folder, self.lab, self.hub, self.endpoint = folder, lab, hub, endpoint
        self.megabytes = megabytes
        shutil.copy(ROOT / "examples" / "sandbox" / "hosts.py", folder / "hosts.py")

    def measure(self, names: tuple[str, ...], file: str, *, share: bool) -> tuple[float, int]:
        """Return the seconds of a rollout of a new file, and the bytes that the Hub sent."""
        self.hub.sent = 0
        seconds = self.roll_out(names, file, share=share)
        return seconds, self.hub.sent

    def roll_out(self, names: tuple[str, ...], file: str, *, share: bool) -> float:
        """Return the seconds of a rollout of one file to each host."""
        sha256 = self.hub.repositories["owner/repo"].files[f"{file}.gguf"].sha256
        fleet = FLEET.format(file=file, sha256=sha256, megabytes=self.megabytes)
        hosts = (
            HOST.format(
                name=name,
                address=self.lab.host(name).address,
                ssh_config=self.lab.ssh_config,
                share="    share      = lan\n" if share else "",
            )
            for name in names
        )
        (self.folder / "fleet.fleet").write_text(fleet + "".join(hosts))
        begin = time.perf_counter()
        done = subprocess.run(
            [Path(sys.executable).with_name("pyinfra"), "-y", self.folder / "hosts.py",
             "deploys/models.py"],
            cwd=ROOT,
            env={**os.environ, "HF_ENDPOINT": self.endpoint},
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
        return time.perf_counter() - begin


if __name__ == "__main__":
    sys.exit(main())
