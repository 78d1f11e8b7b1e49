"""The programs that the goldens are for read them: nginx, systemd, llama-swap and llama-server.

A tool that is absent is a loud skip, never a pass.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from llamafleet.compiler import compile_file, compile_text
from llamafleet.plan import plan_fleet
from llamafleet.targets.plan_types import HostPlan, Probe
from tests.lab.llama_swap import LlamaSwapBinary, find_llama_swap

GOLDEN = Path(__file__).parent
EXAMPLES = GOLDEN.parent.parent / "examples"
UNITS = sorted(GOLDEN.glob("*/*/etc/systemd/system/*.service"))
SITES = sorted(GOLDEN.glob("*/*/etc/nginx/conf.d/*.conf"))
KEY = "a-key-of-the-tests"
"""What every variable holds that a configuration takes a key from."""

SWAPS = sorted(GOLDEN.glob("*/*/etc/llamafleet/llama-swap/*.yaml"))

MOST_EXPOSED = {True: 15, False: 30}
"""Tenths of `systemd-analyze security`'s scale, by whether a unit uses no devices."""

# Units that come with a system or with a package: only their names matter here.
OTHER_UNITS = (
    "basic.target",
    "multi-user.target",
    "network-online.target",
    "nvidia-persistenced.service",
    "shutdown.target",
    "sysinit.target",
)


def label(path: Path) -> str:
    return str(path.relative_to(GOLDEN))


def required(program: str) -> str:
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{program} is not installed: NOTHING of what it reads was checked")
    return found


def plans() -> Iterator[HostPlan]:
    for path in sorted(EXAMPLES.glob("*/fleet.fleet")):
        fleet = compile_file(path).fleet
        assert fleet is not None
        yield from plan_fleet(fleet)


def executable(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)


def furnished(unit: Path, root: Path) -> Path:
    """A root with the host's files, the programs that its units run, and the units around them."""
    host = unit.parents[3]
    shutil.copytree(host / "etc", root / "etc")
    for other in OTHER_UNITS:
        path = root / "usr/lib/systemd/system" / other
        path.parent.mkdir(parents=True, exist_ok=True)
        run = "[Service]\nExecStart=/usr/bin/true\n" if other.endswith(".service") else ""
        path.write_text(f"[Unit]\nDescription=stands in\n{run}")
    executable(root / "usr/bin/true")
    for plan in plans():
        for each in (each for service in plan.services for each in service.units):
            executable(root / each.executable.lstrip("/"))
    return root


SINCE_254 = re.compile(r"(?m)^.*Unknown key (name )?'Restart(Steps|MaxDelaySec)'.*\n")
"""An older systemd ignores these keys, and says so."""


def verified(unit: Path, root: Path) -> str:
    """Return systemd's messages about a unit: it exits with 0 even for an unknown key."""
    found = subprocess.run(
        [required("systemd-analyze"), "verify", "--man=no", f"--root={root}", unit.name],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    said = SINCE_254.sub("", found.stdout + found.stderr)
    return said + (f"exit {found.returncode}" if found.returncode else "")


@pytest.mark.parametrize("unit", UNITS, ids=label)
def test_systemd_has_nothing_to_say_about_a_unit(unit: Path, tmp_path: Path) -> None:
    assert verified(unit, furnished(unit, tmp_path)) == ""


@pytest.mark.parametrize("unit", UNITS, ids=label)
def test_systemd_gives_a_unit_the_exposure_that_is_promised(unit: Path) -> None:
    assert exposure_problem(unit) == ""


def test_systemd_would_see_a_unit_that_is_exposed(tmp_path: Path) -> None:
    copy = tmp_path / UNITS[0].name
    copy.write_text(re.sub(r"(?m)^SystemCallFilter=.*\n", "", UNITS[0].read_text()))
    assert "Overall exposure level" in exposure_problem(copy)


def exposure_problem(unit: Path) -> str:
    """Return systemd's report if a unit is more exposed than its kind may be, else ""."""
    most = MOST_EXPOSED["PrivateDevices=yes" in unit.read_text().splitlines()]
    found = subprocess.run(
        [required("systemd-analyze"), "security", "--offline=true", f"--threshold={most}",
         "--no-pager", str(unit)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return found.stdout + found.stderr if found.returncode else ""


@pytest.mark.parametrize(("right", "wrong"), [("UMask=", "Umask="), ("/llama-s", "/lama-s")])
def test_systemd_would_complain(right: str, wrong: str, tmp_path: Path) -> None:
    root = furnished(UNITS[0], tmp_path)
    copy = root / "etc/systemd/system" / UNITS[0].name
    text = copy.read_text()
    assert right in text
    copy.write_text(text.replace(right, wrong))
    assert verified(UNITS[0], root) != ""


@pytest.mark.parametrize("site", SITES, ids=label)
def test_nginx_takes_a_site(site: Path, tmp_path: Path) -> None:
    text = site.read_text()
    if os.geteuid() != 0:  # `nginx -t` binds
        text = text.replace(":80;", ":18080;")
    (tmp_path / "site.conf").write_text(text)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\n    access_log off;\n    include {tmp_path}/site.conf;\n}}\n"
    )
    found = subprocess.run(
        [required("nginx"), "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert "[warn]" not in found.stderr, found.stderr
    assert "[emerg]" not in found.stderr, found.stderr


@pytest.fixture(scope="session")
def swap_binary(tmp_path_factory: pytest.TempPathFactory) -> LlamaSwapBinary:
    return find_llama_swap(tmp_path_factory.mktemp("llama-swap"))


@contextmanager
def running(binary: Path, config: Path) -> Iterator[str]:
    """llama-swap on a loopback port of its own, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        listen = f"127.0.0.1:{reserved.getsockname()[1]}"
    log = config.with_suffix(".log")
    variables = re.findall(r"\$\{env\.(\w+)\}", config.read_text(encoding="utf-8"))
    with log.open("w") as output:
        process = subprocess.Popen(
            [binary, "-config", str(config), "-listen", listen],
            stdout=output,
            stderr=output,
            env={**os.environ, **dict.fromkeys(variables, KEY)},
        )
        try:
            deadline = time.monotonic() + 20
            while not answers(f"http://{listen}/health"):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
            yield f"http://{listen}"
        finally:
            process.terminate()
            process.wait(timeout=40)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def listed(url: str) -> dict[str, Any]:
    """Models by id; aliases, selectors and models of peers are left out."""
    request = urllib.request.Request(f"{url}/v1/models", headers={"Authorization": f"Bearer {KEY}"})
    with urllib.request.urlopen(request, timeout=10) as reply:
        data = json.load(reply)["data"]
    return {x["id"]: x for x in data if x["meta"]["llamaswap"].get("type", "model") == "model"}


def probe_of(config: Path) -> Probe:
    path = f"/{config.relative_to(config.parents[3])}"
    for plan in plans():
        for service in plan.services:
            if config.parents[3].name == plan.host and path in {x.path for x in service.artifacts}:
                return service.probes[0]
    raise AssertionError(f"no plan has {path}")


@pytest.mark.parametrize("golden", SWAPS, ids=label)
def test_llama_swap_serves_a_configuration(
    golden: Path, swap_binary: LlamaSwapBinary, tmp_path: Path
) -> None:
    config = Path(shutil.copy(golden, tmp_path))
    with running(swap_binary.path, config) as url:
        models = listed(url)
    want = {served.id: served.digest for served in probe_of(golden).models}
    assert want
    assert {
        name: model["meta"]["llamaswap"]["llamafleet"]["digest"] for name, model in models.items()
    } == want


HOSTILE = (
    "", "#", "# a", "a b", "${X}", "$${MODEL_ID}", "${env.HOME}", "'${X}'", '"', "'", "\\",
    "a\\", "$HOME", "%h", "~", "*", "größe", ";", "&&", "\t", "{{x}}", "a: b", "- a", "|", ">",
)  # fmt: skip

ECHO = """
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Echo(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(sys.argv[2:]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

HTTPServer(("127.0.0.1", int(sys.argv[1])), Echo).serve_forever()
"""


def in_fleet(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'


def test_hostile_text_reaches_a_process_and_the_api_as_it_was(
    swap_binary: LlamaSwapBinary, tmp_path: Path
) -> None:
    script = tmp_path / "echo.py"
    script.write_text(ECHO)
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    argv = ", ".join(map(in_fleet, (sys.executable, str(script), "${PORT}", *HOSTILE)))
    title = "7: ${a.b} $${ # größe \\ ' {a}"
    fleet = compile_text(
        f"""fleet 1
host h {{
    ram = 1GiB
}}
model "7" {{
    command = [{argv}]
    name = {in_fleet(title)}
    aliases = ["true", "1e3"]
}}
llama-swap s {{
    host = h
    models = ["7"]
    start-port = {port}
}}
"""
    ).fleet
    assert fleet is not None
    [config, _] = next(plan_fleet(fleet)).artifacts
    path = tmp_path / "config.yaml"
    path.write_text(config.content, encoding="utf-8")
    with running(swap_binary.path, path) as url:
        models = listed(url)
        with urllib.request.urlopen(f"{url}/upstream/7/argv", timeout=30) as reply:
            assert json.load(reply) == list(HOSTILE)
    assert models["7"]["name"] == title
    assert models["7"]["meta"]["llamaswap"]["aliases"] == ["true", "1e3"]
