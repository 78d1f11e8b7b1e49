"""quantised-cache: KV cache types that llama-server refuses, or computes slowly."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label
from .context import RuleContext, ServedModel
from .report import error, warning
from .rule import ERROR, Code, rule

QUANTISED = frozenset({"q8_0", "q4_0", "q4_1", "iq4_nl", "q5_0", "q5_1"})
COMPILED = frozenset({("f16", "f16"), ("bf16", "bf16"), ("q8_0", "q8_0"), ("q4_0", "q4_0")})
"""Pairs of K and V that CUDA's flash attention is built for unless the build says otherwise."""
OPTIONAL = frozenset({"f16", "bf16", "q4_0", "q4_1", "q5_0", "q5_1", "q8_0"})
OPTION = "-DGGML_CUDA_FA_QUANTS="


@rule(
    Code(
        "quantised-cache",
        ERROR,
        "llama-server refuses the format of a KV cache, or has no kernel for it.",
        in_yaml=True,
    ),
)
def quantised_cache(context: RuleContext) -> Iterator[Diagnostic]:
    """Check for quantised values without flash attention, and pairs without a kernel."""
    for served in context.served_models:
        settings = served.settings
        values = settings.get("cache-type-v")
        attention = settings.get("flash-attn")
        if values and values.value in QUANTISED and attention and attention.value == "off":
            message = f"cache-type-v = {values.value} needs flash attention, which is off"
            hint = "set flash-attn = on, or cache-type-v = f16: llama-server does not load this"
            related = Label(attention.origin, "off here")
            yield error("quantised-cache", message, values.origin, hint, related)
        elif not attention or attention.value != "off":
            yield from _pair(served)


def _pair(served: ServedModel) -> Iterator[Diagnostic]:
    build, settings = served.build, served.settings
    keys, values = settings.get("cache-type-k"), settings.get("cache-type-v")
    written = values or keys
    if build is None or build.backend != "cuda" or written is None:
        return
    pair = ((keys and keys.value) or "f16", (values and values.value) or "f16")
    if pair in COMPILED or not OPTIONAL.issuperset(pair) or pair in _asked(build.cmake):
        return
    message = (
        f'build "{build.name}" has no CUDA kernel for a cache of {pair[0]} keys, {pair[1]} values'
    )
    hint = (
        f'add "{OPTION}all" to cmake, or use one type for both; else the cache is converted to f16'
    )
    related = Label(build.spans.get("cmake", build.origin), "the build")
    yield warning("quantised-cache", message, written.origin, hint, related)


class _Everything:
    def __contains__(self, pair: object) -> bool:
        return True


def _asked(cmake: tuple[str, ...]) -> _Everything | frozenset[tuple[str, ...]]:
    """Return the pairs that the options of the build enable."""
    for option in cmake:
        name, _, value = option.partition("=")
        if name == "-DGGML_CUDA_FA_ALL_QUANTS" or (f"{name}=" == OPTION and value == "all"):
            return _Everything()
        if f"{name}=" == OPTION:
            return frozenset(tuple(pair.split("-")) for pair in value.split(";"))
    return frozenset()
