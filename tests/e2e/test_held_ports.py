"""Ports that something else holds, ports that move, and a unit of the same name made by hand."""

from __future__ import annotations

import re

import pytest

from tests.e2e.rollout import Site
from tests.e2e.site_edits import EXTRA, LAST, edited, failed, manifest, put_foreign, succeeded
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

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


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.1", "::"])
def test_a_port_that_something_else_holds_is_said_with_the_way_out(
    pair: Lab, rolled_out: Site, address: str
) -> None:
    """A server from before, which answers 200, is neither taken for the service nor fought."""
    succeeded(rolled_out)
    beta = pair.host("beta")
    put_foreign(beta)
    unit = OLD.format(address=address)
    beta.run(f"cat >/etc/systemd/system/old-llama.service <<'X'\n{unit}\nX", sudo=True)
    beta.run("systemctl stop llama-server-worker-0; systemctl enable -q --now old-llama", sudo=True)
    before = manifest(beta), beta.run(LAST, sudo=True).stdout
    try:
        asked = "curl -fsS http://localhost:37081/health"
        beta.run(f"for n in $(seq 40); do {asked} && exit; sleep 0.2; done; exit 1")
        said = failed(rolled_out, "--limit", "beta")
        assert "port 37081 of llama-server-worker-0.service is in use" in said
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
    put_foreign(alpha)
    start = "setsid python3 /usr/local/bin/foreign.py {0} {1} >/dev/null 2>&1 & sleep 1; echo $!"
    pid = alpha.run(start.format("127.0.0.1", port)).stdout.strip()
    try:
        said = failed(rolled_out, "--limit", "alpha")
        assert f"port {port} of model chat-small of llama-swap-voice.service is in use" in said
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
    put_foreign(alpha)
    alpha.run(f"cat >/usr/local/bin/waiting.sh <<'X'\n{WAITING}\nX", sudo=True)
    alpha.run("systemd-run -q --unit=late sh /usr/local/bin/waiting.sh", sudo=True)
    try:
        with edited(rolled_out, 'listen   = "0.0.0.0:8000"', 'listen   = "0.0.0.0:8001"'):
            said = failed(rolled_out, "--limit", "alpha")
            assert re.search(r"port 8001 of nginx.service is held by python3, .* in late", said)
            assert "bind() to 0.0.0.0:8001 failed" in said
            # Another run sees it beforehand, for it is owed; and succeeds once it is gone.
            assert "port 8001 of nginx.service is in use" in failed(rolled_out)
            alpha.run("systemctl stop late", sudo=True)
            succeeded(rolled_out)
    finally:
        alpha.run("systemctl stop late; true", sudo=True)
    succeeded(rolled_out)


def test_services_exchange_their_ports_in_one_rollout(pair: Lab, rolled_out: Site) -> None:
    """Each would wait for the other's port: whoever holds one that is wanted leaves it first."""
    alpha = pair.host("alpha")

    def with_ports(first: int, second: int) -> str:
        pieces = EXTRA.format(name="one", port=first) + EXTRA.format(name="two", port=second)
        return f"{pieces}\nnginx front {{"

    for ports in ((39100, 39101), (39101, 39100)):
        with edited(rolled_out, "\nnginx front {", with_ports(*ports)):
            succeeded(rolled_out, "--limit", "alpha")
            for name, port in zip(("one", "two"), ports, strict=True):
                show = f"systemctl show -p MainPID --value llama-server-{name}-0"
                pid = alpha.run(show).stdout.strip()
                assert f"pid={pid}," in alpha.run(f"ss -Hltnp 'sport = :{port}'", sudo=True).stdout
            assert rolled_out.changes("--limit", "alpha") == {}
    succeeded(rolled_out)


def test_a_unit_of_that_name_made_by_hand_is_taken_over_and_kept(
    pair: Lab, rolled_out: Site
) -> None:
    alpha = pair.host("alpha")
    succeeded(rolled_out)
    unit = "/etc/systemd/system/llama-server-extra-0.service"
    text = "[Service]\nExecStart=/usr/bin/python3 /usr/local/bin/foreign.py 127.0.0.1 39100\n"
    put_foreign(alpha)
    alpha.run(f"printf '%s' '{text}' >{unit}; systemctl daemon-reload", sudo=True)
    alpha.run("systemctl start llama-server-extra-0", sudo=True)
    with edited(
        rolled_out, "\nnginx front {", EXTRA.format(name="extra", port=39100) + "\nnginx front {"
    ):
        said = succeeded(rolled_out, "--limit", "alpha")
        assert f"kept the previous {unit} as /var/lib/llamafleet/replaced{unit}" in said
        assert alpha.run(f"cat /var/lib/llamafleet/replaced{unit}", sudo=True).stdout == text
        assert '"status":"ok"' in alpha.run("curl -fsS http://127.0.0.1:39100/health").stdout
        assert rolled_out.changes("--limit", "alpha") == {}
    succeeded(rolled_out)
    alpha.run("rm -r /var/lib/llamafleet/replaced", sudo=True)
