"""The keys of `model` and `defaults model`, besides llama-server's flags."""

from __future__ import annotations

from . import llama_server, swap_keys
from .block import BlockSchema, Key
from .pass_through import upstream_paths
from .patterns import ENVIRONMENT, HEALTH
from .table import Form
from .values import Duration, Integer, ListOf, Reference, Size, Switch, Text

_MODEL_ONLY = (
    Key("like", Reference("model"), "Model to inherit keys from that this block does not set."),
    Key("gguf", Reference("gguf"), "Weights of the model."),
    Key("mmproj", Reference("gguf"), "Multimodal projector, for images and audio."),
    Key("draft", Reference("gguf"), "Weights of a draft model for speculative decoding."),
    Key(
        "aliases",
        ListOf(Reference("alias")),
        "More ids for the model. Never inherited.",
        upstream="models.*.aliases",
    ),
    Key(
        "name",
        Text(),
        "Name shown in user interfaces. Never inherited.",
        upstream="models.*.name",
        since=134,
    ),
    Key(
        "description",
        Text(),
        "Description in the list of models. Never inherited.",
        upstream="models.*.description",
        since=134,
    ),
    Key(
        "command",
        ListOf(Text()),
        'Command that runs another server than llama-server; "${PORT}" stands for its port.',
        upstream="models.*.cmd",
        form=Form.COMMAND_LINE,
    ),
    Key(
        "stop-command",
        ListOf(Text()),
        'Command that stops the server; "${PID}" stands for its process id.',
        upstream="models.*.cmdStop",
        since=118,
        form=Form.COMMAND_LINE,
    ),
    *swap_keys.OF_A_MODEL,
)
_INHERITABLE = (
    Key("gpus", ListOf(Integer(0, 63)), "Device indices of the GPUs it may use. Default: all."),
    Key(
        "ttl",
        Duration(),
        "Unload the model after this time without requests. Default: the service's global-ttl.",
        upstream="models.*.ttl",
    ),
    Key(
        "unlisted",
        Switch(),
        "Hide it from the list of models.",
        default=False,
        upstream="models.*.unlisted",
        since=77,
    ),
    Key(
        "concurrency-limit",
        Integer(1),
        "Most requests at a time, waiting ones included; more get status 429. Default: four for "
        "each slot, and at least 10.",
        upstream="models.*.concurrencyLimit",
        since=112,
    ),
    Key(
        "env",
        ListOf(ENVIRONMENT),
        "Environment variables of the server, each NAME=value.",
        upstream="models.*.env",
    ),
    Key("extra-args", ListOf(Text()), "More arguments for the server, passed unchanged."),
    Key(
        "health",
        HEALTH,
        'Path that returns 200 when the server is ready, or "none". Default: "/health".',
        upstream="models.*.checkEndpoint",
    ),
    Key("vram", Size(), "Measured GPU memory. It replaces every estimate."),
    *swap_keys.INHERITABLE,
)
NEVER_INHERITED = frozenset(
    {"like", "aliases", "name", "description", *(key.name for key in swap_keys.OF_A_MODEL)}
)
_NO_FLAG = f", and llama-server {llama_server.PINNED} no flag --{{}}"
LLAMA_SERVER_ONLY = frozenset({"mmproj", "draft", "extra-args", "program"})

MODEL = BlockSchema(
    kind="model",
    help="A model served over the API. Every long flag of llama-server is a key as well.",
    keys=(*_MODEL_ONLY, *_INHERITABLE, *llama_server.keys()),
    blocks=(swap_keys.VARIANT, *swap_keys.INHERITABLE_BLOCKS),
    upstream="models.*",
    refused={key: why for key, why in llama_server.unsupported_flags().items() if key != "port"},
    removable=True,
    not_even=_NO_FLAG,
    free_label=True,
)

MODEL_NEEDS_MORE = {
    "aliases": "held against the ids of other models",
    "command": "an argv, with the model's port",
    "stop-command": "an argv",
    "ttl": "the service's global-ttl where it is not said",
    "concurrency-limit": "by the slots where it is not said",
    "env": "beside what llamafleet sets itself",
    "health": "said for each model, whatever serves it",
    "proxy": "with the model's port",
    "strip-params": "a part of the filters",
}
"""Keys of a model that do not only pass through to llama-swap, and what is done instead."""

MODEL_TABLE_BLOCKS = {block.kind: block for block in MODEL.blocks if block.keys}
"""Blocks of a model whose keys pass through."""

MODEL_UPSTREAM_PATHS = upstream_paths(
    (*_MODEL_ONLY, *_INHERITABLE),
    MODEL_TABLE_BLOCKS.values(),
    below="models.*.",
    besides=MODEL_NEEDS_MORE,
)

DEFAULTS = BlockSchema(
    kind="defaults",
    help="defaults model: keys that every model of the fleet inherits.",
    keys=(*_INHERITABLE, *llama_server.keys()),
    blocks=swap_keys.INHERITABLE_BLOCKS,
    refused={**MODEL.refused, **{key.name: "set it in each model" for key in _MODEL_ONLY}},
    removable=True,
    not_even=_NO_FLAG,
)
