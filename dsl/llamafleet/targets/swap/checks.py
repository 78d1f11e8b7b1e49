"""Checks for what llama-swap would refuse, or misread silently."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...diagnostics.model import Diagnostics, Label
from ...fleet.discover_block import Discover, discover_blocks
from ...fleet.model import Json, Model
from ...fleet.schema.block import Fields
from ...fleet.schema.swap_keys import PASS_THROUGH, VARIANT
from ...fleet.schema.values import Named
from ...language import syntax
from ...llama_swap.re2 import problem
from ...llama_swap.url import problem as url_problem
from ...source import Span
from .free_form import keys_of, texts_of
from .quoting import ENVIRONMENT, MACRO

Models = tuple[tuple[Named, Model], ...]

HINT = "remove it: llama-swap cannot escape it"

_ELSEWHERE = frozenset({("llama-swap", "models"), ("group", "models")})


def check_models(fields: Fields, models: Models, diagnostics: Diagnostics) -> None:
    """Report models that need a build without one, macros, and addresses that are refused."""
    if "build" not in fields.written:
        for named, model in models:
            if model.needs_build:
                diagnostics.error(
                    "missing-key",
                    f'this llama-swap has no build for model "{model.name}"',
                    fields.block.header,
                    related=(Label(named.span, "served here"),),
                    hint="add build = NAME",
                )
                break
    for _, model in models:
        _check_macros(model, diagnostics)
        place = model.spans.get("proxy", model.origin)
        check_address((model.proxy or "").replace("${PORT}", "1"), place, diagnostics)


def check_some_models(
    fields: Fields, discovers: Sequence[Discover], diagnostics: Diagnostics
) -> None:
    """Report a llama-swap that can serve nothing, and one that discovers models without a build."""
    if discovers and "build" not in fields.written:
        message = "this llama-swap discovers models and has no build for them"
        span = discovers[0].origin
        diagnostics.error("missing-key", message, span, hint="add build = NAME")
    if (
        discover_blocks(fields.block)
        or fields.names("models")
        or ("models" in fields.written) > fields.has("models")
    ):
        return
    if fields.has("models"):
        message = "this llama-swap serves no models"
        hint = "list them in models, or remove the block"
        diagnostics.error("missing-key", message, fields.span("models"), hint=hint)
    else:
        message = "this llama-swap has no models"
        hint = "add models = ... (a list of the names of models)"
        diagnostics.error("missing-key", message, fields.block.header, hint=hint)


def check_address(url: str, place: Span, diagnostics: Diagnostics) -> None:
    """Report a URL that llama-swap refuses to start with."""
    if url and (why := url_problem(url)):
        message = f"llama-swap refuses this address: {why}"
        diagnostics.error("wrong-type", message, place, hint="write http://HOST:PORT")


def check_variants(models: Models, diagnostics: Diagnostics) -> None:
    """No variant has an id that another model answers to."""
    owners = {model.name: model for _, model in models}
    for _, model in models:
        for alias in model.aliases:
            owners.setdefault(alias, model)
    for _, model in models:
        for name, _ in model.filters.variants:
            owner = owners.setdefault(name, model)
            if owner is not model:
                diagnostics.error(
                    "alias-conflict",
                    f'variant "{name}" of model "{model.name}" is also an id of "{owner.name}"',
                    model.spans.get("variant", model.origin),
                    related=(Label(owner.origin, "the other model"),),
                    hint="rename the variant",
                )


def check_patterns(fields: Fields, diagnostics: Diagnostics) -> None:
    """Report patterns that llama-swap's regular expressions cannot read."""
    for pattern in fields.texts("upstream-ignore-paths"):
        why = problem(pattern)
        if why:
            message = f"llama-swap cannot read the regular expression {pattern}: {why}"
            diagnostics.error("wrong-type", message, fields.span("upstream-ignore-paths"))


def check_texts(block: syntax.Block, diagnostics: Diagnostics) -> None:
    """No text of the block itself looks like a macro; ids of models are checked at the models."""
    for text, pattern in _texts_of_block(block):
        found = pattern.search(text.text)
        if found is not None:
            message = f"llama-swap would take {found[0]} for a macro"
            diagnostics.error("llama-swap-macro", message, text.span, hint=HINT)


def _texts_of_block(block: syntax.Block) -> Iterator[tuple[syntax.Text, re.Pattern[str]]]:
    """Yield each text with what llama-swap replaces in it: in keys of mappings only variables."""
    for entry in block.entries:
        match entry:
            case syntax.Block(kind) if kind.text != PASS_THROUGH.kind:
                replaced = MACRO if kind.text == VARIANT.kind else ENVIRONMENT
                for word in (kind, entry.label):
                    if isinstance(word, syntax.Text):
                        yield word, replaced
                yield from _texts_of_block(entry)
            case syntax.Attribute(key, value) if (block.kind.text, key.text) not in _ELSEWHERE:
                if isinstance(key, syntax.Text):
                    yield key, ENVIRONMENT
                for text in _texts_of_value(value):
                    yield text, MACRO


def _texts_of_value(value: syntax.Value) -> Iterator[syntax.Text]:
    if isinstance(value, syntax.Items):
        for each in value.values:
            yield from _texts_of_value(each)
    elif isinstance(value, syntax.Text):
        yield value


def _check_macros(model: Model, diagnostics: Diagnostics) -> None:
    found = ENVIRONMENT.search(model.name)
    if found is not None:
        message = f"llama-swap would replace {found[0]} in the name of a model"
        diagnostics.error("llama-swap-macro", message, model.origin, hint=HINT)
    for key, text, pattern in _texts(model):
        found = pattern.search(text)
        if found is not None:
            diagnostics.error(
                "llama-swap-macro",
                f'llama-swap would take {found[0]} in {key} of model "{model.name}" for a macro',
                model.spans.get(key, model.origin),
                hint=HINT,
            )


def _texts(model: Model) -> Iterator[tuple[str, str, re.Pattern[str]]]:
    """Yield texts in which a macro cannot be escaped, and what llama-swap replaces in each."""
    filters = model.filters
    texts: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("health", (model.health or "",)),
        ("proxy", ((model.proxy or "").replace("${PORT}", ""),)),
        ("aliases", model.aliases),
        ("env", tuple(value for _, value in model.env)),
        ("strip-params", filters.strip_params),
        ("variant", tuple(name for name, _ in filters.variants)),
        *((each.upstream.name, tuple(texts_of(each.value))) for each in model.passed),
    )
    yield from ((key, text, MACRO) for key, found in texts for text in found)
    values: tuple[tuple[str, Json], ...] = (
        ("set-params", filters.set_params),
        ("metadata", model.metadata),
        *(("variant", params) for _, params in filters.variants),
    )
    for key, value in values:
        yield from ((key, text, MACRO) for text in texts_of(value))
        yield from ((key, text, ENVIRONMENT) for text in keys_of(value))
