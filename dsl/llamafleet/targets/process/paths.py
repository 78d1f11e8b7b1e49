"""At which paths a model's server answers."""

from __future__ import annotations

from ...fleet.model import Model

HEALTH = "/health"
ALWAYS = "none"
PREFIX = "api-prefix"


def api_prefix(model: Model) -> str:
    """What every path of its llama-server begins with, `/llm`; "" for nothing."""
    found = model.flag(PREFIX) or ""
    words = (*model.extra_args, *model.command)
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name == f"--{PREFIX}":
            found = value if equals else next(iter(words[at + 1 :]), "")
    return found


def health_path(model: Model) -> str:
    """Where its server says that it is ready; one that is never asked is asked as llama-server."""
    own = model.health if model.health not in (None, ALWAYS) else None
    return own or api_prefix(model) + HEALTH
