"""Requests that nginx lets through: a table of the inference API, and exposed paths.

nginx looks at a path after it has decoded and shortened it, and a process behind it may read the
same bytes otherwise (`/upstream/x/..%2f..%2fv1/models`). So what goes on is never the path as it
came, but the one that was found in the table. Below an exposed folder the path does go on as it
came, for names in it may be encoded: there, one that hides a separator or a dot is refused.
"""

from __future__ import annotations

import re

from ..writers.nginx_conf import Condition, Directive, Joined, Row, Variable
from .answers import not_found
from .inference import routes
from .site import BELOW, Site

HEADERS: tuple[tuple[str, str | Variable], ...] = (
    ("Connection", ""),
    ("Host", Variable("host")),
    ("X-Real-IP", Variable("remote_addr")),
    ("X-Forwarded-For", Variable("proxy_add_x_forwarded_for")),
    ("X-Forwarded-Host", Variable("host")),
    ("X-Forwarded-Proto", Variable("scheme")),
)

HIDDEN = r"^[^?]*(%2e|%2f|%5c|//|/\.\.?(/|\?|\z))"
"""A path in which another one may be hidden."""

REQUESTED = (Variable("uri"), Variable("is_args"), Variable("args"))
"""The path as nginx has read it, and the query; only for paths that stand in the table."""
AS_IT_CAME = (Variable("request_uri"),)


def tables(site: Site, api: str, prefix: str) -> tuple[Directive, ...]:
    """Return maps of the requests that pass and of connections that may become websockets."""
    found = []
    if not site.exposes_everything:
        rows = [Row(_pattern(methods, path), 1) for methods, path in routes(api, prefix)]
        request = Joined((Variable("request_method"), " ", Variable("uri")))
        found.append(_map(request, site.variable("passes"), 0, *rows))
    if any(path.endswith(BELOW) for path in site.expose):
        # Nothing else may be asked for: a process that took up h2c would be past the table.
        row = Row(r"~*^websocket\z", "upgrade")
        found.append(_map(Variable("http_upgrade"), site.variable("connection"), "", row))
    return tuple(found)


def unless_it_passes(site: Site) -> tuple[Directive, ...]:
    """Return the refusal of all that is not in the table."""
    if site.exposes_everything:
        return ()
    unknown = Condition(Variable(site.variable("passes")), "=", "0")
    return (Directive("if", (unknown,), not_found()),)


def path_of(site: Site) -> tuple[Variable, ...]:
    """Return the path and query that a process gets."""
    return AS_IT_CAME if site.exposes_everything else REQUESTED


def exposed(site: Site) -> tuple[Directive, ...]:
    """Return a location for each exposed path."""
    if site.exposes_everything:
        return ()
    return tuple(_exposed(site, path) for path in site.expose)


def headers(site: Site) -> tuple[Directive, ...]:
    """Headers of requests that may become websockets; a location's own replace the server's."""
    connection = ("Connection", Variable(site.variable("connection")))
    upgrade = ("Upgrade", Variable("http_upgrade"))
    others = [each for each in HEADERS if each[0] != connection[0]]
    return tuple(Directive("proxy_set_header", each) for each in (connection, upgrade, *others))


def _exposed(site: Site, path: str) -> Directive:
    group = f"http://{site.group}"
    if not path.endswith(BELOW):
        return Directive("location", ("=", path), (Directive("proxy_pass", (group + path,)),))
    folder = path.removesuffix("*")
    elsewhere = Condition(Variable("request_uri"), "!~", f"^{_literally(folder)}")
    hidden = Condition(Variable("request_uri"), "~*", HIDDEN)
    block = (
        Directive("if", (elsewhere,), not_found()),
        Directive("if", (hidden,), not_found()),
        Directive("proxy_pass", (group,)),
        *headers(site),
    )
    return Directive("location", ("^~", folder), block)


def _map(source: Variable | Joined, variable: str, default: str | int, *rows: Row) -> Directive:
    return Directive("map", (source, Variable(variable)), (Directive("default", (default,)), *rows))


def _pattern(methods: tuple[str, ...], path: str) -> str:
    # `\z` is the very end; `$` would let a line break follow.
    return rf"~^({'|'.join(methods)}) {_literally(path)}\z"


def _literally(path: str) -> str:
    """Return a path as a regular expression of bytes, which is what nginx compares."""
    return "".join(
        char if re.fullmatch(r"[A-Za-z0-9_/-]", char) else _byte(each)
        for each in path.encode()
        if (char := chr(each))
    )


def _byte(value: int) -> str:
    # A dot reads better; nginx has no way to write a `$`.
    return "\\." if value == ord(".") else f"\\x{value:02x}"
