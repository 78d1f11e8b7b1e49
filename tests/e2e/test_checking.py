"""A check starts nothing beside the service, a database is its own, no link is written through."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.rollout import Site, set_ctx_size
from tests.e2e.site_edits import MODELS, edited, failed, succeeded
from tests.lab.hosts import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

STORE = "/srv/usage/llama-swap/usage.db"
WITH_STORE = f'{MODELS}    preload = [chat-small]\n    store-path = "{STORE}"\n'
BROKEN = """
gguf broken {
    path = "/models/broken.gguf"
}

model broken {
    gguf     = broken
    ctx-size = 2048
}

"""


def servers(host: Host) -> dict[str, str]:
    """Control groups of the llama-servers of a host, by process id."""
    command = "for p in $(pgrep -x llama-server); do echo $p $(cat /proc/$p/cgroup); done"
    lines = host.run(command, sudo=True).stdout.splitlines()
    return dict(line.split(" ", 1) for line in lines if " " in line)


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
        " && { systemctl start llama-swap-voice || :; }",
        sudo=True,
    )
    alpha.run(
        "for n in $(seq 40); do [ $(systemctl show -p NRestarts --value llama-swap-voice) -gt 0 ]"
        " && exit; sleep 0.5; done; exit 1"
    )
    said = succeeded(with_store, "--limit", "alpha")
    assert f"changed the owner of {STORE} to llamafleet" in said
    assert alpha.run(f"stat -c %U {STORE}", sudo=True).stdout == "llamafleet\n"
    assert with_store.changes("--limit", "alpha") == {}


def test_a_folder_with_the_files_of_others_is_refused(pair: Lab, rolled_out: Site) -> None:
    alpha = pair.host("alpha")
    before = servers(alpha)
    with edited(rolled_out, MODELS, f'{MODELS}    store-path = "/etc/usage.db"\n'):
        said = failed(rolled_out, "--limit", "alpha")
    assert "user llamafleet cannot write to /etc" in said
    assert "nothing was changed" in said
    assert alpha.run("stat -c %U /etc").stdout == "root\n"
    assert servers(alpha).keys() >= {pid for pid, at in before.items() if "worker" in at}


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
        assert re.search(
            r"(?i)(invalid|failed|corrupt|error)[^\n]*", said.split("last log lines")[1]
        )
        for name in ("chat-small", "think-small", "think-big"):
            assert f"{name} of voice started in" in said
        assert "assistant of worker started in" in said
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
