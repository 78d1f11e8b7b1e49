"""Responses of nginx's own: errors in the form that clients of OpenAI's API read.

503 says that nothing was done, so that a client may ask again (openai-python does, by itself, after
`Retry-After`); 502 and 504 say that a process had taken the request.
"""

from __future__ import annotations

import json

from ..writers.nginx_conf import Directive

RETRY_AFTER = 1
"""Seconds after which a client is to ask again."""


def not_found() -> tuple[Directive, ...]:
    """Return the answer to a path that does not pass."""
    message = (
        "nothing is here: this address passes on the inference API alone; "
        "expose, a key of nginx in the fleet file, opens more"
    )
    return _answer(404, message, "invalid_request_error", "unknown_url")


def not_ready() -> tuple[Directive, ...]:
    """Return the answer while no process can take a request."""
    message = "no process is ready: the request was not started, ask again"
    later = Directive("add_header", ("Retry-After", RETRY_AFTER, "always"))
    return (later, *_answer(503, message, "unavailable_error", "not_ready"))


def bad_gateway() -> tuple[Directive, ...]:
    """Return the answer where a process took a request and ended before its answer began."""
    message = "the process that had taken the request ended before it answered"
    return _answer(502, message, "server_error", "bad_gateway")


def gateway_timeout() -> tuple[Directive, ...]:
    """Return the answer where a process sent nothing for `proxy-read-timeout`."""
    message = "the process that had taken the request was silent for too long"
    return _answer(504, message, "server_error", "gateway_timeout")


def _answer(status: int, message: str, kind: str, code: str) -> tuple[Directive, ...]:
    error = {"message": message, "type": kind, "param": None, "code": code}
    return (Directive("return", (status, json.dumps({"error": error}))),)
