"""What llama-swap would refuse, or misread without a word, said at home and with a place."""

from __future__ import annotations

from collections.abc import Iterator

from ...diagnostics.model import Diagnostics, Label
from ...fleet.model import Model
from ...language.source import Span
from ...schema.block import Fields
from ...schema.core import MATRIX
from ...schema.values import Named
from . import versions
from .quoting import ENVIRONMENT, MACRO

Models = tuple[tuple[Named, Model], ...]


def check_version(fields: Fields, version: int, diagnostics: Diagnostics) -> None:
    """Keys and blocks that the release does not know."""
    if version < versions.DIGEST:
        diagnostics.error(
            "version-needed",
            f"llama-swap v{version} is too old to carry the digest of what it runs",
            fields.span("version"),
            hint=f"v{versions.DIGEST} is the oldest release that llamafleet can verify",
        )
    for key, since in versions.SINCE.items():
        if fields.has(key) and version < since:
            _too_old(f"ignores {key}", since, version, fields.span(key), fields, diagnostics)
    matrix = fields.nested(MATRIX.kind)
    if matrix is not None and version < versions.MATRIX:
        _too_old("has no matrix", versions.MATRIX, version, matrix.header, fields, diagnostics)


def check_models(fields: Fields, models: Models, diagnostics: Diagnostics) -> None:
    """A build for weights, and no macros."""
    if "build" not in fields.written:
        for named, model in models:
            if not model.command:
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
                _place(model, key),
                hint="it has no way to write this as text: leave it out",
            )


def _texts(model: Model) -> Iterator[tuple[str, str]]:
    """Texts in which nothing can keep llama-swap from seeing a macro."""
    yield "name", model.title or ""
    yield "description", model.description or ""
    yield "health", model.health or ""
    yield from (("aliases", alias) for alias in model.aliases)
    yield from (("env", value) for _, value in model.env)


def _place(model: Model, key: str) -> Span:
    return model.spans.get(key, model.origin)


def _too_old(
    what: str, since: int, version: int, span: Span, fields: Fields, diagnostics: Diagnostics
) -> None:
    related = (Label(fields.span("version"), "declared here"),) if fields.has("version") else ()
    diagnostics.error(
        "version-needed",
        f"llama-swap v{version} {what}",
        span,
        related=related,
        hint=f'set version = "v{since}" or newer',
    )
