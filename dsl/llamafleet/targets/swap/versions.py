"""Checks that the declared release knows all that is written; older ones ignore the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...diagnostics.model import Diagnostics, Label
from ...fleet.model import Model
from ...fleet.schema.block import BlockSchema, Fields
from ...fleet.schema.model_keys import MODEL
from ...fleet.schema.swap_keys import PASS_THROUGH
from ...language import syntax
from ...llama_swap.versions import SINCE, since
from ...source import Span
from .schema import SCHEMA

DIGEST = SINCE["models.*.metadata"]
"""`metadata` of models, which carries the digest; nothing older is supported."""

_MODEL_BLOCKS = {block.kind: block for block in MODEL.blocks}


class _Use(NamedTuple):
    """Something of llama-swap's that is used: what an older release does, its path, its place."""

    otherwise: str
    path: str
    span: Span


def check_versions(
    fields: Fields, models: tuple[Model, ...], version: int, diagnostics: Diagnostics
) -> None:
    """Report keys and blocks that the release does not know."""
    if version < DIGEST:
        diagnostics.error(
            "version-needed",
            f"llama-swap v{version} is too old: it cannot report the digest of its configuration",
            fields.span("version"),
            hint=f'set version = "v{DIGEST}" or newer',
        )
    related = (Label(fields.span("version"), "declared here"),) if fields.has("version") else ()
    for use in (*_in_block(fields.block, SCHEMA, ""), *(x for each in models for x in _of(each))):
        first = since(*use.path.removesuffix(".*").split("."))
        if first is not None and version < first:
            diagnostics.error(
                "version-needed",
                f"llama-swap v{version} {use.otherwise}",
                use.span,
                related=related,
                hint=f'set version = "v{first}" or newer',
            )


def _in_block(block: syntax.Block, schema: BlockSchema, path: str) -> Iterator[_Use]:
    inner = {each.kind: each for each in schema.blocks}
    for entry in block.entries:
        match entry:
            case syntax.Attribute(syntax.Name(key), value) if key in schema.table:
                upstream = f"{path}.{schema.table[key].upstream}".lstrip(".")
                yield _Use(f"ignores {key}", upstream, value.span)
            case syntax.Block(kind) if kind.text == PASS_THROUGH.kind:
                yield from _passed_through(entry)
            case syntax.Block(kind) if kind.text in inner:
                found = inner[kind.text]
                below = f"{path}.{found.upstream}".lstrip(".")
                yield _Use(f"has no {kind.text}", below, entry.header)
                yield from _in_block(entry, found, below)


def _passed_through(block: syntax.Block) -> Iterator[_Use]:
    for entry in block.entries:
        word = entry.kind if isinstance(entry, syntax.Block) else None
        word = entry.key if isinstance(entry, syntax.Attribute) else word
        if word is not None:
            yield _Use(f"ignores {word.text}", word.text, word.span)


def _of(model: Model) -> Iterator[_Use]:
    for word, span in model.spans.items():
        if word in _MODEL_BLOCKS:
            yield _Use(
                f"has no {word} of a model",
                f"{MODEL.upstream}.{_MODEL_BLOCKS[word].upstream}",
                span,
            )
        elif word in MODEL.table:
            yield _Use(f"ignores {word}", MODEL.table[word].upstream, span)
    for upstream, _, _ in model.passed:
        if upstream.block:
            path = ".".join((MODEL.upstream, *upstream.parts))
            span = model.spans.get(upstream.block, model.origin)
            yield _Use(f"ignores {upstream.name}", path, span)
    for key in model.pass_through:
        place = model.spans.get(PASS_THROUGH.kind, model.origin)
        yield _Use(f"ignores {key}", f"{MODEL.upstream}.{key}", place)
