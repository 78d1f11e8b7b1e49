"""split-mode: split modes that the build does not support."""

from __future__ import annotations

from collections.abc import Iterator

from ..backends import BACKENDS, backend
from ..diagnostics.model import Diagnostic, Label
from ..fleet.schema.flag_tables import number
from .context import FlagSetting, RuleContext, ServedModel
from .report import error, warning
from .rule import ERROR, Code, rule

ROWS_GONE = 11434
"""A build known to refuse rows; which of those before it was the first is not."""
PLAIN = frozenset({"f32", "f16", "bf16"})


@rule(
    Code(
        "split-mode",
        ERROR,
        "A build does not support a split mode, or not together with other flags.",
        in_yaml=True,
    ),
)
def split_mode(context: RuleContext) -> Iterator[Diagnostic]:
    """Check `row` where the backend no longer has it, and `tensor` with conflicting flags."""
    for served in context.served_models:
        setting = served.settings.get("split-mode")
        if setting is None:
            continue
        if setting.value == "row":
            yield from _row(served, setting)
        elif setting.value == "tensor":
            yield from _tensor(served, setting)


def _row(served: ServedModel, setting: FlagSetting) -> Iterator[Diagnostic]:
    if served.ref is None or (number(served.ref) or 0) < ROWS_GONE:
        return
    build = served.build
    hint = "use split-mode = layer, or tensor where the model's architecture supports it"
    if build is None:
        rows = " and ".join(each.device for each in BACKENDS if each.device and each.splits_rows)
        message = f"llama.cpp {served.ref} supports split-mode = row only with {rows}"
        yield warning("split-mode", message, setting.origin, hint)
    elif (stack := backend(build.backend)).device is not None and not stack.splits_rows:
        message = f"llama.cpp {served.ref} does not support split-mode = row with {build.backend}"
        related = Label(build.spans.get("backend", build.origin), "the backend")
        yield error("split-mode", message, setting.origin, hint, related)


def _tensor(served: ServedModel, setting: FlagSetting) -> Iterator[Diagnostic]:
    attention = served.settings.get("flash-attn")
    if attention is not None and attention.value == "off":
        message = "split-mode = tensor needs flash attention, which is off"
        related = Label(attention.origin, "off here")
        yield error("split-mode", message, setting.origin, "set flash-attn = on", related)
    for key in ("cache-type-k", "cache-type-v"):
        cache = served.settings.get(key)
        if cache is not None and cache.value not in PLAIN:
            message = f"split-mode = tensor does not support {key} = {cache.value}"
            related = Label(cache.origin, "set here")
            hint = f"set {key} = f16, or split-mode = layer"
            yield error("split-mode", message, setting.origin, hint, related)
