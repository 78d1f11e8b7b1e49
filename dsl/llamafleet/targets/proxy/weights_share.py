"""The site with which nginx lets other hosts read a host's store of weights."""

from __future__ import annotations

from ...fleet.model import Host, ListenAddress
from ..plan_types import SharePlan
from ..process.command import store_path
from ..writers.nginx_conf import Directive, to_nginx
from .plan import FOLDER, HEADER

PATH = f"{FOLDER}/llamafleet-weights.conf"

_STORED = r"^/[0-9a-f]{64}(\.pieces)?\z"


def plan_share(host: Host) -> SharePlan | None:
    """Return how a host shares its weights; None if it does not."""
    listen = host.share
    if listen is None:
        return None
    return SharePlan(PATH, to_nginx((_server(listen, store_path(host)),), header=HEADER), listen)


def _server(listen: ListenAddress, store: str) -> Directive:
    """Return a server that reads files of the store by name, and has nothing else."""
    stored = (
        Directive("root", (store,)),
        Directive("disable_symlinks", ("on",)),
        Directive("default_type", ("application/octet-stream",)),
        Directive("sendfile", ("on",)),
        Directive("limit_except", ("GET",), (Directive("deny", ("all",)),)),
    )
    return Directive(
        "server",
        (),
        (
            Directive("listen", (str(listen),)),
            Directive("access_log", ("off",)),
            Directive("location", ("/",), (Directive("return", (404,)),)),
            Directive("location", ("~", _STORED), stored),
        ),
    )
