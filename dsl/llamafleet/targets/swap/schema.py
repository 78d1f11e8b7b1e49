"""The keys and blocks of `llama-swap`."""

from __future__ import annotations

from ...fleet.model import ListenAddress
from ...fleet.schema.block import BlockSchema, Key
from ...fleet.schema.core import MATRIX, PATH, SHA256
from ...fleet.schema.swap_words import PASS_THROUGH
from ...fleet.schema.values import (
    Choice,
    Duration,
    Integer,
    Listen,
    ListOf,
    Pattern,
    Reference,
    Switch,
    Text,
)
from ..process.running import RUNNING_KEYS
from .routes_schema import ROUTE_BLOCKS, VARIABLE

DEFAULT_LISTEN = ListenAddress("127.0.0.1", 8080)
DEFAULT_VERSION = "v250"
RELEASE = Pattern(r"v[0-9]{1,5}", 'a release in quotes such as "v250"')
SHORTEST_HEALTH_CHECK = 15_000  # llama-swap raises what is shorter without a word
TIME_FORMATS = Choice(
    "ansic", "unixdate", "rubydate", "rfc822", "rfc822z", "rfc850", "rfc1123", "rfc1123z",
    "rfc3339", "rfc3339nano", "kitchen", "stamp", "stampmilli", "stampmicro", "stampnano",
)  # fmt: skip

_RUNS = (
    Key("host", Reference("host"), "The machine it runs on.", required=True),
    Key("build", Reference("build"), "The llama.cpp that serves its models."),
    Key("version", RELEASE, "The release of llama-swap.", default=DEFAULT_VERSION),
    Key("sha256", SHA256, "Checksum of its archive, where llamafleet does not know it."),
    Key("listen", Listen(), "Where it listens.", default=DEFAULT_LISTEN, upstream="-listen"),
    Key("models", ListOf(Reference("model")), "What it serves, in order.", required=True),
    Key(
        "start-port",
        Integer(1, 65535),
        "Port of the first model's server, the next one's follows; by default the first free "
        "ones from 5800 on.",
    ),
    Key(
        "api-key-env",
        ListOf(VARIABLE),
        "Variables that hold the keys it asks for; environment-file is where to set them.",
        upstream="apiKeys",
    ),
)
_MODELS = (
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
    ),
    Key(
        "send-loading-state",
        Switch(),
        "Tell the client about the load, in the stream's reasoning.",
        default=False,
        upstream="sendLoadingState",
    ),
    Key(
        "include-aliases-in-list",
        Switch(),
        "List aliases as models, too.",
        default=False,
        upstream="includeAliasesInList",
    ),
)
_RECORDS = (
    Key(
        "log-level",
        Choice("debug", "info", "warn", "error"),
        "How much it logs.",
        default="info",
        upstream="logLevel",
    ),
    Key(
        "log-to-stdout",
        Choice("proxy", "upstream", "both", "none"),
        "Whose log goes to the journal.",
        default="both",
        upstream="logToStdout",
    ),
    Key("log-time-format", TIME_FORMATS, "Time on each line.", upstream="logTimeFormat"),
    Key(
        "metrics-max-in-memory",
        Integer(0),
        "Requests whose figures are kept.",
        upstream="metricsMaxInMemory",
    ),
    Key(
        "capture-buffer",
        Integer(0),
        "MB of requests and answers, prompts and all, that are kept for anyone who may use its "
        "API to read; llama-swap's own default is 5.",
        default=0,
        upstream="captureBuffer",
    ),
    Key("store-path", PATH, "A file in which figures outlive it.", upstream="store.path"),
    Key(
        "session-id-headers",
        ListOf(Text()),
        "Headers that tell sessions apart.",
        upstream="ui.activity.session_id",
    ),
    Key(
        "upstream-ignore-paths",
        ListOf(Text()),
        "Paths below /upstream that load no model, as regular expressions.",
        upstream="upstream.ignorePaths",
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
        Key("disabled", Switch(), "It is not.", default=False, upstream="disabled"),
        Key("every", Duration(5000), "How often it is.", upstream="every"),
    ),
    labelled=False,
    upstream="performance",
)

SCHEMA = BlockSchema(
    kind="llama-swap",
    help="One endpoint for many models: each is loaded when it is asked for.",
    keys=(*_RUNS, *_MODELS, *_RECORDS, *RUNNING_KEYS),
    blocks=(MATRIX, *ROUTE_BLOCKS, PERFORMANCE, PASS_THROUGH),
)
