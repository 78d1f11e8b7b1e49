"""Answers as the protocol has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lsprotocol import types

from ..diagnostics.model import Diagnostic, Severity
from ..source import Position, Source, Span
from .features.completion import Completion, Item, Sort
from .features.fixes import Fix
from .features.hover import Hover
from .features.symbols import Symbol
from .positions import editor_position

SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
}
SORTS = {
    Sort.BLOCK: types.CompletionItemKind.Struct,
    Sort.KEY: types.CompletionItemKind.Property,
    Sort.WORD: types.CompletionItemKind.EnumMember,
    Sort.NAME: types.CompletionItemKind.Reference,
    Sort.DIRECTIVE: types.CompletionItemKind.Keyword,
}

Uri = Callable[[str], str]
"""What the editor calls the file at a path."""


def range_of(span: Span, source: Source | None, encoding: str) -> types.Range:
    """Convert a span to the editor's range."""
    return types.Range(_place(span.start, source, encoding), _place(span.end, source, encoding))


def diagnostic(
    found: Diagnostic, sources: Mapping[str, Source], uri: Uri, encoding: str
) -> types.Diagnostic:
    """Convert a diagnostic, with its hint in the message and its related places."""
    label = found.primary.text
    message = f"{found.message}: {label}" if label else found.message
    return types.Diagnostic(
        range=range_of(found.primary.span, sources.get(found.primary.span.path), encoding),
        severity=SEVERITIES[found.severity],
        code=found.code,
        source="llamafleet",
        message=f"{message}\nhint: {found.hint}" if found.hint else message,
        related_information=[
            types.DiagnosticRelatedInformation(
                location=location(each.span, sources, uri, encoding),
                message=each.text or "see here",
            )
            for each in found.related
        ],
    )


def location(span: Span, sources: Mapping[str, Source], uri: Uri, encoding: str) -> types.Location:
    """Convert a span to a location with its file."""
    return types.Location(uri(span.path), range_of(span, sources.get(span.path), encoding))


def completion(
    found: Completion, source: Source, encoding: str, snippets: bool
) -> list[types.CompletionItem]:
    """Convert completion items; their order is kept."""
    where = types.Range(_place(found.start, source, encoding), _place(found.end, source, encoding))
    return [_item(each, number, where, snippets) for number, each in enumerate(found.items)]


def _item(item: Item, number: int, where: types.Range, snippets: bool) -> types.CompletionItem:
    is_snippet = bool(item.snippet) and snippets
    text = item.snippet if is_snippet else item.insert or item.label
    return types.CompletionItem(
        label=item.label,
        kind=SORTS[item.sort],
        detail=item.detail,
        documentation=item.help or None,
        sort_text=f"{number:05}",
        filter_text=item.insert or item.label,
        insert_text_format=types.InsertTextFormat.Snippet
        if is_snippet
        else types.InsertTextFormat.PlainText,
        text_edit=types.TextEdit(where, text),
    )


def hover(found: Hover, source: Source, encoding: str) -> types.Hover:
    """Convert a hover text, in a code fence that nothing in it can close."""
    fence = "```"
    while fence in found.text:
        fence += "`"
    value = f"{fence}{found.language}\n{found.text}\n{fence}"
    where = types.Range(_place(found.start, source, encoding), _place(found.end, source, encoding))
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, value), where)


def fix(
    found: Fix, document: str, sources: Mapping[str, Source], uri: Uri, encoding: str
) -> types.CodeAction:
    """Convert a fix to an edit of one document and the diagnostic that it removes."""
    span = found.finding.primary.span
    where = range_of(span, sources.get(span.path), encoding)
    return types.CodeAction(
        title=found.title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[diagnostic(found.finding, sources, uri, encoding)],
        is_preferred=True,
        edit=types.WorkspaceEdit(changes={document: [types.TextEdit(where, found.text)]}),
    )


def symbol(found: Symbol, source: Source, encoding: str) -> types.DocumentSymbol:
    """Convert a block or a set to a symbol of the outline."""
    is_set = found.kind == "set"
    return types.DocumentSymbol(
        name=found.name,
        detail=found.kind,
        kind=types.SymbolKind.Field if is_set else types.SymbolKind.Class,
        range=range_of(found.span, source, encoding),
        selection_range=range_of(found.chosen, source, encoding),
        children=[symbol(each, source, encoding) for each in found.children],
    )


def _place(position: Position, source: Source | None, encoding: str) -> types.Position:
    return types.Position(*editor_position(position, source, encoding))
