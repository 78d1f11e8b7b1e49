"""Keys of a `llama-swap` block, and blocks in it, that configure llama-swap itself.

`upstream` is the path of a key in llama-swap's configuration, `since` the first release that knows
it. One line here is all that a key needs that only passes through: it is checked, explained, read,
rendered, imported, and refused where a release does not know it.
"""

from __future__ import annotations

from .pass_through import upstream_paths
from .patterns import PATH, VARIABLE
from .table import BlockSchema, Form, Key
from .values import Choice, Duration, Integer, ListOf, Reference, Switch, Text

SHORTEST_HEALTH_CHECK = 15_000  # llama-swap raises shorter ones without a message
TIME_FORMATS = Choice(
    "ansic", "unixdate", "rubydate", "rfc822", "rfc822z", "rfc850", "rfc1123", "rfc1123z",
    "rfc3339", "rfc3339nano", "kitchen", "stamp", "stampmilli", "stampmicro", "stampnano",
)  # fmt: skip

KEYS = (
    Key(
        "api-key-env",
        ListOf(VARIABLE),
        "Environment variables that hold the API keys it accepts; environment-file can set them.",
        upstream="apiKeys",
        since=179,
    ),
    Key(
        "preload",
        ListOf(Reference("model")),
        "Models to load at startup, one after the other.",
        upstream="hooks.on_startup.preload",
        since=151,
    ),
    Key(
        "health-check-timeout",
        Duration(SHORTEST_HEALTH_CHECK),
        "Time a model may take to load.",
        default=120_000,
        upstream="healthCheckTimeout",
    ),
    Key(
        "global-ttl",
        Duration(),
        "Unload a model after this time without requests, unless it sets ttl. Default: never.",
        upstream="globalTTL",
        since=197,
    ),
    Key(
        "unload-timeout",
        Duration(1000),
        "Time a model's server has to stop before it is killed. Default: 10s.",
        upstream="unloadTimeout",
        since=240,
    ),
    Key(
        "send-loading-state",
        Switch(),
        "Stream loading progress to the client as reasoning text.",
        default=False,
        upstream="sendLoadingState",
        since=171,
    ),
    Key(
        "include-aliases-in-list",
        Switch(),
        "Include aliases in the list of models.",
        default=False,
        upstream="includeAliasesInList",
        since=173,
    ),
    Key(
        "log-level",
        Choice("debug", "info", "warn", "error"),
        "Lowest severity that is logged.",
        default="info",
        upstream="logLevel",
        since=102,
    ),
    Key(
        "log-to-stdout",
        Choice("proxy", "upstream", "both", "none"),
        "Logs that go to the journal: llama-swap's own (proxy), its models' (upstream), both, or "
        "none.",
        default="both",
        upstream="logToStdout",
        since=178,
    ),
    Key(
        "log-time-format",
        TIME_FORMATS,
        "Format of the time in log lines. Default: no time.",
        upstream="logTimeFormat",
        since=173,
    ),
    Key(
        "metrics-max-in-memory",
        Integer(0),
        "Number of requests whose metrics are kept in memory. Default: 1000.",
        upstream="metricsMaxInMemory",
        since=140,
    ),
    Key(
        "capture-buffer",
        Integer(0),
        "Memory for captured requests and responses, in MB. Anyone who may use its API can read "
        "them, prompts included. llama-swap's own default is 5.",
        default=0,
        upstream="captureBuffer",
        since=190,
    ),
    Key(
        "store-path",
        PATH,
        "Database file that keeps metrics across restarts. Default: none.",
        upstream="store.path",
        since=236,
    ),
    Key(
        "session-id-headers",
        ListOf(Text()),
        "Request headers that identify a session in the activity view.",
        upstream="ui.activity.session_id",
        since=240,
    ),
    Key(
        "upstream-ignore-paths",
        ListOf(Text()),
        "Regular expressions for paths below /upstream that do not load a model.",
        upstream="upstream.ignorePaths",
        since=229,
    ),
    Key(
        "watch-config",
        Switch(),
        "Reload when the configuration file changes. Every reload restarts all models.",
        default=False,
        upstream="-watch-config",
    ),
)

PERFORMANCE = BlockSchema(
    kind="performance",
    help="Sampling of the host's CPU, memory and GPU usage.",
    keys=(
        Key(
            "disabled", Switch(), "Turn performance sampling off.", default=False,
            upstream="disabled",
        ),
        Key(
            "every",
            Duration(5000),
            "Sampling interval. Default: 5s.",
            upstream="every",
            form=Form.GO_DURATION,
        ),
    ),
    labelled=False,
    upstream="performance",
    since=212,
)  # fmt: skip

BLOCKS = (PERFORMANCE,)
"""Blocks whose keys pass through as well."""

NEED_MORE = {
    "api-key-env": "each becomes ${env.NAME}",
    "preload": "names of models, which are resolved",
    "global-ttl": "written into each model that sets none",
    "watch-config": "a flag of the program",
}
"""Keys that do not pass through, and what is done with them instead."""

UPSTREAM_PATHS = upstream_paths(KEYS, BLOCKS, besides=NEED_MORE)
