"""reserved-name: ids of models that llama-swap reserves."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label
from ..fleet.model import Fleet, Model
from ..source import Span
from ..targets.swap.block import LlamaSwap
from .context import RuleContext
from .report import error, warning
from .rule import WARNING, Code, rule

COMFY = "comfyui_auto"
COMFY_SINCE = 249
PEERS_SINCE = 242


@rule(
    Code(
        "reserved-name",
        WARNING,
        "llama-swap reserves the id of a model for something else.",
        in_yaml=True,
    ),
)
def reserved_name(context: RuleContext) -> Iterator[Diagnostic]:
    """Check for names that llama-swap reserves for itself or for its peers."""
    for service in context.swaps:
        for name in service.models:
            for word, span in _names(context.fleet.models[name]):
                yield from _checked(word, span, service, context.fleet)


def _names(model: Model) -> Iterator[tuple[str, Span]]:
    yield model.name, model.origin
    for alias in model.aliases:
        yield alias, model.spans.get("aliases", model.origin)


def _checked(word: str, span: Span, service: LlamaSwap, fleet: Fleet) -> Iterator[Diagnostic]:
    if word == COMFY and service.version >= COMFY_SINCE:
        message = f'llama-swap v{service.version} treats a model named "{COMFY}" as ComfyUI'
        hint = "choose another name, unless this is ComfyUI"
        yield warning("reserved-name", message, span, hint)
    prefix, slash, _ = word.partition("/")
    peers = {peer.name: peer for peer in service.routes.peers}
    if slash and prefix in peers and service.version >= PEERS_SINCE:
        message = f'llama-swap reserves "{word}" for the models of peer "{prefix}"'
        related = Label(peers[prefix].origin, "the peer")
        hint = "rename the model or the peer"
        yield error("reserved-name", message, span, hint, related)
