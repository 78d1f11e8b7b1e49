"""Keys that pass through must not meet what the fleet's own words become."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ...diagnostics.model import Diagnostics, Label
from ...fleet.model import JsonObject, Model, Spans
from ...fleet.schema.block import BlockSchema, Fields
from ...fleet.schema.model_keys import MODEL
from ...fleet.schema.swap_keys import PASS_THROUGH
from ...language import syntax
from ...llama_swap.versions import MACROS_EVERYWHERE
from ...source import Span
from .checks import check_address
from .free_form import texts_of
from .quoting import MACRO
from .schema import SCHEMA

OURS = {
    "models": "use models = [...]",
    "routing": "use the blocks matrix, group and priority",
    "matrix": "use the block matrix",
    "groups": "use the block group",
}
"""Parts of the file that are always ours to write."""
OURS_OF_A_MODEL = {"metadata": "use the block metadata"}


def check_pass_through(fields: Fields, models: Iterable[Model], diagnostics: Diagnostics) -> None:
    """Report keys that pass through and are said in words, too: of the service, and of models."""
    block = fields.nested(PASS_THROUGH.kind)
    if block is not None:
        said = fields.spans | {kind: nested.header for kind, nested in _nested(fields)}
        keys = (word for entry in block.entries if (word := _word(entry)))
        passed = ((key.text, key.span) for key in keys)
        _check(passed, OURS, _words(SCHEMA, said), diagnostics)
    for model in models:
        if not model.pass_through:
            continue
        place = model.spans.get(PASS_THROUGH.kind, model.origin)
        passed = ((key, place) for key in model.pass_through)
        _check(passed, OURS_OF_A_MODEL, _words(MODEL, model.spans), diagnostics)


def check_pass_through_values(
    fields: Fields,
    passed: JsonObject,
    models: Iterable[Model],
    version: int,
    diagnostics: Diagnostics,
) -> None:
    """Report values that pass through and that llama-swap would refuse to start with."""
    block = fields.nested(PASS_THROUGH.kind)
    places: list[tuple[JsonObject, Span, tuple[str, ...]]] = []
    if block is not None:
        places.append((passed, block.header, ()))
    places += [
        (model.pass_through, model.origin, ("models", model.name))
        for model in models
        if model.pass_through
    ]
    if not places:
        return
    if version >= MACROS_EVERYWHERE:
        common = _macros(passed)
        for values, place, prefix in places:
            own = (*common, *_macros(values), *(("MODEL_ID", "PORT") if prefix else ()))
            _check_macros(values, frozenset(own), place, diagnostics)
    # In most fleets nothing passes through, and the table of all keys is not loaded.
    from ...llama_swap.fits import misfit

    for values, place, prefix in places:
        if isinstance(url := values.get("proxy"), str) and prefix:
            check_address(url.replace("${PORT}", "1"), place, diagnostics)
        for key, value in values.items():
            if problem := misfit(key, value, version, *prefix):
                message = f"llama-swap refuses this pass-through block: {problem}"
                diagnostics.error("wrong-type", message, place)


def _macros(values: JsonObject) -> tuple[str, ...]:
    """Return the names of macros that pass through."""
    found = values.get("macros")
    return tuple(found) if isinstance(found, Mapping) else ()


def _check_macros(
    values: JsonObject, known: frozenset[str], place: Span, diagnostics: Diagnostics
) -> None:
    """Report macros that nothing defines; `${env.X}` is none.

    `${PORT}` is replaced in models, and nothing outside of them.
    """
    left = (found[0] for text in texts_of(values) for found in MACRO.finditer(text))
    for macro in dict.fromkeys(left):
        name = macro[2:-1]
        if name not in known and not name.startswith("env."):
            message = f"macro {macro} in a pass-through block is not defined"
            hint = f"define it in the block: macros {{ {name} = ... }}, or remove it"
            if name == "PORT":
                hint = "remove it: only models have a port"
            diagnostics.error("llama-swap-macro", message, place, hint=hint)


def _check(
    passed: Iterable[tuple[str, Span]],
    ours: Mapping[str, str],
    words: Mapping[str, tuple[str, Span]],
    diagnostics: Diagnostics,
) -> None:
    for key, place in passed:
        if key in ours:
            message = f"{key} cannot be set in pass-through blocks"
            diagnostics.error("refused-key", message, place, hint=ours[key])
        elif key in words:
            word, span = words[key]
            diagnostics.error(
                "conflicting-keys",
                f"{key} in pass-through sets the same as {word}",
                place,
                related=(Label(span, "set here"),),
                hint="remove one of them",
            )


def _words(schema: BlockSchema, said: Spans) -> dict[str, tuple[str, Span]]:
    """Return the keys that are written, by the first parts of their upstream paths."""
    prefix = f"{schema.upstream}." if schema.upstream else ""
    paths = {
        key.name: key.upstream.removeprefix(prefix)
        for key in schema.keys
        if key.upstream.startswith(prefix)
    }
    paths |= {block.kind: block.upstream for block in schema.blocks}
    return {
        path.partition(".")[0]: (word, said[word])
        for word, path in paths.items()
        if word in said and path
    }


def _nested(fields: Fields) -> Iterator[tuple[str, syntax.Block]]:
    yield from fields.blocks.items()
    yield from ((kind, blocks[0]) for kind, blocks in fields.named.items())


def _word(entry: syntax.Attribute | syntax.MatrixSet | syntax.Block) -> syntax.Word | None:
    match entry:
        case syntax.Attribute(key):
            return key
        case syntax.Block(kind):
            return kind
    return None
