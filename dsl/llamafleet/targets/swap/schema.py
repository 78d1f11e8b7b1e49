"""The keys and blocks of `llama-swap`."""

from __future__ import annotations

from ...fleet.model import ListenAddress
from ...fleet.schema.block import BlockSchema, Key
from ...fleet.schema.discover import DISCOVER
from ...fleet.schema.patterns import SHA256
from ...fleet.schema.swap_keys import PASS_THROUGH
from ...fleet.schema.swap_routing import ROUTING_BLOCKS
from ...fleet.schema.swap_service import BLOCKS, KEYS
from ...fleet.schema.values import Integer, Listen, ListOf, Pattern, Reference
from ..process.unit_settings import UNIT_KEYS

DEFAULT_LISTEN = ListenAddress("127.0.0.1", 8080)
DEFAULT_VERSION = "v250"
RELEASE = Pattern(r"v[0-9]{1,5}", 'a release in quotes such as "v250"')

_RUNS = (
    Key("host", Reference("host"), "Host it runs on.", required=True),
    Key("build", Reference("build"), "Build of llama.cpp that runs its models."),
    Key("version", RELEASE, "Release of llama-swap.", default=DEFAULT_VERSION),
    Key("sha256", SHA256, "Checksum of the release archive, if llamafleet does not know it."),
    Key(
        "listen",
        Listen(),
        "Address to listen on.",
        default=DEFAULT_LISTEN,
        upstream="-listen",
    ),
    Key(
        "models",
        ListOf(Reference("model")),
        "Models it serves, in order; discovered ones follow. Required without a discover block.",
    ),
    Key(
        "start-port",
        Integer(1, 65535),
        "Port of the first model's server; the others follow. Default: the first free ports from "
        "5800 on.",
    ),
)

SCHEMA = BlockSchema(
    kind="llama-swap",
    help="One endpoint for many models, each loaded on the first request for it.",
    keys=(*_RUNS, *KEYS, *UNIT_KEYS),
    blocks=(*ROUTING_BLOCKS, *BLOCKS, DISCOVER, PASS_THROUGH),
)
