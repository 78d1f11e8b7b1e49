"""refused-config: a compiled configuration that llama-swap would refuse."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic
from ..fleet.model import Fleet
from ..source import Source
from ..targets.swap.block import LlamaSwap
from .context import RuleContext
from .report import error
from .rule import ERROR, Code, rule


@rule(
    Code(
        "refused-config",
        ERROR,
        "llama-swap would refuse the compiled configuration.",
        in_yaml=False,
    ),
)
def refused_config(context: RuleContext) -> Iterator[Diagnostic]:
    """Read the compiled configuration as llama-swap does, where keys are passed through.

    What the fleet's own words become is right by itself, and is not read again.
    """
    for service in context.swaps:
        if _holds_what_is_not_ours(service, context.fleet):
            yield from _refused(service, context.fleet)


def _holds_what_is_not_ours(service: LlamaSwap, fleet: Fleet) -> bool:
    models = (fleet.models[name] for name in service.models)
    return bool(service.settings.pass_through) or any(
        model.pass_through or any("${" in text for text in (model.name, *model.other_ids))
        for model in models
    )


def _refused(service: LlamaSwap, fleet: Fleet) -> Iterator[Diagnostic]:
    # Most fleets need neither the plan nor the reader of YAML for a check.
    from ..llama_swap.load import read_swap_config
    from ..targets.swap.plan import plan_swap

    config, *_ = plan_swap(service, fleet.hosts[service.host], fleet).artifacts
    _, problems = read_swap_config(Source(config.path, config.content), service.version)
    span = service.spans.get("pass-through", service.origin)
    for each in problems:
        if each.refused:
            message = f"llama-swap v{service.version} would not start: {each.message}"
            hint = "change the pass-through block, or the names that contain ${...}"
            yield error("refused-config", message, span, hint)
