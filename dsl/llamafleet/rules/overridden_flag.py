"""overridden-flag: sampling flags that llama-swap overrides in every request."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label
from ..fleet.model import Json
from .context import RuleContext
from .report import warning
from .rule import WARNING, Code, rule

PARAMETERS = {
    "temp": ("temperature",),
    "top-k": ("top_k",),
    "top-p": ("top_p",),
    "min-p": ("min_p",),
    "typical": ("typical_p",),
    "repeat-penalty": ("repeat_penalty",),
    "repeat-last-n": ("repeat_last_n",),
    "presence-penalty": ("presence_penalty",),
    "frequency-penalty": ("frequency_penalty",),
    "seed": ("seed",),
    "predict": ("max_tokens", "n_predict", "max_completion_tokens"),
    "dry-multiplier": ("dry_multiplier",),
    "xtc-probability": ("xtc_probability",),
    "mirostat": ("mirostat",),
    "samplers": ("samplers",),
    "reasoning-effort": ("reasoning_effort",),
}
"""Flags that only say what holds where a request says nothing, and what requests call them."""


@rule(
    Code(
        "overridden-flag",
        WARNING,
        "A sampling flag has no effect, because llama-swap sets the parameter in every request.",
        in_yaml=True,
    ),
)
def overridden_flag(context: RuleContext) -> Iterator[Diagnostic]:
    """Check for flags beside `set-params` with another value: the flag has no effect."""
    for served in context.served_models:
        forced = served.model.filters.set_params
        if not forced:
            continue
        for key, names in PARAMETERS.items():
            setting = served.settings.get(key)
            name = next((each for each in names if each in forced), None)
            if setting is None or name is None or _same(setting.value, forced[name]):
                continue
            message = (
                f"{key} = {setting.value} has no effect: set-params gives every request {name} = "
            )
            message += f"{forced[name]}"
            hint = f"remove {key}, or {name} in set-params"
            place = served.model.spans.get("set-params", served.model.origin)
            related = Label(place, "set in every request here")
            yield warning("overridden-flag", message, setting.origin, hint, related)


def _same(written: str | None, forced: Json) -> bool:
    try:
        return written is not None and float(written) == float(str(forced))
    except ValueError:
        return written == forced
