"""Blocks of a `llama-swap` block that say which models run together and where requests go.

`upstream` of a block is its path in llama-swap's configuration, `*` for its name; `upstream` of a
key is the rest of the path, `since` the first release that knows it. A key that only passes through
is one line here. In `llama_swap/versions.py` is where groups and the matrix stand since v225.
"""

from __future__ import annotations

from .block import BlockSchema, Key
from .pass_through import upstream_paths
from .patterns import UPSTREAM_URL, VARIABLE
from .swap_keys import METADATA, SET_PARAMS, STRIP_PARAMS, TIMEOUTS, VARIANT
from .values import Choice, Integer, ListOf, OrNull, Reference, Switch, Text, TextOrWord

EVICT_COST = BlockSchema(
    kind="evict-cost",
    help="Cost of unloading a model, by handle or name. llama-swap evicts the cheapest set first. "
    "Default: 1.",
    keys=(),
    free_keys=Integer(1),
    labelled=False,
    upstream="evict_costs",
)

MATRIX = BlockSchema(
    kind="matrix",
    help="Sets of models that may be loaded together, handles for models, and eviction costs.",
    keys=(
        Key(
            "sets",
            Choice("auto"),
            "Add every combination of models that fits on the GPUs to the sets that are written.",
        ),
        Key(
            "evict-cost",
            Choice("auto"),
            "Derive eviction costs from load times; an evict-cost block takes precedence.",
        ),
    ),
    blocks=(EVICT_COST,),
    free_keys=Reference("model"),
    labelled=False,
    sets=True,
    upstream="matrix",
    since=202,
)

GROUP = BlockSchema(
    kind="group",
    help="Models that share swapping rules. A service has groups or a matrix, not both.",
    keys=(
        Key(
            "models",
            ListOf(Reference("model")),
            "Members of the group.",
            required=True,
            upstream="members",
        ),
        Key(
            "swap",
            Switch(),
            "Run only one member at a time.",
            default=True,
            upstream="swap",
        ),
        Key(
            "exclusive",
            Switch(),
            "Unload other groups when a member is loaded.",
            default=True,
            upstream="exclusive",
        ),
        Key(
            "persistent",
            Switch(),
            "Keep members loaded when another group is exclusive.",
            default=False,
            upstream="persistent",
        ),
    ),
    free_label=True,
    upstream="groups.*",
    since=107,
)

PRIORITY = BlockSchema(
    kind="priority",
    help="Priority of waiting requests by model; higher ones are served first. Default: 0.",
    keys=(),
    free_keys=Integer(),
    labelled=False,
    upstream="routing.scheduler.settings.fifo.priority",
    since=225,
)

SELECTOR = BlockSchema(
    kind="selector",
    help="A virtual model id; each request for it goes to one of several models.",
    keys=(
        Key(
            "strategy",
            Choice("warm", "pin", "spillover"),
            "warm: prefer a model that is loaded. pin: always the first. spillover: the next one "
            "when a model is busy.",
            required=True,
            upstream="strategy",
        ),
        Key(
            "targets",
            ListOf(Reference("model")),
            "Models, aliases or models of peers, in order of preference.",
            required=True,
            upstream="targets",
        ),
        Key(
            "spillover",
            Integer(1),
            "Concurrent requests that a model takes before the next one is used. Default: 1.",
            upstream="settings.spillover",
        ),
        Key("name", Text(), "Name shown in user interfaces.", upstream="name"),
        Key("description", Text(), "Description in the list of models.", upstream="description"),
        Key(
            "unlisted",
            Switch(),
            "Hide it from the list of models.",
            default=False,
            upstream="unlisted",
        ),
    ),
    blocks=(METADATA,),
    free_label=True,
    upstream="selectors.*",
    since=241,
)

PINS = BlockSchema(
    kind="pins",
    help="Model ids, and the models they mean while the profile is active; null disables an id.",
    keys=(),
    free_keys=OrNull(Reference("model")),
    labelled=False,
    upstream="pins",
)
PROFILE = BlockSchema(
    kind="profile",
    help="A set of alternative meanings of model ids, activated in llama-swap.",
    keys=(Key("description", Text(), "Description of the profile.", upstream="description"),),
    blocks=(PINS,),
    free_label=True,
    upstream="profiles.*",
    since=241,
)

PEER = BlockSchema(
    kind="peer",
    help="Another server whose models are served here as well.",
    keys=(
        Key(
            "proxy",
            UPSTREAM_URL,
            "URL of the peer.",
            required=True,
            upstream="proxy",
        ),
        Key(
            "models",
            ListOf(TextOrWord()),
            "Models of the peer that are served here.",
            required=True,
            upstream="models",
        ),
        Key(
            "api-key-env",
            VARIABLE,
            "Environment variable that holds the peer's API key.",
            upstream="apiKey",
        ),
        Key(
            "strip-params",
            STRIP_PARAMS.type,
            STRIP_PARAMS.help,
            upstream="filters.stripParams",
            since=184,
            form=STRIP_PARAMS.form,
        ),
    ),
    blocks=(TIMEOUTS, SET_PARAMS, VARIANT),
    free_label=True,
    upstream="peers.*",
    since=179,
)

ROUTING_BLOCKS = (MATRIX, GROUP, PRIORITY, SELECTOR, PROFILE, PEER)

PEER_NEEDS_MORE = {
    "api-key-env": "becomes ${env.NAME}",
    "strip-params": "a part of the filters",
}
"""Keys of a peer that do not only pass through, and what is done instead."""

MATRIX_PATHS = upstream_paths(MATRIX.keys)
GROUP_PATHS = upstream_paths(GROUP.keys)
SELECTOR_PATHS = upstream_paths(SELECTOR.keys)
PROFILE_PATHS = upstream_paths(PROFILE.keys)
PEER_PATHS = upstream_paths(PEER.keys, (TIMEOUTS,), besides=PEER_NEEDS_MORE)
