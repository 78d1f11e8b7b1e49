"""What llama-swap would refuse, or misread without a word, said at home and with a place."""

from __future__ import annotations

from collections.abc import Iterator

from ...diagnostics.model import Diagnostics, Label
from ...fleet.model import Json, Model
from ...language import syntax
from ...schema.block import Fields
from ...schema.swap_words import PASS_THROUGH
from ...schema.values import Named
from .free_form import texts_of
from .quoting import ENVIRONMENT, MACRO

Models = tuple[tuple[Named, Model], ...]

_ELSEWHERE = frozenset({("llama-swap", "models"), ("group", "models")})


def check_models(fields: Fields, models: Models, diagnostics: Diagnostics) -> None:
    """A build for weights, and no macros."""
    if "build" not in fields.written:
        for named, model in models:
            if model.needs_build:
                diagnostics.error(
                    "missing-key",
                    f"this llama-swap has no build to serve {model.name} with",
                    fields.block.header,
                    related=(Label(named.span, "served here"),),
                    hint="add build = ...: the name of a build block",
                )
                break
    for _, model in models:
        _check_macros(model, diagnostics)


def check_texts(block: syntax.Block, diagnostics: Diagnostics) -> None:
    """No text of the block itself looks like a macro; ids of models are checked at the models."""
    for text in _texts_of_block(block):
        found = MACRO.search(text.text)
        if found is not None:
            message = f"llama-swap would take {found[0]} for a macro"
            hint = "it has no way to write this as text: leave it out"
            diagnostics.error("llama-swap-macro", message, text.span, hint=hint)


def _texts_of_block(block: syntax.Block) -> Iterator[syntax.Text]:
    for entry in block.entries:
        match entry:
            case syntax.Block(kind=kind) if kind.text != PASS_THROUGH.kind:
                yield from _texts_of_value(kind)
                if entry.label is not None:
                    yield from _texts_of_value(entry.label)
                yield from _texts_of_block(entry)
            case syntax.Attribute(key, value) if (block.kind.text, key.text) not in _ELSEWHERE:
                yield from _texts_of_value(key)
                yield from _texts_of_value(value)


def _texts_of_value(value: syntax.Value) -> Iterator[syntax.Text]:
    if isinstance(value, syntax.Items):
        for each in value.values:
            yield from _texts_of_value(each)
    elif isinstance(value, syntax.Text):
        yield value


def _check_macros(model: Model, diagnostics: Diagnostics) -> None:
    found = ENVIRONMENT.search(model.name)
    if found is not None:
        diagnostics.error(
            "llama-swap-macro",
            f"llama-swap would replace {found[0]} in the id of a model",
            model.origin,
            hint="it has no way to write this as text: leave it out",
        )
    for key, text in _texts(model):
        found = MACRO.search(text)
        if found is not None:
            diagnostics.error(
                "llama-swap-macro",
                f"llama-swap would take {found[0]} in the {key} of {model.name} for a macro",
                model.spans.get(key, model.origin),
                hint="it has no way to write this as text: leave it out",
            )


def _texts(model: Model) -> Iterator[tuple[str, str]]:
    """Texts in which nothing can keep llama-swap from seeing a macro."""
    yield "name", model.title or ""
    yield "description", model.description or ""
    yield "health", model.health or ""
    yield "use-model-name", model.use_model_name or ""
    yield "proxy", (model.proxy or "").replace("${PORT}", "")
    yield from (("aliases", alias) for alias in model.aliases)
    yield from (("env", value) for _, value in model.env)
    yield from (("strip-params", name) for name in model.filters.strip_params)
    values: tuple[tuple[str, Json], ...] = (
        ("set-params", model.filters.set_params),
        ("metadata", model.metadata),
        *(("variant", {name: params}) for name, params in model.filters.variants),
    )
    for key, value in values:
        yield from ((key, text) for text in texts_of(value))
