"""What happens to a request that a process did not take.

Two things can be known of a process that fails. It did not take the request: it cannot be reached,
or it answered 503, as llama-server does while it loads its model. Or the request had been sent and
the connection ended: then a prompt may have been worked on, and is never sent again.

nginx by itself repeats a POST only where it had not been sent (`error timeout`), and cannot repeat
it after a 503 alone: `http_503` needs `non_idempotent`, which would also repeat what was taken. So
a request that was not taken goes to `@another`. There a small GET, which nginx may repeat as often
as it likes, asks one process after the other for its health and stops at the first that is ready;
the request then goes to that one. This search remembers nothing, so that a process is found in the
moment in which it becomes ready. If there is none, the client is told so at once, with Retry-After.
"""

from __future__ import annotations

from urllib.parse import quote

from ...writers.nginx_conf import Condition, Directive, Joined, Row, Variable
from .answers import broken, not_ready, refused, silent
from .passing import path_of
from .site import Site

ANOTHER = "@another"
NOT_READY = "@not_ready"
NOT_TAKEN = "@not_taken"
NOT_TAKEN_AGAIN = "@not_taken_again"
UNKNOWN = "@unknown"
SEARCH = "/.llamafleet/ready"
"""A location of nginx's own; from outside it is not there."""

SEARCH_SECONDS = 1
"""How long each process may take to say that it is ready."""

AS_WRITTEN = "/?&=%:@!'()*+,;~"
"""What a path may hold; nginx has no way to write a `$`, and a URL no blank."""


def last_of(site: Site) -> Directive:
    """The variable that holds the address of the process that was found ready.

    `$upstream_addr` lists every process that was asked, the ready one last.
    """
    found, ready = Variable(site.variable("asked")), Variable(site.variable("ready"))
    row = Row(r"~(?<llamafleet_last>[^, ]+)\z", Variable("llamafleet_last"))
    return Directive("map", (found, ready), (Directive("default", ("",)), row))


def where_errors_go(*, searches: bool, keeps_503: bool) -> tuple[Directive, ...]:
    """The way of a request that failed; `keeps_503` leaves a process's own 503 as it is."""
    not_taken = Directive("error_page", (502, 504, "=", NOT_TAKEN))
    if keeps_503:
        return (not_taken,)
    loading = Directive("error_page", (503, "=", ANOTHER if searches else NOT_READY))
    return (not_taken, loading, Directive("proxy_intercept_errors", ("on",)))


def locations(site: Site, health: str, *, searches: bool) -> tuple[Directive, ...]:
    """The locations that `where_errors_go` names."""
    found = [_not_taken(NOT_TAKEN, ANOTHER if searches else NOT_READY)]
    if searches:
        found += [_another(site), _not_taken(NOT_TAKEN_AGAIN, NOT_READY), _search(site, health)]
        found.append(Directive("location", (UNKNOWN,), refused()))
    return (*found, Directive("location", (NOT_READY,), not_ready()))


def _not_taken(name: str, after: str) -> Directive:
    """Tells what was sent from what was not; of several processes only the last counts."""
    nothing_sent = Condition(Variable("upstream_bytes_sent"), "!~", r"[1-9][0-9]*\z")
    timed_out = Condition(Variable("upstream_status"), "~", r"504\z")
    block = (
        Directive("error_page", (503, "=", after)),
        Directive("if", (nothing_sent,), (Directive("return", (503,)),)),
        Directive("if", (timed_out,), silent()),
        *broken(),
    )
    return Directive("location", (name,), block)


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
    block = (
        Directive("internal"),
        Directive("error_page", (404, "=", UNKNOWN)),
        Directive("proxy_pass", (f"http://{site.all_of_them}{quote(health, safe=AS_WRITTEN)}",)),
        Directive("proxy_pass_request_body", ("off",)),
        Directive("proxy_set_header", ("Connection", "")),
        Directive("proxy_set_header", ("Content-Length", "")),
        Directive("proxy_connect_timeout", (f"{SEARCH_SECONDS}s",)),
        Directive("proxy_read_timeout", (f"{SEARCH_SECONDS}s",)),
        Directive(
            "proxy_next_upstream",
            ("error", "timeout", "http_500", "http_502", "http_503", "http_504"),
        ),
    )
    return Directive("location", ("=", SEARCH), block)
