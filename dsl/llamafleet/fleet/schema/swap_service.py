"""What llama-swap is told about itself: keys of a `llama-swap` block and blocks in it.

`upstream` is the path of a key in llama-swap's configuration, `since` the first release that knows
it. One line here is all that a key needs that only passes through: it is checked, explained, read,
rendered, imported, and refused where a release does not know it.
"""

from __future__ import annotations

from .core import PATH
from .pass_through import upstream_paths
from .table import BlockSchema, Form, Key
from .values import Choice, Duration, Integer, ListOf, Reference, Switch, Text

SHORTEST_HEALTH_CHECK = 15_000  # llama-swap raises what is shorter without a word
TIME_FORMATS = Choice(
    "ansic", "unixdate", "rubydate", "rfc822", "rfc822z", "rfc850", "rfc1123", "rfc1123z",
    "rfc3339", "rfc3339nano", "kitchen", "stamp", "stampmilli", "stampmicro", "stampnano",
)  # fmt: skip

KEYS = (
    Key(
        "preload",
        ListOf(Reference("model")),
        "What it loads when it starts, one after the other.",
        upstream="hooks.on_startup.preload",
    ),
    Key(
        "health-check-timeout",
        Duration(SHORTEST_HEALTH_CHECK),
        "How long a model may take to load.",
        default=120_000,
        upstream="healthCheckTimeout",
    ),
    Key(
        "global-ttl",
        Duration(),
        "Unload models that set no ttl after this time without a request; by default never.",
        upstream="globalTTL",
    ),
    Key(
        "unload-timeout",
        Duration(1000),
        "How long a model that is unloaded may take to stop.",
        upstream="unloadTimeout",
        since=240,
    ),
    Key(
        "send-loading-state",
        Switch(),
        "Tell the client about the load, in the stream's reasoning.",
        default=False,
        upstream="sendLoadingState",
        since=171,
    ),
    Key(
        "include-aliases-in-list",
        Switch(),
        "List aliases as models, too.",
        default=False,
        upstream="includeAliasesInList",
        since=173,
    ),
    Key(
        "log-level",
        Choice("debug", "info", "warn", "error"),
        "How much it logs.",
        default="info",
        upstream="logLevel",
        since=102,
    ),
    Key(
        "log-to-stdout",
        Choice("proxy", "upstream", "both", "none"),
        "Whose log goes to the journal.",
        default="both",
        upstream="logToStdout",
        since=178,
    ),
    Key("log-time-format", TIME_FORMATS, "Time on each line.", upstream="logTimeFormat", since=173),
    Key(
        "metrics-max-in-memory",
        Integer(0),
        "Requests whose figures are kept.",
        upstream="metricsMaxInMemory",
        since=140,
    ),
    Key(
        "capture-buffer",
        Integer(0),
        "MB of requests and answers, prompts and all, that are kept for anyone who may use its "
        "API to read; llama-swap's own default is 5.",
        default=0,
        upstream="captureBuffer",
        since=190,
    ),
    Key(
        "store-path", PATH, "A file in which figures outlive it.", upstream="store.path", since=236
    ),
    Key(
        "session-id-headers",
        ListOf(Text()),
        "Headers that tell sessions apart.",
        upstream="ui.activity.session_id",
        since=240,
    ),
    Key(
        "upstream-ignore-paths",
        ListOf(Text()),
        "Paths below /upstream that load no model, as regular expressions.",
        upstream="upstream.ignorePaths",
        since=229,
    ),
    Key(
        "watch-config",
        Switch(),
        "Reload when the file changes; any reload restarts every model.",
        default=False,
        upstream="-watch-config",
    ),
)

PERFORMANCE = BlockSchema(
    kind="performance",
    help="How the machine is watched.",
    keys=(
        Key("disabled", Switch(), "It is not.", default=False, upstream="disabled", since=212),
        Key(
            "every",
            Duration(5000),
            "How often it is.",
            upstream="every",
            since=212,
            form=Form.GO_DURATION,
        ),
    ),
    labelled=False,
    upstream="performance",
)

BLOCKS = (PERFORMANCE,)
"""Blocks whose keys pass through, too."""

NEED_MORE = {
    "preload": "names of models, which are resolved",
    "global-ttl": "written into each model that sets none",
    "watch-config": "a flag of the program",
}
"""Keys that do not pass through, and what is done with them instead."""

UPSTREAM_PATHS = upstream_paths(KEYS, BLOCKS, besides=NEED_MORE)
