"""Build, run, calibrate and verify CUDA on a machine with a real card, and write a record of it.

    python -m tools.prove_cuda ADDRESS --gguf /models/small.gguf [--ssh-user USER] [--toolkit 12.8]
        [--folder FOLDER] [--show]

`--show` asks the machine what it is, and prints the fleet file and the commands. This has not been
run to its end where llamafleet is developed, for no machine there has a card: its tests are of what
it writes and of the commands. Whoever runs it sends the record.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llamafleet.compiler import compile_text
from llamafleet.machine import MachineFacts
from llamafleet.machine.blocks import described
from llamafleet.machine.probe import read, script

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
INSTALLED = "/opt/llamafleet/llama.cpp/main"
REF, SHA256 = "b11434", "b0a2feb64c6fbd09f12af230734f072dd819ecb0ebd259565e1d6e9c34007e45"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be proven: where, with which weights, and by which CUDA (None: the host's own)."""

    address: str
    gguf: str
    user: str | None = None
    toolkit: str | None = None


SITE = """
build main {{
    ref     = "{ref}"
    source  = pypi
    sha256  = "{sha256}"
    backend = cuda
{toolkit}}}

gguf weights {{
    path = {gguf}
}}

model chat {{
    gguf         = weights
    ctx-size     = 4096
    parallel     = 1
    n-gpu-layers = 99
}}

llama-server chat {{
    host   = card
    build  = main
    model  = chat
    listen = "127.0.0.1:8080"
}}
"""


class NotProvenError(Exception):
    """A step that failed, with what there is to do."""


def fleet_text(facts: MachineFacts, wanted: Wanted) -> str:
    """Return the fleet file of one machine; raise NotProvenError if it has no NVIDIA card."""
    if not any(gpu.vendor == "nvidia" for gpu in facts.gpus):
        raise NotProvenError(f"{wanted.address} shows no NVIDIA card: run lspci there")
    blocks = described("card", facts, {}, wanted.address)
    if wanted.user:
        user = json.dumps(wanted.user)
        blocks = blocks.replace("host card {\n", f"host card {{\n    ssh-user = {user}\n")
    toolkit = f'    toolkit = "{wanted.toolkit}"\n' if wanted.toolkit else ""
    # JSON quotes as the language does.
    site = SITE.format(ref=REF, sha256=SHA256, toolkit=toolkit, gguf=json.dumps(wanted.gguf))
    return f"fleet 1\n\n{blocks.strip()}\n{site}"


def commands(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield each step with its command, in order."""
    hosts = str(folder / "hosts.py")
    for step in ("site", "calibrate"):
        yield step, [str(BIN / "pyinfra"), "-y", hosts, f"deploys/{step}.py"]
    yield "verify", [str(BIN / "llamafleet"), "verify", str(folder / "fleet.fleet")]


def record(facts: MachineFacts, seconds: dict[str, int], shown: dict[str, str]) -> dict[str, Any]:
    """Return what was proven; raise NotProvenError if llama-server names no card."""
    if "CUDA0" not in shown["list_devices"]:
        raise NotProvenError(f"llama-server lists no card:\n{shown['list_devices']}")
    driver = facts.driver("nvidia")
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "cards": [[gpu.name, gpu.arch, gpu.vram] for gpu in facts.gpus],
        "driver": driver.version if driver else None,
        "distribution": facts.distribution.name if facts.distribution else None,
        "glibc": facts.glibc,
        "seconds": seconds,
        "manifest": json.loads(shown["manifest"]),
        "list_devices": shown["list_devices"].splitlines(),
        "measured": shown["lock"].splitlines(),
    }


def on_host(wanted: Wanted, command: str, stdin: str = "") -> str:
    """Return what a command prints on the host; raise NotProvenError if that fails."""
    target = f"{wanted.user}@{wanted.address}" if wanted.user else wanted.address
    done = subprocess.run(
        ["ssh", "-o", "BatchMode=yes", "--", target, command],
        input=stdin, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise NotProvenError(f"ssh {target}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def probe(wanted: Wanted) -> MachineFacts:
    """Return what the host is; raise NotProvenError if it does not answer."""
    facts = read(on_host(wanted, "sh -s", script()).splitlines())
    if facts is None:
        raise NotProvenError(f"{wanted.address} did not answer the probe")
    return facts


def prove(facts: MachineFacts, wanted: Wanted, folder: Path) -> dict[str, Any]:
    """Run every step and return the record; raise NotProvenError at the first that fails."""
    seconds = {}
    for step, command in commands(folder):
        print(f"==> {shlex.join(command)}", flush=True)
        begun = time.monotonic()
        if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
            raise NotProvenError(f"{step} failed: mend what it says, then run this again")
        seconds[step] = round(time.monotonic() - begun)
    shown = {
        "list_devices": on_host(wanted, f"{INSTALLED}/llama-server --list-devices 2>&1"),
        "manifest": on_host(wanted, f"cat {INSTALLED}/manifest.json"),
        "lock": (folder / "fleet.lock").read_text(encoding="utf-8"),
    }
    return record(facts, seconds, shown)


def write_site(folder: Path, text: str) -> None:
    """Write the inventory; raise NotProvenError if the fleet file would have errors."""
    found = compile_text(text)
    if found.fleet is None:
        said = "\n".join(each.message for each in found.diagnostics)
        raise NotProvenError(f"the fleet file of this machine has errors:\n{said}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fleet.fleet").write_text(text, encoding="utf-8")
    hosts = ROOT / "examples" / "sandbox" / "hosts.py"
    (folder / "hosts.py").write_text(hosts.read_text(encoding="utf-8"), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 once the record is written, 1 with one line if a step failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("address")
    parser.add_argument("--gguf", required=True, help="weights that are on the host already")
    parser.add_argument("--ssh-user")
    parser.add_argument("--toolkit", help="CUDA on the host, such as 12.8")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "prove-cuda")
    parser.add_argument("--show", action="store_true", help="change nothing")
    given = parser.parse_args(arguments)
    wanted = Wanted(given.address, given.gguf, given.ssh_user, given.toolkit)
    try:
        facts = probe(wanted)
        text = fleet_text(facts, wanted)
        if given.show:
            print(text, *(shlex.join(command) for _, command in commands(given.folder)), sep="\n")
            return 0
        write_site(given.folder, text)
        path = given.folder / "record.json"
        path.write_text(json.dumps(prove(facts, wanted, given.folder), indent=1) + "\n")
        print(f"written: {path}")
    except (NotProvenError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
