"""Retries of requests that a process did not take.

Three things can be known of a process that fails. It could not be reached. It refused: llama-server
answers 503 while it loads its model. Or the request had been sent and the connection ended: then a
prompt may have been worked on, and is never sent again.

nginx by itself repeats a POST only where it had not been sent (`error timeout`), and cannot repeat
it after a 503 alone: `http_503` needs `non_idempotent`, which would also repeat what was taken. So
a request that was not taken goes to `@another`. There a small GET, which nginx may repeat as often
as it likes, asks one process after the other for its health and stops at the first that is ready;
the request then goes to that one. This search remembers nothing, so that a process is found in the
moment in which it becomes ready. If there is none, the client is told so at once, with Retry-After.

A process that refuses does not read the request, and closes the connection: a large one is still
being sent then, and nginx sees a broken connection in place of the 503. So a process whose
connection broke is asked for its health. If it is loading it took nothing, for it has never been
ready; one that ended while it worked on a prompt cannot be reached so soon.
"""

from __future__ import annotations

from urllib.parse import quote

from ..writers.nginx_conf import Argument, Condition, Directive, Joined, Row, Variable
from .allowed_paths import path_of
from .answers import bad_gateway, gateway_timeout, not_found, not_ready
from .site import Site

ANOTHER = "@another"
BROKEN = "@broken"
ENDED = "@ended"
NOT_READY = "@not_ready"
NOT_TAKEN = "@not_taken"
NOT_TAKEN_AGAIN = "@not_taken_again"
SAID = "@said"
UNKNOWN = "@unknown"
SEARCH = "/.llamafleet/ready"
STATE = "/.llamafleet/state"
"""Locations of nginx's own; from outside they are not there."""

CONNECT_SECONDS = 1
ANSWER_SECONDS = 10
"""How long each process may take to say how it is; one that is busy may take seconds."""

AS_WRITTEN = "/?&=%:@!'()*+,;~"
"""What a path may hold; nginx has no way to write a `$`, and a URL no blank."""


def tables(site: Site, *, searches: bool, keeps_503: bool) -> tuple[Directive, ...]:
    """Variables that follow from what processes answered.

    `$upstream_addr` lists every process that was asked, the last one last.
    """
    found = []
    if searches:
        found.append(_last_of(site, "asked", "ready"))
    if not keeps_503:
        loading = Row(r"~503\z", ANOTHER if searches else NOT_READY)
        state, after = Variable(site.variable("state")), Variable(site.variable("after"))
        default = Directive("default", (BROKEN,))
        found.append(_last_of(site, "tried", "failed"))
        found.append(Directive("map", (state, after), (default, loading)))
    return tuple(found)


def _last_of(site: Site, asked: str, last: str) -> Directive:
    row = Row(r"~(?<llamafleet_last>[^, ]+)\z", Variable("llamafleet_last"))
    pair = (Variable(site.variable(asked)), Variable(site.variable(last)))
    return Directive("map", pair, (Directive("default", ("",)), row))


def where_errors_go(*, searches: bool, keeps_503: bool) -> tuple[Directive, ...]:
    """Return where failed requests go; `keeps_503` leaves a process's own 503 as it is."""
    not_taken = Directive("error_page", (502, 504, "=", NOT_TAKEN))
    if keeps_503:
        return (not_taken,)
    loading = Directive("error_page", (503, "=", ANOTHER if searches else NOT_READY))
    return (not_taken, loading, Directive("proxy_intercept_errors", ("on",)))


def locations(site: Site, health: str, *, searches: bool, keeps_503: bool) -> tuple[Directive, ...]:
    """Return the locations that `where_errors_go` names."""
    path = quote(health, safe=AS_WRITTEN)
    after_that = BROKEN if keeps_503 else ENDED
    found = [_not_taken(NOT_TAKEN, ANOTHER if searches else NOT_READY, after_that)]
    if searches:
        found += [_another(site), _not_taken(NOT_TAKEN_AGAIN, NOT_READY, BROKEN)]
        found.append(_search(site, path))
    if not keeps_503:
        found += [*_ended(site, path), Directive("location", (UNKNOWN,), not_found())]
    found.append(Directive("location", (BROKEN,), bad_gateway()))
    return (*found, Directive("location", (NOT_READY,), not_ready()))


def _not_taken(name: str, unsent: str, sent: str) -> Directive:
    """Tells what was sent from what was not; of several processes only the last counts."""
    nothing_sent = Condition(Variable("upstream_bytes_sent"), "!~", r"[1-9][0-9]*\z")
    timed_out = Condition(Variable("upstream_status"), "~", r"504\z")
    block = (
        Directive("error_page", (503, "=", unsent)),
        Directive("error_page", (502, "=", sent)),
        Directive("if", (nothing_sent,), (Directive("return", (503,)),)),
        Directive("if", (timed_out,), gateway_timeout()),
        Directive("return", (502,)),
    )
    return Directive("location", (name,), block)


def _ended(site: Site, health: str) -> tuple[Directive, ...]:
    """Asks a process whose connection broke whether it is loading."""
    tried, failed = Variable(site.variable("tried")), Variable(site.variable("failed"))
    ended = (
        Directive("set", (tried, Variable("upstream_addr"))),
        Directive("auth_request", (STATE,)),
        Directive(
            "auth_request_set", (Variable(site.variable("state")), Variable("upstream_status"))
        ),
        Directive("error_page", (401, 403, 500, "=", BROKEN)),
        # There is no such file; what comes last is where the request goes.
        Directive("try_files", ("/.llamafleet/none", Variable(site.variable("after")))),
    )
    state = (
        *_own(Joined(("http://", failed, health))),
        Directive("proxy_intercept_errors", ("on",)),
        # Whatever it says is an answer.
        Directive("error_page", (*range(500, 505), "=", SAID)),
    )
    return (
        Directive("location", (ENDED,), ended),
        Directive("location", ("=", STATE), state),
        Directive("location", (SAID,), (Directive("return", (204,)),)),
    )


def _another(site: Site) -> Directive:
    """Sends a request to the process that the search has found."""
    asked, ready = Variable(site.variable("asked")), Variable(site.variable("ready"))
    block = (
        Directive("auth_request", (SEARCH,)),
        Directive("auth_request_set", (asked, Variable("upstream_addr"))),
        # A search that finds none counts as an error of nginx.
        Directive("error_page", (500, "=", NOT_READY)),
        Directive("error_page", (502, 504, "=", NOT_TAKEN_AGAIN)),
        Directive("proxy_pass", (Joined(("http://", ready, *path_of(site))),)),
    )
    return Directive("location", (ANOTHER,), block)


def _search(site: Site, health: str) -> Directive:
    """Asks one process after the other until one is ready."""
    failures = ("error", "timeout", "http_500", "http_502", "http_503", "http_504")
    block = (
        *_own(f"http://{site.all_of_them}{health}"),
        Directive("proxy_next_upstream", failures),
    )
    return Directive("location", ("=", SEARCH), block)


def _own(target: Argument) -> tuple[Directive, ...]:
    """Return a request of nginx's own to a process."""
    return (
        Directive("internal"),
        Directive("error_page", (404, "=", UNKNOWN)),
        Directive("proxy_pass", (target,)),
        Directive("proxy_pass_request_body", ("off",)),
        Directive("proxy_set_header", ("Connection", "")),
        Directive("proxy_set_header", ("Content-Length", "")),
        Directive("proxy_connect_timeout", (f"{CONNECT_SECONDS}s",)),
        Directive("proxy_read_timeout", (f"{ANSWER_SECONDS}s",)),
    )
