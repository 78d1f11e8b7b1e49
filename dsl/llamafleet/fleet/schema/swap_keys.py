"""What llama-swap does with a model's requests and its process: keys and blocks of `model`.

`upstream` is the way to a key in llama-swap's configuration, `*` for names that people choose; it
is also how the release that introduced a key is found. Of a key in a nested block it is the rest of
the way, behind the block's own.
"""

from __future__ import annotations

from .table import BlockSchema, Key
from .values import Choice, Duration, Integer, JsonValue, ListOf, Pattern, Switch, Text

PARAMETER = Pattern(r"[^,\s]+", "the name of a request parameter", bare=True)
UPSTREAM_URL = Pattern(
    r"https?://([A-Za-z0-9._~\-]+(:[A-Za-z0-9._~\-]*)?@)?"
    r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._\-]+)(:([0-9]{1,5}|\$\{PORT\}))?"
    r"([/?]([^\s\"'%#]|%[0-9A-Fa-f]{2})*)?",
    'a URL in quotes such as "http://10.0.0.2:80"',
)

STRIP_PARAMS = Key(
    "strip-params",
    ListOf(PARAMETER),
    "Parameters that are taken out of each request.",
    upstream="models.*.filters.stripParams",
)

OF_A_MODEL = (
    Key("port", Integer(1, 65535), "Port of its server; by default the service gives it one."),
    Key(
        "proxy",
        UPSTREAM_URL,
        "Where its requests go, if not to its own port of this machine; ${PORT} is that port.",
        upstream="models.*.proxy",
    ),
    Key(
        "use-model-name",
        Text(),
        "What requests call it on their way to its server.",
        upstream="models.*.useModelName",
    ),
)
"""Keys of one model, which no other model can have from it."""

INHERITABLE = (
    Key(
        "program",
        Text(),
        "A llama-server that is on the host already, instead of a build; it gets the model's flags "
        "and nothing else.",
    ),
    STRIP_PARAMS,
    Key(
        "send-loading-state",
        Switch(),
        "Tell the client about the load, in the stream's reasoning; by default as llama-swap does.",
        upstream="models.*.sendLoadingState",
    ),
    Key(
        "unload-timeout",
        Duration(1000),
        "How long it may take to stop; by default as llama-swap says.",
        upstream="models.*.unloadTimeout",
    ),
    Key(
        "ignore-websockets",
        Switch(),
        "Do not count open websockets as requests when it is to be unloaded.",
        default=False,
        upstream="models.*.compat.ignoreWebsockets",
    ),
)

SET_PARAMS = BlockSchema(
    kind="set-params",
    help="Parameters that every request gets, whatever it says itself.",
    keys=(),
    free_keys=JsonValue(),
    free_blocks=True,
    labelled=False,
    upstream="models.*.filters.setParams",
)
VARIANT = BlockSchema(
    kind="variant",
    help="Another id of the model, under which requests get these parameters.",
    keys=(),
    free_keys=JsonValue(),
    free_blocks=True,
    free_label=True,
    upstream="models.*.filters.setParamsByID",
)
METADATA = BlockSchema(
    kind="metadata",
    help="What the list of models says about it besides, as meta.llamaswap.",
    keys=(),
    free_keys=JsonValue(),
    free_blocks=True,
    labelled=False,
    refused={"llamafleet": "llamafleet puts the digest of the configuration there"},
    upstream="models.*.metadata",
)
PASS_THROUGH = BlockSchema(
    kind="pass-through",
    help="Keys of llama-swap that llamafleet has no word for, in llama-swap's own words.",
    keys=(),
    free_keys=JsonValue(),
    free_blocks=True,
    labelled=False,
)

_MODALITIES = ListOf(Choice("text", "audio", "image"))
CAPABILITIES = BlockSchema(
    kind="capabilities",
    help="What the list of models says that it can do.",
    keys=(
        Key("in", _MODALITIES, "What it takes.", upstream="in"),
        Key("out", _MODALITIES, "What it gives.", upstream="out"),
        Key("tools", Switch(), "It calls tools.", upstream="tools"),
        Key("reranker", Switch(), "It ranks texts.", upstream="reranker"),
        Key(
            "context",
            Integer(0),
            "How many tokens it takes.",
            upstream="context",
        ),
    ),
    labelled=False,
    upstream="models.*.capabilities",
)
TIMEOUTS = BlockSchema(
    kind="timeouts",
    help="How long llama-swap waits for the server behind a model; 0s is for ever.",
    keys=(
        Key("connect", Duration(), "For a connection.", upstream="connect"),
        Key("keepalive", Duration(), "Between signs of life.", upstream="keepalive"),
        Key("response-header", Duration(), "For the headers.", upstream="responseHeader"),
        Key("tls-handshake", Duration(), "For TLS.", upstream="tlsHandshake"),
        Key("expect-continue", Duration(), "For 100 Continue.", upstream="expectContinue"),
        Key("idle-conn", Duration(), "With a connection unused.", upstream="idleConn"),
    ),
    labelled=False,
    upstream="models.*.timeouts",
)

INHERITABLE_BLOCKS = (SET_PARAMS, METADATA, CAPABILITIES, TIMEOUTS, PASS_THROUGH)
