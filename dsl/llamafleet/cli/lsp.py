"""`llamafleet lsp`: the language server, on stdin and stdout."""

from __future__ import annotations

from .about import version
from .terminal import say


def lsp(stdio: bool) -> int:
    """Serve an editor until it hangs up; 3 where the server's library is not installed.

    `stdio` is what editors pass to any server; there is no other way here.
    """
    del stdio
    try:
        from ..lsp.server import make_server
    except ModuleNotFoundError as missing:
        if (missing.name or "").split(".")[0] not in ("pygls", "lsprotocol"):
            raise
        say("the language server needs pygls, which is not installed")
        say('install it with: pip install "llamafleet[lsp]"')
        return 3
    make_server(version()).start_io()
    return 0
