"""Edits of the shared site for a while, and rollouts that must succeed or fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.rollout import Site
from tests.lab.hosts import Host

MODELS = "    models = [chat-small, think-small, think-big]\n"
EXTRA = """
llama-server {name} {{
    host   = alpha
    build  = cpu
    model  = assistant
    listen = "127.0.0.1:{port}"
}}
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


def put_foreign(host: Host) -> None:
    """Put that server on a host: `python3 /usr/local/bin/foreign.py ADDRESS PORT`."""
    host.run(f"cat >/usr/local/bin/foreign.py <<'X'\n{FOREIGN}\nX", sudo=True)


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


def manifest(host: Host) -> dict[str, dict[str, object]]:
    """Return the manifest of a host."""
    loaded: dict[str, dict[str, object]] = json.loads(
        host.run("cat /var/lib/llamafleet/manifest.json", sudo=True).stdout
    )
    return loaded
