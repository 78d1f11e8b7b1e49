"""Keys and blocks of `model` that llama-swap reads: what it does with requests and processes.

`upstream` of a key is its path in llama-swap's configuration, `*` for names that people choose; of
a key in a nested block it is the rest of the path, behind the block's own. `since` is the first
release that knows it.
"""

from __future__ import annotations

from .patterns import PARAMETER, UPSTREAM_URL
from .table import BlockSchema, Form, Key
from .values import Choice, Duration, Integer, JsonValue, ListOf, Switch, Text

STRIP_PARAMS = Key(
    "strip-params",
    ListOf(PARAMETER),
    "Request parameters to remove before a request is forwarded.",
    upstream="models.*.filters.stripParams",
    since=163,
    form=Form.JOINED,
)

OF_A_MODEL = (
    Key(
        "port",
        Integer(1, 65535),
        "Port of the model's server. Default: the service assigns one.",
    ),
    Key(
        "proxy",
        UPSTREAM_URL,
        "URL that requests are forwarded to; ${PORT} stands for the model's port. "
        "Default: that port on this host.",
        upstream="models.*.proxy",
    ),
    Key(
        "use-model-name",
        Text(),
        "Model name in requests as they are forwarded to the server. Default: unchanged.",
        upstream="models.*.useModelName",
        since=95,
    ),
)
"""Keys of one model, which no other model can inherit from it."""

INHERITABLE = (
    Key(
        "program",
        Text(),
        "A llama-server that is already installed on the host, used instead of a build. It gets "
        "the model's flags and nothing else.",
    ),
    STRIP_PARAMS,
    Key(
        "send-loading-state",
        Switch(),
        "Stream loading progress to the client as reasoning text. Default: the service's setting.",
        upstream="models.*.sendLoadingState",
        since=171,
    ),
    Key(
        "unload-timeout",
        Duration(1000),
        "Time the server has to stop before it is killed. Default: the service's setting.",
        upstream="models.*.unloadTimeout",
        since=240,
    ),
    Key(
        "ignore-websockets",
        Switch(),
        "Unload the model although websockets are open: do not count them as requests.",
        default=False,
        upstream="models.*.compat.ignoreWebsockets",
        since=249,
    ),
)

SET_PARAMS = BlockSchema(
    kind="set-params",
    help="Parameters to set in every request, whatever the request itself says.",
    keys=(),
    free_keys=JsonValue(),
    free_blocks=True,
    labelled=False,
    upstream="filters.setParams",
    since=184,
)
VARIANT = BlockSchema(
    kind="variant",
    help="Another id of the model; requests for it get these parameters.",
    keys=(),
    free_keys=JsonValue(),
    free_blocks=True,
    free_label=True,
    upstream="filters.setParamsByID.*",
    since=194,
)
METADATA = BlockSchema(
    kind="metadata",
    help="More data for the list of models, shown there as meta.llamaswap.",
    keys=(),
    free_keys=JsonValue(),
    free_blocks=True,
    labelled=False,
    refused={"llamafleet": "llamafleet puts the digest of the configuration there"},
    upstream="metadata",
    since=163,
)
PASS_THROUGH = BlockSchema(
    kind="pass-through",
    help="Keys of llama-swap that llamafleet has no key for, in llama-swap's own spelling.",
    keys=(),
    free_keys=JsonValue(),
    free_blocks=True,
    labelled=False,
)

_MODALITIES = ListOf(Choice("text", "audio", "image"))
CAPABILITIES = BlockSchema(
    kind="capabilities",
    help="Capabilities that the list of models reports.",
    keys=(
        Key("in", _MODALITIES, "Modalities it accepts.", upstream="in"),
        Key("out", _MODALITIES, "Modalities it produces.", upstream="out"),
        Key("tools", Switch(), "It supports tool calls.", upstream="tools"),
        Key("reranker", Switch(), "It is a reranker.", upstream="reranker"),
        Key("context", Integer(0), "Length of its context, in tokens.", upstream="context"),
    ),
    labelled=False,
    upstream="capabilities",
    since=225,
)
TIMEOUTS = BlockSchema(
    kind="timeouts",
    help="Timeouts of connections to a model's server. 0s disables a timeout.",
    keys=(
        Key("connect", Duration(), "Time to connect. Default: 30s.", upstream="connect"),
        Key(
            "keepalive",
            Duration(),
            "Interval between TCP keepalive probes. Default: 30s.",
            upstream="keepalive",
            since=201,
        ),
        Key(
            "response-header",
            Duration(),
            "Time to the headers of the response. Default: unlimited; 60s for peers.",
            upstream="responseHeader",
        ),
        Key(
            "tls-handshake",
            Duration(),
            "Time for the TLS handshake. Default: 10s.",
            upstream="tlsHandshake",
        ),
        Key(
            "expect-continue",
            Duration(),
            'Time to wait for "100 Continue" before the body is sent. Default: 1s.',
            upstream="expectContinue",
        ),
        Key(
            "idle-conn",
            Duration(),
            "Time after which an unused connection is closed. Default: 90s.",
            upstream="idleConn",
        ),
    ),
    labelled=False,
    upstream="timeouts",
    since=200,
)

INHERITABLE_BLOCKS = (SET_PARAMS, METADATA, CAPABILITIES, TIMEOUTS, PASS_THROUGH)
