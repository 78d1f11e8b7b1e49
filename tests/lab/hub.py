"""A local stand-in for the Hugging Face Hub: the part of its HTTP API that huggingface_hub uses.

The real client runs against it with `HF_ENDPOINT=http://ADDRESS:PORT`. Weights behave as on the
Hub: `resolve/` answers with `X-Repo-Commit`, `X-Linked-Etag` (their SHA-256) and a redirect to
another origin, here a second port, which honours ranges and must not see the token; small text
files are served in place with a git blob's id as ETag.

    python -m tests.lab.hub ROOT [--listen 127.0.0.1:8090]    # ROOT/<owner>/<repository>/<files>
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.lab.hub_http import HubServer
from tests.lab.hub_store import Hub, Repository, StoredFile

__all__ = ["Hub", "Repository", "StoredFile", "hub_servers", "main", "running_hub"]


@contextlib.contextmanager
def hub_servers(hub: Hub, address: str, port: int) -> Iterator[HubServer]:
    """Both listening sockets, served from threads until the block ends."""
    with contextlib.ExitStack() as stack:
        content = stack.enter_context(HubServer((address, 0), hub, 0))
        api = stack.enter_context(HubServer((address, port), hub, content.server_port))
        for server in (content, api):
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
        yield api


@contextlib.contextmanager
def running_hub(hub: Hub, address: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve `hub` while the block runs; yields the URL for `HF_ENDPOINT`."""
    with hub_servers(hub, address, port) as server:
        yield server.url


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve a folder tree until interrupted."""
    parser = argparse.ArgumentParser(description="A local stand-in for the Hugging Face Hub.")
    parser.add_argument("root", type=Path, help="folder of <owner>/<repository>/<files>")
    parser.add_argument("--listen", default="127.0.0.1:8090")
    given = parser.parse_args(arguments)
    hub = Hub()
    hub.add_tree(given.root)
    host, _, port = given.listen.rpartition(":")
    with hub_servers(hub, host, int(port)) as server, contextlib.suppress(KeyboardInterrupt):
        print(f"HF_ENDPOINT={server.url}  {', '.join(hub.repositories)}", flush=True)
        threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
