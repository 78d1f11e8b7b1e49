"""The matrix: vars, costs, expressions, and what they mean together."""

from __future__ import annotations

import re

from ..diagnostics.model import Diagnostics, Label
from ..diagnostics.suggest import suggest
from ..fleet.matrix import MOST_SETS
from ..fleet.matrix_expression import Node, count, references
from ..source import Position, Span
from .expression import ExpressionError, Token, parsed
from .model import SwapConfig, SwapMatrix, SwapSet
from .values import At
from .versions import IDS_IN_SETS, NO_EXPANSION_LIMIT

LIMIT = 1000
_VAR = re.compile(r"[a-zA-Z0-9.-]{1,32}")
_OLD_VAR = re.compile(r"[a-zA-Z0-9]{1,8}")


def check_matrix(config: SwapConfig, matrix: SwapMatrix, diagnostics: Diagnostics) -> None:
    """Report what llama-swap refuses, and models that a matrix forgets."""
    ids = [each.id.text for each in config.models]
    if not matrix.sets:
        message = "the matrix has no sets"
        diagnostics.error("missing-key", message, matrix.span, refused=True)
        return
    if not matrix.handles and config.version < IDS_IN_SETS:
        message = f"llama-swap v{config.version} needs vars in a matrix"
        hint = f"add vars, or use v{IDS_IN_SETS} or newer, whose sets take model ids"
        diagnostics.error("version-needed", message, matrix.span, hint=hint, refused=True)
    _check_handles(config, matrix, ids, diagnostics)
    handles = {key.text: value.value for key, value in matrix.handles}
    known = {each: each for each in ids if config.version >= IDS_IN_SETS} | handles
    _check_costs(matrix, known, diagnostics)
    if len(matrix.sets) > MOST_SETS:
        message = f"this matrix has {len(matrix.sets)} sets, more than {MOST_SETS}"
        hint = "write several combinations in one set: a & b | c & d"
        diagnostics.error("matrix-too-large", message, matrix.sets[MOST_SETS].name.span, hint=hint)
        return
    nodes = _check_sets(config, matrix, known, diagnostics)
    if nodes is not None and len(nodes) == len(matrix.sets):
        _check_circles(matrix, nodes, diagnostics)
        _check_forgotten(config, nodes, known, matrix, diagnostics)


def _check_handles(
    config: SwapConfig, matrix: SwapMatrix, ids: list[str], diagnostics: Diagnostics
) -> None:
    old = config.version < IDS_IN_SETS
    for key, model in matrix.handles:
        if not (_OLD_VAR if old else _VAR).fullmatch(key.text):
            hint = (
                "use 1 to 8 letters and digits" if old else "use 1 to 32 letters, digits, - and ."
            )
            message = f'"{key.text}" is not a valid var name for llama-swap v{config.version}'
            diagnostics.error("bad-handle", message, key.span, hint=hint, refused=True)
        if model.value not in ids and "${env." not in model.value:
            real = config.resolved(model.value)
            near = real or suggest(model.value, ids)
            message = f'var "{key.text}" stands for "{model.value}", which is not a model'
            if real:
                message = f'var "{key.text}" stands for "{model.value}", an alias of "{real}"'
            hint = f"did you mean {near}?" if near else ""
            diagnostics.error("unknown-member", message, model.span, hint=hint, refused=True)
        if key.text in ids and key.text != model.value:
            message = f'var "{key.text}" hides the model with that id'
            diagnostics.error("bad-handle", message, key.span, hint="choose another name")


def _check_costs(matrix: SwapMatrix, known: dict[str, str], diagnostics: Diagnostics) -> None:
    given: dict[str, str] = {}
    for key, cost in matrix.costs:
        if cost.value <= 0:
            message = f'the cost of "{key.text}" must be 1 or more, not {cost.value}'
            diagnostics.error("wrong-type", message, cost.span, refused=True)
        if key.text not in known:
            near = suggest(key.text, known)
            message = f'evict_costs names "{key.text}", which is neither a var nor a model'
            hint = f"did you mean {near}?" if near else ""
            diagnostics.error("unknown-member", message, key.span, hint=hint, refused=True)
        elif known[key.text] in given:
            other = given[known[key.text]]
            message = f'"{key.text}" and "{other}" are the same model: which cost counts is random'
            diagnostics.error("conflicting-keys", message, key.span, hint="remove one of them")
        else:
            given[known[key.text]] = key.text


def _check_sets(
    config: SwapConfig, matrix: SwapMatrix, known: dict[str, str], diagnostics: Diagnostics
) -> dict[str, Node] | None:
    names = {each.name.text for each in matrix.sets}
    nodes: dict[str, Node] = {}
    for each in matrix.sets:
        try:
            node, tokens = parsed(each.expression.value)
        except ExpressionError as error:
            span = place(each.expression, error.at, 1)
            message = f'set "{each.name.text}": {error}'
            diagnostics.error("set-syntax", message, span, refused=True)
            continue
        bad = [token for token in tokens if not _is_known(token, known, names)]
        for token in bad:
            _report_unknown(config, each, token, known, names, diagnostics)
        if not bad:
            nodes[each.name.text] = node
    return nodes


def _is_known(token: Token, known: dict[str, str], names: set[str]) -> bool:
    return {"name": token.text in known, "ref": token.text in names}.get(token.kind, True)


def _report_unknown(
    config: SwapConfig,
    each: SwapSet,
    token: Token,
    known: dict[str, str],
    names: set[str],
    diagnostics: Diagnostics,
) -> None:
    candidates = known if token.kind == "name" else names
    near = suggest(token.text, candidates)
    hint = f"did you mean {near}?" if near else ""
    what = "neither a var nor a model" if token.kind == "name" else "not a set"
    if token.kind == "name" and token.text in names:
        hint = f"use +{token.text} for the set with that name"
    elif token.kind == "name" and (real := config.resolved(token.text)):
        what, hint = f'an alias of "{real}"; a set takes model ids', f"use {real}"
        if config.version < IDS_IN_SETS:
            what = "not a var"
            hint = f"add a var for {real}; v{IDS_IN_SETS} and newer take ids"
    span = place(each.expression, token.at, len(token.text) + (token.kind == "ref"))
    message = f'set "{each.name.text}" names "{token.text}", which is {what}'
    diagnostics.error("unknown-member", message, span, hint=hint, refused=True)


def place(expression: At[str], at: int, length: int) -> Span:
    """Return the span of a part of an expression; of all of it unless it is one plain line."""
    span = expression.span
    if span.start.line != span.end.line:
        return span
    extra = (span.end.column - span.start.column) - len(expression.value)
    if extra not in (0, 2):
        return span
    column = span.start.column + extra // 2 + at
    start = Position(span.start.line, column)
    return Span(span.path, start, Position(span.start.line, column + max(length, 1)))


def _check_circles(matrix: SwapMatrix, nodes: dict[str, Node], diagnostics: Diagnostics) -> None:
    done: set[str] = set()
    spans = {each.name.text: each.name.span for each in matrix.sets}

    def visit(name: str, path: tuple[str, ...]) -> bool:
        if name in path:
            circle = " -> ".join((*path[path.index(name) :], name))
            message = f"sets refer to each other in a circle: {circle}"
            diagnostics.error(
                "circular-set", message, spans[path[-1]],
                related=(Label(spans[name], "the circle starts here"),), refused=True,
            )  # fmt: skip
            return False
        if name in done:
            return True
        done.add(name)
        return all(visit(other, (*path, name)) for other in references(nodes[name]))

    if not all([visit(name, ()) for name in nodes]):
        nodes.clear()


def _check_forgotten(
    config: SwapConfig,
    nodes: dict[str, Node],
    known: dict[str, str],
    matrix: SwapMatrix,
    diagnostics: Diagnostics,
) -> None:
    if not nodes:
        return
    _check_size(config, nodes, matrix, diagnostics)
    used: set[str] = set()
    for each in matrix.sets:
        _, tokens = parsed(each.expression.value)
        used.update(known[token.text] for token in tokens if token.kind == "name")
    for model in config.models:
        if model.id.text not in used:
            diagnostics.warning(
                "model-in-no-set",
                f'model "{model.id.text}" is in no set: a request for it stops all other models',
                model.id.span,
                hint=f"if this is intended, give it a set of its own: alone: {model.id.text}",
            )


def _check_size(
    config: SwapConfig, nodes: dict[str, Node], matrix: SwapMatrix, diagnostics: Diagnostics
) -> None:
    if config.version >= NO_EXPANSION_LIMIT:
        return
    counts: dict[str, int] = {}

    def counted(name: str) -> int:
        if name not in counts:
            for other in references(nodes[name]):
                counted(other)
            counts[name] = count(nodes[name], counts)
        return counts[name]

    total = sum(counted(name) for name in nodes)
    if total > LIMIT:
        largest = max(matrix.sets, key=lambda each: counts[each.name.text])
        message = f"the sets of this matrix have {total} combinations, more than {LIMIT}"
        hint = f"use llama-swap v{NO_EXPANSION_LIMIT} or newer, which has no limit"
        diagnostics.error("matrix-too-large", message, largest.name.span, hint=hint, refused=True)
