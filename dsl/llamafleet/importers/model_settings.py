"""Imports the settings of a model in a llama-swap configuration, all but its command."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ..fleet.schema import swap_keys
from ..fleet.schema.model_keys import MODEL_UPSTREAM_PATHS
from ..fleet.schema.value_type import unprintable
from ..language.syntax import Text
from ..llama_swap.model import Capabilities, Filters, SwapConfig, SwapModel
from ..llama_swap.values import At, Key, Table, Value
from ..source import Span
from . import free_form, nodes
from .free_form import UnrepresentableError
from .representable import MACRO, is_representable

TIMEOUTS = {key.upstream: key.name for key in swap_keys.TIMEOUTS.keys}
OWN = frozenset({
    "use-model-name", "name", "description", "unlisted", "send-loading-state", "ignore-websockets",
    "unload-timeout", "capabilities in", "capabilities out", "capabilities tools",
    "capabilities reranker", "capabilities context",
})  # fmt: skip
"""Keys that are read here, since they mean something else in some cases; timeouts are, too."""
PASSED = tuple(
    upstream
    for upstream in MODEL_UPSTREAM_PATHS
    if upstream.name not in OWN and upstream.block != swap_keys.TIMEOUTS.kind
)
"""Keys that are read by the table alone."""

NOTHING: frozenset[str] = frozenset()
OURS = frozenset({"llamafleet"})
"""What llamafleet itself writes into metadata."""

ReportLoss = Callable[[str, Span], None]
"""Told of what the language cannot hold, and where it stands."""


def texts(model: SwapModel) -> Iterator[nodes.Entry]:
    """Yield its name and description, and the name that requests carry."""
    for key, said in (
        ("use-model-name", model.use_model_name),
        ("name", model.name),
        ("description", model.description),
    ):
        if said is not None and said.value and is_representable(said.value):
            yield nodes.attribute(key, Text(said.value, said.span))


def switches(model: SwapModel) -> Iterator[nodes.Entry]:
    """Yield the switches of a model."""
    if model.unlisted is not None and model.unlisted.value:
        yield nodes.attribute("unlisted", nodes.switch(True, model.unlisted.span))
    loading = model.send_loading_state
    if loading is not None:
        yield nodes.attribute("send-loading-state", nodes.switch(loading.value, loading.span))
    ignored = model.ignore_websockets
    if ignored is not None and ignored.value:
        yield nodes.attribute("ignore-websockets", nodes.switch(True, ignored.span))


def times(model: SwapModel, config: SwapConfig) -> Iterator[nodes.Entry]:
    """Yield the times after which it is unloaded and stopped."""
    ttl = model.ttl
    overall = config.global_ttl.value if config.global_ttl else 0
    if ttl is not None and ttl.value != -1 and (ttl.value != overall or ttl.value > 0):
        yield nodes.attribute("ttl", nodes.duration(ttl.value, ttl.span))
    unload = model.unload_timeout
    if unload is not None and unload.value > 0:
        yield nodes.attribute("unload-timeout", nodes.duration(unload.value, unload.span))


def timeouts(said: Iterable[tuple[Key, At[int]]]) -> Iterator[nodes.Entry]:
    """Yield the block of connection timeouts."""
    entries = [
        nodes.attribute(TIMEOUTS[key.text], nodes.duration(number.value, number.span))
        for key, number in said
        if key.text in TIMEOUTS and number.value >= 0
    ]
    if entries:
        yield nodes.block("timeouts", None, entries, entries[0].span)


def has_macro(value: Value) -> bool:
    """Return True if a text in the value contains a macro, replaced by llama-swap or not."""
    return any(MACRO.search(text) for text in free_form.texts_of(value))


def filters_pass_through(said: Filters) -> bool:
    """Return True if parameters contain macros, so that all filters are passed through."""
    values = [value for _, value in said.set_params_by_id]
    values += [said.set_params] if said.set_params is not None else []
    return any(map(has_macro, values))


def filters(said: Filters, report_loss: ReportLoss, variants: bool = True) -> Iterator[nodes.Entry]:
    """Yield the blocks that strip and set parameters of requests."""
    if filters_pass_through(said):
        return
    strip = said.strip_params
    if strip is not None and strip.value:
        names = (nodes.named(name, strip.span) for name in strip.value)
        yield nodes.attribute("strip-params", nodes.items(names, strip.span))
    if said.set_params is not None:
        yield from table("set-params", said.set_params, report_loss)
    for key, value in said.set_params_by_id if variants else ():
        yield from table("variant", value, report_loss, label=key.text, span=key.span)


def table(
    kind: str,
    value: Value,
    report_loss: ReportLoss,
    label: str | None = None,
    span: Span | None = None,
) -> Iterator[nodes.Entry]:
    """Yield a free-form block; only values that cannot be expressed are lost."""
    inner = value.table or Table(())
    refused = OURS if kind == "metadata" else NOTHING
    entries = list(free_entries(inner, report_loss, refused, macros=False))
    if entries or label is not None:
        yield nodes.block(kind, label, entries, span or value.span)


def free_entries(
    said: Table, report_loss: ReportLoss, refused: frozenset[str] = NOTHING, macros: bool = True
) -> Iterator[nodes.Entry]:
    """Yield the entries of a free-form block that can be expressed; the others are reported."""
    for key, value in said:
        try:
            if any(unprintable(text.replace("\n", "")) for text in free_form.texts_of(value)):
                raise UnrepresentableError("a control character", value.span)
            if not macros and has_macro(value):
                raise UnrepresentableError(
                    "text that llama-swap would take for a macro", value.span
                )
            if unprintable(key.text) or not key.text or key.text in refused:
                raise UnrepresentableError("this name of a key", key.span)
            yield from free_form.entries_of(key.text, value)
        except UnrepresentableError as error:
            report_loss(f"{key.text}: {error}", error.span)


def capabilities(said: Capabilities | None) -> Iterator[nodes.Entry]:
    """Yield the block of the model's declared capabilities."""
    if said is None:
        return
    entries: list[nodes.Entry] = []
    for key, words in (("in", said.inputs), ("out", said.outputs)):
        if words:
            values = (nodes.bare(each.value, each.span) for each in words)
            entries.append(nodes.attribute(key, nodes.items(values, words[0].span)))
    for key, state in (("tools", said.tools), ("reranker", said.reranker)):
        if state is not None and state.value:
            entries.append(nodes.attribute(key, nodes.switch(True, state.span)))
    if said.context is not None and said.context.value:
        entries.append(
            nodes.attribute("context", nodes.integer(said.context.value, said.context.span))
        )
    if entries:
        yield nodes.block("capabilities", None, entries, said.span)
