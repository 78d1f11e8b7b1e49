"""Compile a case by a rollout on a lab host, and say what came of it.

    python -m tests.builds.run [CASE...]

Without names every case runs, in the order of CASES. Each is written to record.json as soon as it
has ended; the next run overwrites it.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.builds.cases import CASES, Case
from tests.e2e.rollout import ROOT, Site
from tests.lab.hosts import Host, HostSpec
from tests.lab.lab import Lab
from tests.lab.tiny_gguf import write_tiny_gguf

RECORD = Path(__file__).with_name("record.json")
INSTALLED = "/opt/llamafleet/llama.cpp/main"
HOURS = 6 * 3600

QUESTION = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 8, "seed": 1}


def run_case(case: Case) -> dict[str, Any]:
    """Compile one case on a host of its own and return its record; raise if it fails."""
    with tempfile.TemporaryDirectory() as scratch:
        models = Path(scratch) / "models"
        models.mkdir()
        models.chmod(0o755)
        Path(scratch).chmod(0o755)
        write_tiny_gguf(models / "small.gguf", seed=1, name="small")
        spec = HostSpec("maker", case.suite, binds=((str(models), "/models"),))
        with Lab((spec,), say=_say) as lab:
            [host] = lab.hosts
            _offer(host, case.components)
            site = _site(Path(scratch) / "site", case, lab)
            begun = time.monotonic()
            _roll_out(site, case)
            return _record(case, host, round(time.monotonic() - begun))


def _offer(host: Host, components: str) -> None:
    """Let a host install packages from other components than Debian's main."""
    if components != "main":
        host.run(
            f"sed -i 's/^Components:.*/Components: {components}/' "
            "/etc/apt/sources.list.d/debian.sources",
            sudo=True,
        )


def _site(folder: Path, case: Case, lab: Lab) -> Site:
    folder.mkdir()
    text = case.fleet(lab.host("maker").address, str(lab.ssh_config))
    (folder / "fleet.fleet").write_text(text)
    (folder / "hosts.py").write_text((ROOT / "examples" / "sandbox" / "hosts.py").read_text())
    # A build of the cache would be no proof that it compiles.
    return Site(folder, {"LLAMAFLEET_CACHE": str(folder / "cache"), "PYINFRA_PROGRESS": "off"})


def _roll_out(site: Site, case: Case) -> None:
    _keep_source(site)
    deploy = "deploys/site.py" if case.serves else "deploys/build.py"
    done = site.roll_out("--limit", "maker", deploy=deploy, timeout=HOURS)
    if done.returncode != 0:
        said = f"{done.stdout[-6000:]}\n{done.stderr[-12000:]}"
        raise RuntimeError(f"{case.name}: the rollout failed\n{said}")


def _keep_source(site: Site) -> None:
    """Give the empty cache the source that the user's own has already."""
    own = Path.home() / ".cache" / "llamafleet" / "sources"
    sources = Path(site.environment["LLAMAFLEET_CACHE"]) / "sources"
    sources.mkdir(parents=True)
    for path in own.glob("[0-9a-f]*") if own.is_dir() else ():
        (sources / path.name).symlink_to(path)


def _record(case: Case, host: Host, seconds: int) -> dict[str, Any]:
    manifest = json.loads(host.run(f"cat {INSTALLED}/manifest.json", sudo=True).stdout)
    inputs = manifest.get("inputs", manifest)
    listed = host.run(
        f"{case.environment} {INSTALLED}/llama-server --list-devices", sudo=True, check=False
    )
    record = {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "suite": case.suite,
        "rollout_seconds": seconds,
        "cmake": inputs["cmake"],
        "targets": inputs["targets"],
        "compiler": inputs["compiler"],
        "toolchain": _lines(host, f"cat {INSTALLED}/toolchain.txt"),
        "toolkit": _toolkit(case, host),
        "files": _sizes(host),
        "list_devices": _shown(listed),
    }
    if case.serves:
        record["answer"] = _answer(host)
    return record


def _toolkit(case: Case, host: Host) -> list[str]:
    """Return the versions of the packages that the backend is compiled with."""
    names = {
        "cuda": ("nvidia-cuda-toolkit", "g++-13"),
        "hip": ("hipcc", "librocblas-dev", "libhipblas-dev"),
        "vulkan": ("glslc", "libvulkan-dev", "spirv-headers", "mesa-vulkan-drivers"),
    }.get(case.backend, ())
    wanted = ("g++", "libc6", *names)
    return _lines(host, f"dpkg-query -W -f '${{Package}} ${{Version}}\\n' {shlex.join(wanted)}")


def _sizes(host: Host) -> dict[str, int]:
    found = _lines(host, f"find -L {INSTALLED} -type f ! -name '*.so.*' -printf '%s %f\\n'")
    pairs = (line.split(" ", 1) for line in sorted(found))
    return {name: int(size) for size, name in sorted(pairs, key=lambda each: each[1])}


def _lines(host: Host, command: str) -> list[str]:
    return host.run(command, sudo=True).stdout.splitlines()


def _shown(done: subprocess.CompletedProcess[str]) -> list[str]:
    lines = (done.stdout + done.stderr).splitlines()
    # Free memory is another at each run.
    return [re.sub(r"\d+ MiB free", "N MiB free", line.rstrip()) for line in lines if line.strip()]


def _answer(host: Host) -> Mapping[str, Any]:
    """Ask the rolled-out server for a chat completion; raise if it has none."""
    body = shlex.quote(json.dumps(QUESTION))
    command = (
        "for n in $(seq 120); do curl -sf http://127.0.0.1:8080/health >/dev/null && break; "
        "sleep 1; done; curl -sSf -H 'Content-Type: application/json' "
        f"-d {body} http://127.0.0.1:8080/v1/chat/completions"
    )
    reply = json.loads(host.run(command, timeout=900).stdout)
    log = host.run("journalctl -u 'llama-server-*' --no-pager -o cat", sudo=True).stdout
    offloaded = re.findall(r"offloaded \d+/\d+ layers to GPU", log)
    return {
        "completion_tokens": reply["usage"]["completion_tokens"],
        "finish_reason": reply["choices"][0]["finish_reason"],
        "offloaded": offloaded[-1:],
        "fingerprint": reply.get("system_fingerprint"),
    }


def _say(line: str) -> None:
    print(line, flush=True)


def write(name: str, record: Mapping[str, Any]) -> None:
    """Put one case's record into the file; the others stay."""
    content = json.loads(RECORD.read_text()) if RECORD.is_file() else {}
    content[name] = record
    order = [case.name for case in CASES]
    ordered = {each: content[each] for each in order if each in content}
    RECORD.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n")


def main(names: Sequence[str]) -> int:
    """Run cases and write their records; return 1 if one failed."""
    failed = 0
    for case in CASES:
        if names and case.name not in names:
            continue
        _say(f"== {case.name}")
        try:
            write(case.name, run_case(case))
        except Exception as error:  # the others are still worth their time
            _say(f"{case.name} failed: {error}")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
