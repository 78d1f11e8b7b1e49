"""Builds as a supply chain: made once, proven, shipped, taken back under load, removed.

The server is a stand-in that answers with its version; the real llama.cpp is compiled by the main
job, whose time is compared with that of giving its result to the second host.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from tests.e2e.rollout import Site, make_site, wait_for
from tests.e2e.slow_source import write_slow_source
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

FLEET = """\
fleet 1

include "hosts.fleet"

build main {{
    ref     = "{ref}"
    source  = archive
    url     = "{url}"
    sha256  = "{sha256}"
    backend = cpu
}}

gguf small {{
    path = "/models/small.gguf"
}}

model assistant {{
    gguf     = small
    ctx-size = 2048
}}

llama-server shipped {{
    hosts  = [alpha, beta]
    build  = main
    model  = assistant
    listen = "0.0.0.0:39100"  # fleet: allow[exposed] the lab's network is its own
}}

nginx shipped-front {{
    host     = alpha
    listen   = "0.0.0.0:39200"  # fleet: allow[exposed] the lab's network is its own
    upstream = shipped
}}
"""
INSTALLS = "/opt/llamafleet/llama.cpp"
ROLLBACK, PRUNE, BUILD = "deploys/rollback.py", "deploys/prune.py", "deploys/build.py"


@pytest.fixture(scope="module")
def shipping(pair: Lab, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site of its own with a cache of its own; the other tests' services are gone meanwhile."""
    folder = tmp_path_factory.mktemp("shipping")
    values = {
        "alpha": pair.host("alpha").address,
        "beta": pair.host("beta").address,
        "ssh_config": str(pair.ssh_config),
        "hub_sha256": "0" * 64,
    }
    environment = {"LLAMAFLEET_CACHE": str(folder / "cache"), "PYINFRA_PROGRESS": "off"}
    site = make_site(folder / "inventory", values, environment)
    set_version(site, folder, "1")
    return site


def set_version(site: Site, folder: Path, version: str, steps: int = 6) -> None:
    """Have the fleet file ask for another build, whose server says this version."""
    archive = folder / f"source-{version}.tar.gz"
    sha256 = write_slow_source(archive, serves=version, steps=steps)
    site.fleet.write_text(FLEET.format(ref=f"v{version}", url=archive.as_uri(), sha256=sha256))


def folder_of(site: Site) -> Path:
    return site.folder.parent


def roll_out(site: Site, *options: str, deploy: str = "deploys/site.py") -> str:
    done = site.roll_out(*options, deploy=deploy)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-6000:]
    assert "Traceback" not in said
    return said


def versions(pair: Lab) -> dict[str, str]:
    """Return what each host answers."""
    found = {}
    for host in ("alpha", "beta"):
        url = f"http://{pair.host(host).address}:39100/props"
        found[host] = httpx.get(url, timeout=30).json()["version"]
    return found


def test_one_host_compiles_in_a_sandbox_and_the_other_receives(pair: Lab, shipping: Site) -> None:
    said = roll_out(shipping)
    assert said.count("compiling into") == 1
    assert "compiles it for all hosts of its kind" in said
    assert versions(pair) == {"alpha": "1", "beta": "1"}
    manifests = [
        json.loads(pair.host(host).run(f"cat {INSTALLS}/main/manifest.json").stdout)
        for host in ("alpha", "beta")
    ]
    assert manifests[0] == manifests[1]
    assert manifests[0]["host"] in ("alpha", "beta")
    assert manifests[0]["seconds"] >= 2
    for host in ("alpha", "beta"):
        pair.host(host).run(f"cd {INSTALLS}/main && sha256sum -c --strict SHA256SUMS")
    maker = manifests[0]["host"]
    unit = "journalctl -o cat -u 'llamafleet-build-*' | head -n 20; id llamafleet-build"
    assert "uid=" in pair.host(maker).run(unit, sudo=True).stdout
    lock = json.loads((shipping.folder / "fleet.lock").read_text())
    assert [each["host"] for each in lock["built"].values()] == [maker]
    assert shipping.changes() == {}


def test_a_second_build_and_the_way_back_under_load(pair: Lab, shipping: Site) -> None:
    set_version(shipping, folder_of(shipping), "2")
    roll_out(shipping)
    assert versions(pair) == {"alpha": "2", "beta": "2"}
    url = f"http://{pair.host('alpha').address}:39200/v1/completions"
    answers: Counter[str] = Counter()
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            try:
                reply = httpx.post(url, json={"prompt": "x"}, timeout=30)
                answers[f"{reply.status_code} {reply.json()['version']}"] += 1
            except (httpx.HTTPError, ValueError, KeyError) as error:
                answers[repr(error)] += 1

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for each in asking:
        each.start()
    try:
        begun = time.monotonic()
        said = roll_out(shipping, "--limit", "beta", deploy=ROLLBACK)
        took = time.monotonic() - begun
        time.sleep(2)
    finally:
        over.set()
        for each in asking:
            each.join()
    assert versions(pair) == {"alpha": "2", "beta": "1"}
    assert set(answers) == {"200 1", "200 2"}, answers
    assert "compiling" not in said
    assert "uploading" not in said
    assert took < 120, f"{took:.0f} s"
    print(f"rolled back in {took:.1f} s, during which {sum(answers.values())} requests succeeded")


def test_a_rollout_goes_forward_again_and_the_next_rollback_back(pair: Lab, shipping: Site) -> None:
    said = roll_out(shipping)
    assert "compiling" not in said
    assert versions(pair) == {"alpha": "2", "beta": "2"}
    roll_out(shipping, deploy=ROLLBACK)
    assert versions(pair) == {"alpha": "1", "beta": "1"}
    done = shipping.roll_out("--data", "llamafleet_generation=99", deploy=ROLLBACK)
    assert done.returncode != 0
    assert "does not keep generation 99" in done.stdout + done.stderr
    assert versions(pair) == {"alpha": "1", "beta": "1"}
    roll_out(shipping)
    assert versions(pair) == {"alpha": "2", "beta": "2"}


def test_what_nothing_refers_to_is_shown_and_then_removed(pair: Lab, shipping: Site) -> None:
    beta = pair.host("beta")
    orphan = f"{INSTALLS}/gone-0123456789ab"
    beta.run(f"mkdir -p {orphan} /var/lib/llamafleet/build/0123456789ab", sudo=True)
    said = roll_out(shipping, "--limit", "beta", deploy=PRUNE)
    assert orphan in said
    assert "/var/lib/llamafleet/build/0123456789ab" in said
    beta.run(f"test -d {orphan}")
    roll_out(shipping, "--limit", "beta", "--data", "llamafleet_prune=yes", deploy=PRUNE)
    beta.run(f"! test -e {orphan}")
    assert versions(pair) == {"alpha": "2", "beta": "2"}
    roll_out(shipping, "--limit", "beta", deploy=ROLLBACK)
    assert versions(pair)["beta"] == "1", "what a generation names stays"
    roll_out(shipping)


def test_a_damaged_archive_on_the_controller_is_not_shipped(pair: Lab, shipping: Site) -> None:
    archives = list((folder_of(shipping) / "cache" / "builds").glob("*.tar.gz"))
    for archive in archives:
        data = bytearray(archive.read_bytes())
        data[len(data) // 2] ^= 1
        archive.write_bytes(data)
    beta = pair.host("beta")
    beta.run(f"rm -rf {INSTALLS}/main {INSTALLS}/main-*", sudo=True)
    said = roll_out(shipping, "--limit", "beta", deploy=BUILD)
    assert "is damaged" in said
    assert "compiling into" in said
    beta.run(f"{INSTALLS}/main/llama-server --version")
    roll_out(shipping)
    assert versions(pair)["beta"] == "2"


def test_a_build_killed_twice_goes_on(pair: Lab, shipping: Site) -> None:
    set_version(shipping, folder_of(shipping), "3", steps=40)
    beta = pair.host("beta")
    log = shipping.folder / "rollout.log"
    for _ in range(2):
        rollout = shipping.start("-y", "--limit", "beta", deploy=BUILD)
        wait_for(lambda: re.search(r"\b[1-9]\d?/\d\d", log.read_text()) is not None, rollout, log)
        beta.run("systemctl kill -s KILL 'llamafleet-build-*.service'", sudo=True)
        rollout.wait(timeout=120)
        assert rollout.returncode != 0
        assert "run this again" in log.read_text()
        assert beta.run(f"{INSTALLS}/main/llama-server --version").stdout.startswith("version: 2")
    roll_out(shipping, "--limit", "beta")
    roll_out(shipping)
    assert versions(pair) == {"alpha": "3", "beta": "3"}
    # Each attempt begins its log anew, and the last one went on with what was there.
    newest = "$(ls -t /var/log/llamafleet/build-main-*.log | head -n 1)"
    beta.run(f"! grep -q '== unpacking' {newest}", sudo=True)


def test_a_full_disk_is_said_and_what_runs_stays(pair: Lab, shipping: Site) -> None:
    set_version(shipping, folder_of(shipping), "4", steps=2)
    beta, work = pair.host("beta"), "/var/lib/llamafleet/build"
    beta.run(f"mkdir -p {work} && mount -t tmpfs -o size=80k tmpfs {work}", sudo=True)
    try:
        done = shipping.roll_out("--limit", "beta", deploy=BUILD)
    finally:
        beta.run(f"umount {work}", sudo=True)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "full" in said or "No space left" in said, said[-3000:]
    assert "Traceback" not in said
    assert versions(pair) == {"alpha": "3", "beta": "3"}
    roll_out(shipping)
    assert versions(pair) == {"alpha": "4", "beta": "4"}


def test_the_real_llama_cpp_is_shipped_in_a_twentieth_of_its_time(
    pair: Lab, rolled_out: Site
) -> None:
    beta = pair.host("beta")
    made = json.loads(pair.host("alpha").run(f"cat {INSTALLS}/cpu/manifest.json").stdout)
    beta.run(f"rm -rf {INSTALLS}/cpu {INSTALLS}/cpu-*", sudo=True)
    begun = time.monotonic()
    said = roll_out(rolled_out, deploy=BUILD)
    took = time.monotonic() - begun
    assert "installing from" in said
    print(f"compiled in {made['seconds']} s, given to the second host in {took:.1f} s")
    assert took < made["seconds"] / 20, made
