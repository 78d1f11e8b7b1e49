"""`llamafleet lsp`: the language server, on stdin and stdout."""

from __future__ import annotations

from .about import version


def lsp(stdio: bool) -> int:
    """Serve an editor until it hangs up.

    `stdio` is what editors pass to any server; there is no other way here.
    """
    del stdio
    from ..lsp.server import make_server

    make_server(version()).start_io()
    return 0
