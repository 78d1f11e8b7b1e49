"""A rollout harms nothing and says what is so: models, databases, ports and other operators.

The tests of this file share the site of the others, and leave it as they found it.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.rollout import Site, set_ctx_size, wait_for
from tests.lab.hosts import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

STORE = "/srv/usage/llama-swap/usage.db"
MODELS = "    models = [chat-small, think-small, think-big]\n"
WITH_STORE = f'{MODELS}    preload = [chat-small]\n    store-path = "{STORE}"\n'
EXTRA = """
llama-server {name} {{
    host   = alpha
    build  = cpu
    model  = assistant
    listen = "127.0.0.1:{port}"
}}
"""
BROKEN = """
gguf broken {
    path = "/models/broken.gguf"
}

model broken {
    gguf     = broken
    ctx-size = 2048
}

"""
OLD = """
[Service]
ExecStart=/usr/bin/python3 /usr/local/bin/foreign.py {address} 37081

[Install]
WantedBy=multi-user.target
"""
WAITING = """
until grep -qs 0:8001 /etc/nginx/conf.d/llamafleet-front.conf; do sleep 0.02; done
exec python3 /usr/local/bin/foreign.py 0.0.0.0 8001
"""
LAST = "cat /var/lib/llamafleet/last-rollout"
# Answers 200 to every path, as a server does that somebody runs without llamafleet.
FOREIGN = (
    "import http.server as h,socket,sys\n"
    "class A(h.BaseHTTPRequestHandler):\n"
    " def do_GET(self): self.send_response(200); self.end_headers()\n"
    "class S(h.HTTPServer): address_family = socket.AF_INET6 if ':' in sys.argv[1] else 2\n"
    "S((sys.argv[1], int(sys.argv[2])), A).serve_forever()\n"
)


def failed(site: Site, *options: str) -> str:
    """Roll out what must fail; what was said."""
    done = site.roll_out(*options)
    said = done.stdout + done.stderr
    assert done.returncode != 0, said[-3000:]
    assert "Traceback" not in said
    return said


def succeeded(site: Site, *options: str) -> str:
    """Roll out what must succeed; what was said."""
    done = site.roll_out(*options)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-6000:]
    return said


@contextmanager
def edited(site: Site, old: str, new: str) -> Iterator[None]:
    """Have another fleet file for a while."""
    before = site.fleet.read_text()
    site.edit(old, new)
    try:
        yield
    finally:
        site.fleet.write_text(before)


def servers(host: Host) -> dict[str, str]:
    """Control groups of the llama-servers of a host, by process id."""
    command = "for p in $(pgrep -x llama-server); do echo $p $(cat /proc/$p/cgroup); done"
    lines = host.run(command, sudo=True).stdout.splitlines()
    return dict(line.split(" ", 1) for line in lines if " " in line)


def manifest(host: Host) -> dict[str, dict[str, object]]:
    """What a host has in writing of what is managed there."""
    loaded: dict[str, dict[str, object]] = json.loads(
        host.run("cat /var/lib/llamafleet/manifest.json", sudo=True).stdout
    )
    return loaded


@pytest.fixture
def with_store(rolled_out: Site) -> Iterator[Site]:
    """The site while its llama-swap preloads a model and keeps a database."""
    with edited(rolled_out, MODELS, WITH_STORE):
        yield rolled_out


def test_a_preloaded_model_runs_once_and_in_its_service(pair: Lab, with_store: Site) -> None:
    """The check starts nothing: neither as root nor beside the service, however often it runs."""
    alpha = pair.host("alpha")
    for tokens in (2048, 2080, 2112):
        set_ctx_size(with_store, "chat-small", tokens)
        succeeded(with_store, "--limit", "alpha")
        alpha.run(
            "for n in $(seq 60); do curl -fsS http://127.0.0.1:8080/running | grep -q '\"ready\"' "
            "&& exit; sleep 0.5; done; exit 1"
        )
        found = servers(alpha)
        swapped = [each for each in found.values() if "llama-swap-voice.service" in each]
        assert len(swapped) == 1, found
        assert all("llama-s" in each and ".service" in each for each in found.values()), found
        owners = alpha.run("ps -o user= -C llama-server", sudo=True).stdout.split()
        assert "root" not in owners
    assert with_store.changes("--limit", "alpha") == {}


def test_a_database_is_the_services_own_from_the_beginning(pair: Lab, with_store: Site) -> None:
    alpha = pair.host("alpha")
    succeeded(with_store, "--limit", "alpha")
    body = '{"model": "chat-small", "prompt": "one", "max_tokens": 1}'
    kind = "Content-Type: application/json"
    alpha.run(f"curl -fsS http://127.0.0.1:8080/v1/completions -H '{kind}' -d '{body}'")
    owners = alpha.run("stat -c %U /srv/usage/llama-swap /srv/usage/llama-swap/*", sudo=True)
    assert set(owners.stdout.split()) == {"llamafleet"}


def test_a_database_that_root_got_hold_of_is_given_back(pair: Lab, with_store: Site) -> None:
    """What earlier rollouts did: a folder and a database of root's, and a service that ends."""
    alpha = pair.host("alpha")
    succeeded(with_store, "--limit", "alpha")
    alpha.run(
        f"systemctl stop llama-swap-voice && chown -R root:root /srv/usage/llama-swap"
        f" && chmod 755 /srv/usage/llama-swap && chmod 644 {STORE}"
        " && systemctl start llama-swap-voice",
        sudo=True,
    )
    alpha.run(
        "for n in $(seq 40); do [ $(systemctl show -p NRestarts --value llama-swap-voice) -gt 0 ]"
        " && exit; sleep 0.5; done; exit 1"
    )
    said = succeeded(with_store, "--limit", "alpha")
    assert f"gave {STORE} to llamafleet" in said
    assert alpha.run(f"stat -c %U {STORE}", sudo=True).stdout == "llamafleet\n"
    assert with_store.changes("--limit", "alpha") == {}


def test_a_folder_with_the_files_of_others_is_refused(pair: Lab, rolled_out: Site) -> None:
    alpha = pair.host("alpha")
    before = servers(alpha)
    with edited(rolled_out, MODELS, f'{MODELS}    store-path = "/etc/usage.db"\n'):
        said = failed(rolled_out, "--limit", "alpha")
    assert "llamafleet cannot write into /etc" in said
    assert "nothing was changed" in said
    assert alpha.run("stat -c %U /etc").stdout == "root\n"
    assert servers(alpha).keys() >= {pid for pid, at in before.items() if "worker" in at}


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.1", "::"])
def test_a_port_that_something_else_holds_is_said_with_the_way_out(
    pair: Lab, rolled_out: Site, address: str
) -> None:
    """A server from before, which answers 200, is neither taken for the service nor fought."""
    succeeded(rolled_out)
    beta = pair.host("beta")
    beta.run(f"cat >/usr/local/bin/foreign.py <<'X'\n{FOREIGN}\nX", sudo=True)
    unit = OLD.format(address=address)
    beta.run(f"cat >/etc/systemd/system/old-llama.service <<'X'\n{unit}\nX", sudo=True)
    beta.run("systemctl stop llama-server-worker-0; systemctl enable -q --now old-llama", sudo=True)
    before = manifest(beta), beta.run(LAST, sudo=True).stdout
    try:
        asked = "curl -fsS http://localhost:37081/health"
        beta.run(f"for n in $(seq 40); do {asked} && exit; sleep 0.2; done; exit 1")
        said = failed(rolled_out, "--limit", "beta")
        assert "port 37081, where llama-server-worker-0.service is to listen, is taken" in said
        assert re.search(r"by python3, process \d+ of user root, of old-llama.service", said), said
        assert "(/etc/systemd/system/old-llama.service)" in said
        assert "nothing was changed" in said
        assert (manifest(beta), beta.run(LAST, sudo=True).stdout) == before
        (way_out,) = re.findall(r"stop it for good: (systemctl .*)", said)[:1]
        beta.run(way_out, sudo=True)
        succeeded(rolled_out, "--limit", "beta")
    finally:
        beta.run("systemctl disable --now old-llama", sudo=True)
    assert rolled_out.changes() == {}


def test_a_port_of_a_model_counts_and_one_of_another_address_does_not(
    pair: Lab, rolled_out: Site
) -> None:
    alpha = pair.host("alpha")
    succeeded(rolled_out)
    config = alpha.run("cat /etc/llamafleet/llama-swap/voice.yaml", sudo=True).stdout
    port = int(re.findall(r"--port (\d+)", config)[0])
    alpha.run("systemctl stop llama-swap-voice; systemctl start llama-swap-voice", sudo=True)
    alpha.run(f"cat >/usr/local/bin/foreign.py <<'X'\n{FOREIGN}\nX", sudo=True)
    start = "setsid python3 /usr/local/bin/foreign.py {0} {1} >/dev/null 2>&1 & sleep 1; echo $!"
    pid = alpha.run(start.format("127.0.0.1", port)).stdout.strip()
    try:
        said = failed(rolled_out, "--limit", "alpha")
        assert f"port {port}, where model chat-small of llama-swap-voice.service is to" in said
        assert "of user admin" in said
        assert f"kill {pid}" in said
    finally:
        alpha.run(f"kill {pid}", sudo=True)
    pid = alpha.run(start.format("127.0.0.9", port)).stdout.strip()
    try:
        assert rolled_out.changes("--limit", "alpha") == {}
    finally:
        alpha.run(f"kill {pid}", sudo=True)


def test_an_nginx_that_cannot_listen_is_not_called_a_success(pair: Lab, rolled_out: Site) -> None:
    """The port is taken between the probe and the reload: nginx goes on without it, and says so."""
    alpha = pair.host("alpha")
    succeeded(rolled_out)
    alpha.run(f"cat >/usr/local/bin/foreign.py <<'X'\n{FOREIGN}\nX", sudo=True)
    alpha.run(f"cat >/usr/local/bin/waiting.sh <<'X'\n{WAITING}\nX", sudo=True)
    alpha.run("systemd-run -q --unit=late sh /usr/local/bin/waiting.sh", sudo=True)
    try:
        with edited(rolled_out, 'listen   = "0.0.0.0:8000"', 'listen   = "0.0.0.0:8001"'):
            said = failed(rolled_out, "--limit", "alpha")
            assert re.search(r"port 8001 of nginx.service is held by python3, .* in late", said)
            assert "bind() to 0.0.0.0:8001 failed" in said
            # Another run sees it beforehand, for it is owed; and succeeds once it is gone.
            assert "port 8001, where nginx.service is to listen" in failed(rolled_out)
            alpha.run("systemctl stop late", sudo=True)
            succeeded(rolled_out)
    finally:
        alpha.run("systemctl stop late; true", sudo=True)
    succeeded(rolled_out)


def test_of_two_operators_at_the_same_moment_one_is_refused_and_nothing_is_forgotten(
    pair: Lab, rolled_out: Site, tmp_path: Path
) -> None:
    alpha = pair.host("alpha")
    succeeded(rolled_out)
    sites = {}
    for number, name in enumerate(("extra-a", "extra-b")):
        folder = tmp_path / name
        shutil.copytree(rolled_out.folder, folder)
        text = (folder / "fleet.fleet").read_text()
        (folder / "fleet.fleet").write_text(text + EXTRA.format(name=name, port=39100 + number))
        sites[name] = Site(folder, rolled_out.environment)
    runs = {name: site.start("-y", "--limit", "alpha") for name, site in sites.items()}
    for run in runs.values():
        run.wait(timeout=600)
    logs = {name: (site.folder / "rollout.log").read_text() for name, site in sites.items()}
    codes = {name: run.returncode for name, run in runs.items()}
    assert sorted(code != 0 for code in codes.values()) == [False, True], (codes, logs)
    loser = next(name for name, code in codes.items() if code)
    assert "another rollout has changed this host since this one looked at it" in logs[loser]
    assert re.search(r"by \S+@\S+", logs[loser])
    assert f"from {pair.gateway}, since 20" in logs[loser]
    assert "Traceback" not in logs[loser]
    succeeded(sites[loser], "--limit", "alpha")
    units = alpha.run("ls /etc/systemd/system | grep ^llama-").stdout.split()
    managed = {name for name, each in manifest(alpha)["units"].items() if each}
    assert set(units) <= managed
    assert [each for each in units if "extra" in each] == [f"llama-server-{loser}-0.service"]
    succeeded(rolled_out)
    assert "extra" not in alpha.run("ls /etc/systemd/system").stdout
    assert rolled_out.changes() == {}


def test_whoever_comes_in_the_middle_of_a_rollout_is_told_who_is_at_work(
    pair: Lab, rolled_out: Site, tmp_path: Path
) -> None:
    alpha = pair.host("alpha")
    succeeded(rolled_out)
    folder = tmp_path / "other"
    shutil.copytree(rolled_out.folder, folder)
    other = Site(folder, rolled_out.environment)
    set_ctx_size(other, "chat-small", 2144)
    run = other.start("-y", "--limit", "alpha")
    record = alpha.root / "var/lib/llamafleet/last-rollout"
    before = record.read_text()
    wait_for(lambda: record.read_text() != before, run, folder / "rollout.log")
    done = rolled_out.roll_out("--limit", "alpha")
    said = done.stdout + done.stderr
    assert run.wait(timeout=600) == 0
    assert "another rollout is at work on this host" in said or "has changed this host" in said
    assert re.search(r"by \S+@\S+", said), said
    succeeded(rolled_out)


def test_a_unit_of_that_name_made_by_hand_is_taken_over_and_kept(
    pair: Lab, rolled_out: Site
) -> None:
    alpha = pair.host("alpha")
    succeeded(rolled_out)
    unit = "/etc/systemd/system/llama-server-extra-0.service"
    text = "[Service]\nExecStart=/usr/bin/python3 /usr/local/bin/foreign.py 127.0.0.1 39100\n"
    alpha.run(f"cat >/usr/local/bin/foreign.py <<'X'\n{FOREIGN}\nX", sudo=True)
    alpha.run(f"printf '%s' '{text}' >{unit}; systemctl daemon-reload", sudo=True)
    alpha.run("systemctl start llama-server-extra-0", sudo=True)
    with edited(
        rolled_out, "\nnginx front {", EXTRA.format(name="extra", port=39100) + "\nnginx front {"
    ):
        said = succeeded(rolled_out, "--limit", "alpha")
        assert f"kept what was at {unit} as /var/lib/llamafleet/replaced{unit}" in said
        assert alpha.run(f"cat /var/lib/llamafleet/replaced{unit}", sudo=True).stdout == text
        assert '"status":"ok"' in alpha.run("curl -fsS http://127.0.0.1:39100/health").stdout
        assert rolled_out.changes("--limit", "alpha") == {}
    succeeded(rolled_out)
    alpha.run("rm -r /var/lib/llamafleet/replaced", sudo=True)


def test_a_model_that_cannot_start_is_found_when_asked(
    pair: Lab, rolled_out: Site, weights: Path
) -> None:
    (weights / "broken.gguf").write_bytes((weights / "small.gguf").read_bytes()[:3000])
    text = rolled_out.fleet.read_text()
    text = text.replace("defaults model {", f"{BROKEN}defaults model {{", 1)
    text = text.replace(MODELS, MODELS.replace("think-big]", "think-big, broken]"))
    before = rolled_out.fleet.read_text()
    rolled_out.fleet.write_text(text)
    try:
        succeeded(rolled_out)  # nothing asks for it, as long as nobody asks for it
        done = rolled_out.roll_out(deploy="deploys/prove.py")
        said = done.stdout + done.stderr
        assert done.returncode != 0, said
        assert "broken of voice cannot start" in said
        assert re.search(r"(?i)(invalid|failed|corrupt|error)[^\n]*", said.split("last words")[1])
        for name in ("chat-small", "think-small", "think-big"):
            assert f"{name} of voice starts" in said
        assert "assistant of worker starts" in said
        assert "Traceback" not in said
        assert "broken of voice cannot start" in failed(
            rolled_out, "--data", "llamafleet_prove=yes"
        )
    finally:
        rolled_out.fleet.write_text(before)
    succeeded(rolled_out, "--data", "llamafleet_prove=yes")


def test_a_linked_folder_of_nginx_is_not_written_through(pair: Lab, rolled_out: Site) -> None:
    """Refused by the check, a rollout leaves the files that the link leads to as they are."""
    alpha = pair.host("alpha")
    succeeded(rolled_out)
    alpha.run("mv /etc/nginx/conf.d /srv/conf.d && ln -s /srv/conf.d /etc/nginx/conf.d", sudo=True)
    alpha.run(
        "mv /srv/conf.d/llamafleet-front.conf /srv/front.conf"
        " && ln -s /srv/front.conf /srv/conf.d/llamafleet-front.conf"
        " && echo 'nonsense;' >/srv/conf.d/somebody.conf",
        sudo=True,
    )
    listing = "find /srv/conf.d /srv/front.conf -printf '%p %l %T@ %i\\n' | sort"
    before = alpha.run(listing, sudo=True).stdout
    try:
        with edited(rolled_out, 'listen   = "0.0.0.0:8000"', 'listen   = "0.0.0.0:8001"'):
            said = failed(rolled_out, "--limit", "alpha")
        assert 'unknown directive "nonsense"' in said
        assert alpha.run(listing, sudo=True).stdout == before
        alpha.run("rm /srv/conf.d/somebody.conf", sudo=True)
        succeeded(rolled_out, "--limit", "alpha")
        assert alpha.run("readlink /etc/nginx/conf.d").stdout == "/srv/conf.d\n"
    finally:
        alpha.run(
            "rm -f /srv/conf.d/somebody.conf; rm /etc/nginx/conf.d"
            " && mv /srv/conf.d /etc/nginx/conf.d",
            sudo=True,
        )
    assert rolled_out.changes() == {}
