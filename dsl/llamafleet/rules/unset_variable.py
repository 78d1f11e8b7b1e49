"""unset-variable: environment variables that llama-swap needs and nothing sets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..diagnostics.model import Diagnostic
from ..fleet.model import Json
from ..source import Span
from ..targets.swap.block import LlamaSwap
from ..targets.swap.free_form import keys_of, texts_of
from .context import RuleContext
from .report import warning
from .rule import WARNING, Code, rule

VARIABLE = re.compile(r"\$\{env\.([A-Za-z_][A-Za-z0-9_]*)\}")


@rule(
    Code(
        "unset-variable",
        WARNING,
        "llama-swap needs an environment variable that is not known to be set.",
        in_yaml=False,
    ),
)
def unset_variable(context: RuleContext) -> Iterator[Diagnostic]:
    """Check for variables that neither a file on the host nor the group data sets."""
    for service in context.swaps:
        if service.unit_settings.environment_file is not None:
            continue
        needed = dict(_needed(service, context))
        given = context.supplied.get(service.name, frozenset()) if needed else None
        for name, span in needed.items():
            if given is not None and name not in given:
                message = f"llama-swap does not start without the environment variable {name}"
                hint = f'set it in llamafleet_environment = {{"{service.name}": {{"{name}": ...}}}}'
                hint += " (docs/secrets.md), or in a file on the host that environment-file names"
                yield warning("unset-variable", message, span, hint)


def _needed(service: LlamaSwap, context: RuleContext) -> Iterator[tuple[str, Span]]:
    """Yield each variable and the span that needs it; the first span comes last, and counts."""
    places: list[tuple[str, Span]] = []
    keys = service.spans.get("api-key-env", service.origin)
    places += [(name, keys) for name in service.settings.api_key_env]
    places += [(each.api_key_env, each.origin) for each in service.routes.peers if each.api_key_env]
    through = service.spans.get("pass-through", service.origin)
    places += [(name, through) for name in _variables(service.settings.pass_through)]
    for name in service.models:
        model = context.fleet.models[name]
        span = model.spans.get("pass-through", model.origin)
        places += [(variable, span) for variable in _variables(model.pass_through)]
    yield from reversed(places)


def _variables(value: Json) -> Iterator[str]:
    for text in (*texts_of(value), *keys_of(value)):
        yield from VARIABLE.findall(text)
