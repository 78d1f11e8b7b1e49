"""The keys of `nginx`: `upstream` is the directive that each becomes."""

from __future__ import annotations

from ...fleet.schema.block import BlockSchema, Key
from ...fleet.schema.pass_through import MIB, upstream_paths
from ...fleet.schema.values import (
    Choice,
    Duration,
    Integer,
    Listen,
    ListOf,
    Pattern,
    Reference,
    Size,
    Switch,
)

DEFAULT_BODY = 64 * MIB
EXPOSED = Pattern(
    r"/(?!/)(?:(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~@:+,-]+(?:/(?!/)|\Z))*\*?",
    'paths in quotes such as "/running" or "/ui/*"',
)

SCHEMA = BlockSchema(
    kind="nginx",
    help="A reverse proxy in front of one service's processes.",
    keys=(
        Key("host", Reference("host"), "Host it runs on.", required=True),
        Key("listen", Listen(), "Address and port to listen on.", required=True, upstream="listen"),
        Key(
            "upstream",
            Reference("service"),
            "Service that requests go to.",
            required=True,
        ),
        Key(
            "server-name",
            Pattern(
                r"_|(\*\.|\.)?[A-Za-z0-9]([A-Za-z0-9._\-]*[A-Za-z0-9])?",
                'a host name in quotes such as "llm.example.org"',
            ),
            "Host name it answers to. Default: any.",
            default="_",
            upstream="server_name",
        ),
        Key(
            "balance",
            Choice("least_conn", "round_robin", "ip_hash", "random"),
            "Load balancing method.",
            default="least_conn",
        ),
        Key(
            "keepalive",
            Integer(1, 65535),
            "Idle connections to the upstream's processes that each worker keeps open.",
            default=32,
            upstream="keepalive",
        ),
        Key(
            "client-max-body-size",
            Size(),
            "Largest request body. Images count as base64.",
            default=DEFAULT_BODY,
            upstream="client_max_body_size",
        ),
        Key(
            "proxy-connect-timeout",
            Duration(1000),
            "Time to connect to a process. Default: 1s if another can be tried, else 5s.",
            upstream="proxy_connect_timeout",
        ),
        Key(
            "proxy-send-timeout",
            Duration(1000),
            "Longest time in which a process reads nothing of a request.",
            default=60_000,
            upstream="proxy_send_timeout",
        ),
        Key(
            "proxy-read-timeout",
            Duration(1000),
            "Longest time in which a process sends nothing. Default: 10m for the first token, plus "
            "the upstream's health-check-timeout where a model may have to be loaded.",
            upstream="proxy_read_timeout",
        ),
        Key(
            "proxy-buffering",
            Switch(),
            "Buffer responses. Off lets tokens stream.",
            default=False,
            upstream="proxy_buffering",
        ),
        Key(
            "proxy-next-upstream",
            Switch(),
            "Try another process if one cannot be reached or is still loading. A prompt that a "
            "process accepted is never sent twice.",
            default=True,
            upstream="proxy_next_upstream",
        ),
        Key(
            "expose",
            ListOf(EXPOSED),
            "Paths that pass besides the inference API, as the upstream service names them. "
            '"/ui/*" is everything below /ui/, "/*" every path.',
            upstream="location",
        ),
    ),
)

NEED_MORE = {
    "listen": "its port is claimed",
    "server-name": "any where it is not said",
    "keepalive": "said in the group of processes",
    "proxy-connect-timeout": "by the number of processes where it is not said",
    "proxy-read-timeout": "by what is behind where it is not said",
    "proxy-next-upstream": "a search of llamafleet's own",
    "expose": "locations",
}
"""Keys that are not simply a directive of the server, and what is done with them instead."""

DIRECTIVES = upstream_paths(SCHEMA.keys, besides=NEED_MORE)
