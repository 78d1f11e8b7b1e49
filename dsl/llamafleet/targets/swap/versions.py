"""What llama-swap knows since when: the numbers of its releases."""

DIGEST = 163
"""`metadata` of models, which carries the digest; nothing older is supported."""

SEND_LOADING_STATE = 171
INCLUDE_ALIASES_IN_LIST = 173
LOG_TO_STDOUT = 178
MATRIX = 202
ROUTING = 225
"""`routing.router`; before it, a matrix stands at top level."""

UNLOAD_TIMEOUT = 240
MATRIX_TAKES_IDS = 243
"""A set may name a model by its id; before it every model needs a var."""

SINCE = {
    "send-loading-state": SEND_LOADING_STATE,
    "include-aliases-in-list": INCLUDE_ALIASES_IN_LIST,
    "unload-timeout": UNLOAD_TIMEOUT,
}
"""Keys of the block that older releases would ignore without a word."""
