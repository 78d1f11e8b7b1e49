"""repeated-flag, owned-flag: arguments that override what the fleet says elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label
from ..fleet.schema import llama_server
from .context import RuleContext, ServedModel
from .report import error, warning
from .rule import ERROR, WARNING, Code, rule

SEVERAL = ("list", "repeated")
"""Types of flags that may stand several times: each occurrence adds to the ones before."""


@rule(
    Code(
        "owned-flag", ERROR, "Arguments contain a flag that llamafleet sets itself.", in_yaml=False
    ),
    Code("repeated-flag", WARNING, "A flag is given twice, and the last one wins.", in_yaml=True),
)
def repeated_flag(context: RuleContext) -> Iterator[Diagnostic]:
    """Check for flags that are arguments and keys, or arguments twice: the last one wins."""
    for served in context.served_models:
        keys = {flag.key: flag for flag in served.model.flags}
        seen: set[str] = set()
        for given in served.raw:
            if given.flag is None:
                continue
            key = given.flag.key
            if served.build is not None and llama_server.owned(key):
                yield from _owned(given.name, key, served)
            elif given.flag.type not in SEVERAL and key in keys:
                message = f"{given.name} overrides the key {key}"
                related = Label(keys[key].origin, "set here")
                hint = "remove the argument, and set the key"
                yield warning("repeated-flag", message, served.words_origin, hint, related)
            elif given.flag.type not in SEVERAL and key in seen:
                message = f"{given.name} is given twice; the last one wins"
                yield warning("repeated-flag", message, served.words_origin, "remove one of them")
            seen.add(key)


def _owned(name: str, key: str, served: ServedModel) -> Iterator[Diagnostic]:
    message = f"{name} is not allowed as an argument"
    yield error("owned-flag", message, served.words_origin, llama_server.owned(key))
