"""The blocks of a `llama-swap` block that say where requests go."""

from __future__ import annotations

from ...fleet.schema.block import BlockSchema, Key
from ...fleet.schema.swap_keys import (
    METADATA,
    SET_PARAMS,
    STRIP_PARAMS,
    TIMEOUTS,
    UPSTREAM_URL,
    VARIANT,
)
from ...fleet.schema.values import (
    Choice,
    Integer,
    ListOf,
    OrNull,
    Pattern,
    Reference,
    Switch,
    Text,
    TextOrWord,
)

VARIABLE = Pattern(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable", bare=True)

GROUP = BlockSchema(
    kind="group",
    help="Models that are swapped together; instead of a matrix.",
    keys=(
        Key("models", ListOf(Reference("model")), "Its members.", required=True),
        Key("swap", Switch(), "Only one of them runs at a time.", default=True, upstream="swap"),
        Key(
            "exclusive",
            Switch(),
            "Loading one of them unloads the other groups.",
            default=True,
            upstream="exclusive",
        ),
        Key(
            "persistent",
            Switch(),
            "No other group unloads them.",
            default=False,
            upstream="persistent",
        ),
    ),
    free_label=True,
    upstream="groups.*",
)

SELECTOR = BlockSchema(
    kind="selector",
    help="An id that stands for one of several models, chosen for each request.",
    keys=(
        Key(
            "strategy",
            Choice("warm", "pin", "spillover"),
            "warm takes one that is loaded, pin the first, spillover the next when one is busy.",
            required=True,
            upstream="strategy",
        ),
        Key(
            "targets",
            ListOf(Reference("model")),
            "Models, aliases, or models of peers, the best first.",
            required=True,
            upstream="targets",
        ),
        Key(
            "spillover",
            Integer(1),
            "Requests at one model before the next is taken; by default 1.",
            upstream="settings.spillover",
        ),
        Key("name", Text(), "Its name on screens.", upstream="name"),
        Key("description", Text(), "A sentence about it.", upstream="description"),
        Key(
            "unlisted",
            Switch(),
            "Leave it out of the list of models.",
            default=False,
            upstream="unlisted",
        ),
    ),
    blocks=(METADATA,),
    free_label=True,
    upstream="selectors.*",
)

PINS = BlockSchema(
    kind="pins",
    help="Ids and what they mean while the profile is active; null switches an id off.",
    keys=(),
    free_keys=OrNull(Reference("model")),
    labelled=False,
    upstream="profiles.*.pins",
)
PROFILE = BlockSchema(
    kind="profile",
    help="Other meanings of ids, to be switched on in llama-swap.",
    keys=(Key("description", Text(), "A sentence about it.", upstream="description"),),
    blocks=(PINS,),
    free_label=True,
    upstream="profiles.*",
)

PEER = BlockSchema(
    kind="peer",
    help="Another server whose models are served here, too.",
    keys=(
        Key("proxy", UPSTREAM_URL, "Where it is.", required=True, upstream="proxy"),
        Key("models", ListOf(TextOrWord()), "What it serves.", required=True, upstream="models"),
        Key("api-key-env", VARIABLE, "The variable that holds the key for it.", upstream="apiKey"),
        Key(
            "strip-params",
            STRIP_PARAMS.type,
            STRIP_PARAMS.help,
            upstream="filters.stripParams",
        ),
    ),
    blocks=(TIMEOUTS, SET_PARAMS, VARIANT),
    free_label=True,
    upstream="peers.*",
)

PRIORITY = BlockSchema(
    kind="priority",
    help="Whose requests go first while models are being swapped; 0 where nothing is said.",
    keys=(),
    free_keys=Integer(),
    labelled=False,
    upstream="routing.scheduler.settings.fifo.priority",
)

ROUTE_BLOCKS = (GROUP, PRIORITY, SELECTOR, PROFILE, PEER)
