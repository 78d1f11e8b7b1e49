"""At which paths a model's server answers."""

from __future__ import annotations

from ...fleet.model import Model

HEALTH = "/health"
ALWAYS = "none"
PREFIX = "api-prefix"


def api_prefix(model: Model) -> str:
    """Return the prefix of every path of its llama-server, such as `/llm`; "" for none."""
    found = model.flag(PREFIX) or ""
    words = (*model.extra_args, *model.command)
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name == f"--{PREFIX}":
            found = value if equals else next(iter(words[at + 1 :]), "")
    return found


def health_path(model: Model) -> str:
    """Return the path that tells whether its server is ready, llama-server's where it has none."""
    own = model.health if model.health not in (None, ALWAYS) else None
    return own or api_prefix(model) + HEALTH
