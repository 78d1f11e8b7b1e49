"""From a `matrix` block to a checked Matrix: members, references, handles and costs."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from ..dataclasses import dataclass
from ..diagnostics.model import Diagnostics, Label
from ..language import syntax
from .matrix import Auto, Matrix, NamedSet
from .matrix_expression import Either, Node, One, Ref, Together, flat, models_of
from .matrix_sets import Sets, check_size, few_enough, without_bad_references
from .schema.block import Fields, read_block
from .schema.pass_through import read_values
from .schema.swap_routing import EVICT_COST, MATRIX, MATRIX_PATHS
from .schema.values import Named, did_you_mean
from .scope import Scope

DIRECT_IDS = 243
"""The first version of llama-swap whose sets may name models without a handle."""

_HANDLE = re.compile(r"[A-Za-z0-9.\-]{1,32}")
_OLD_HANDLE = re.compile(r"[A-Za-z0-9]{1,8}")


@dataclass(frozen=True, slots=True)
class _Members:
    """The meanings of names in a set."""

    handles: Mapping[str, str]
    broken: Collection[str]
    models: Mapping[str, Named]
    aliases: Mapping[str, str]
    version: int
    diagnostics: Diagnostics


def lower_matrix(
    block: syntax.Block,
    models: Sequence[Named],
    version: int,
    scope: Scope,
    alone: frozenset[str] = frozenset(),
) -> Matrix | None:
    """Check a matrix for a service that serves `models` with llama-swap `version` (250).

    Models in `alone` need not be in any set: each evicts all others.

    Reports everything that llama-swap would refuse or misread; None where no set is good.
    What is `auto` is left to be derived.
    """
    fields = read_block(block, MATRIX, scope.diagnostics)
    members = _members(fields, models, version, scope)
    sets = _read_sets(fields, members)
    sets = without_bad_references(sets, {each.name.text for each in fields.sets}, scope.diagnostics)
    check_size(sets, version, scope.diagnostics)
    auto = _auto(fields)
    written = any(isinstance(entry, syntax.MatrixSet) for entry in block.entries)
    if not written and "sets" not in fields.written:
        message = "this matrix has no sets"
        hint = "add set name = a & b, or sets = auto"
        scope.diagnostics.error("missing-key", message, block.header, hint=hint)
    costs = _read_costs(fields, members)
    if not sets and not auto.sets:
        return None
    if not auto.sets:
        _check_everyone_is_member(
            sets, [each for each in models if each.text not in alone], scope.diagnostics
        )
    handles = _rendered_handles(sets, members)
    named = tuple(
        NamedSet(each.name.text, f"p{index:03d}.{each.name.text}", _named(node, handles), each.span)
        for index, (each, node) in enumerate(sets, 1)
    )
    pairs = tuple(
        (handle, model)
        for model, handle in handles.items()
        if handle != model or version < DIRECT_IDS
    )
    passed = tuple(read_values(fields, MATRIX_PATHS))
    return Matrix(pairs, named, costs, block.header, auto, passed)


def _auto(fields: Fields) -> Auto:
    places = (fields.span(key) if fields.has(key) else None for key in ("sets", "evict-cost"))
    return Auto(*places)


def _members(fields: Fields, models: Sequence[Named], version: int, scope: Scope) -> _Members:
    served = {named.text: named for named in models}
    aliases = {
        alias: name
        for name in served
        if name in scope.models
        for alias in scope.models[name].aliases
    }
    handles: dict[str, str] = {}
    broken: set[str] = set()
    members = _Members(handles, broken, served, aliases, version, scope.diagnostics)
    pattern, words = _HANDLE, "1 to 32 letters, digits, . or -"
    if version < DIRECT_IDS:
        pattern, words = _OLD_HANDLE, f"1 to 8 letters or digits for llama-swap v{version}"
    for key, target in fields.free:
        handle = key.text
        if not pattern.fullmatch(handle):
            message = f'"{handle}" is not a valid handle'
            scope.diagnostics.error("bad-handle", message, key.span, hint=f"use {words}")
        elif handle in served and handle != target.text:
            scope.diagnostics.error(
                "bad-handle",
                f'handle "{handle}" hides the model with that name',
                key.span,
                related=(Label(served[handle].span, "served here"),),
                hint="choose another handle",
            )
        if target.text in served:
            handles[handle] = target.text
        else:
            broken.add(handle)
            _report_stranger(target, members)
    return members


def _read_sets(fields: Fields, members: _Members) -> Sets:
    first: dict[str, syntax.MatrixSet] = {}
    for each in fields.sets:
        earlier = first.setdefault(each.name.text, each)
        if earlier is not each:
            members.diagnostics.error(
                "duplicate-name",
                f'set "{each.name.text}" is defined twice',
                each.name.span,
                "second here",
                related=(Label(earlier.name.span, "first here"),),
                hint="rename one of them",
            )
    if not few_enough(first, members.diagnostics):
        return []
    read = ((each, _read(each.expression, members)) for each in first.values())
    return [(each, node) for each, node in read if node is not None]


def _read(expression: syntax.Expression, members: _Members) -> Node | None:
    match expression:
        case syntax.Member(text, span):
            model = members.handles.get(text) or (text if text in members.models else None)
            if model is None and text not in members.broken:
                _report_stranger(Named(text, span), members)
            return One(model, text) if model is not None else None
        case syntax.SetReference(text):
            return Ref(text)
        case syntax.AllOf(terms) | syntax.AnyOf(terms):
            nodes = [_read(term, members) for term in terms]
            good = tuple(node for node in nodes if node is not None)
            if len(good) < len(nodes):
                return None
            return flat(Together(good) if isinstance(expression, syntax.AllOf) else Either(good))


def _report_stranger(named: Named, members: _Members) -> None:
    text = named.text
    if text in members.aliases:
        message = f'"{text}" is an alias; a matrix takes names of models and handles'
        hint = f"write {members.aliases[text]}"
    else:
        message = f'"{text}" is neither a handle of this matrix nor a model of this service'
        known = [*members.handles, *members.models]
        hint = did_you_mean(
            text, known, f"use one of: {', '.join(known)}" if len(known) <= 8 else ""
        )
        hint = hint or f"add it to the service's models, or define a handle: {text} = MODEL"
    members.diagnostics.error("unknown-member", message, named.span, hint=hint)


def _read_costs(fields: Fields, members: _Members) -> tuple[tuple[str, int], ...]:
    block = fields.nested(EVICT_COST.kind)
    if block is None:
        return ()
    costs: dict[str, tuple[syntax.Word, int]] = {}
    for key, cost in read_block(block, EVICT_COST, members.diagnostics).free:
        model = members.handles.get(key.text) or (key.text if key.text in members.models else None)
        if model is None:
            if key.text not in members.broken:
                _report_stranger(Named(key.text, key.span), members)
        elif model in costs:
            members.diagnostics.error(
                "duplicate-key",
                f'the cost of model "{model}" is set twice',
                key.span,
                "set again here",
                related=(Label(costs[model][0].span, "first set here"),),
                hint="remove one of them",
            )
        else:
            costs[model] = (key, cost)
    return tuple((model, cost) for model, (_, cost) in costs.items())


def _check_everyone_is_member(
    sets: Sets, models: Sequence[Named], diagnostics: Diagnostics
) -> None:
    used = {model for _, node in sets for model in models_of(node)}
    for named in models:
        if named.text not in used:
            message = f'model "{named.text}" is in no set of the matrix'
            hint = f"it evicts all others and runs alone; to say so, write set solo = {named.text}"
            diagnostics.warning("model-in-no-set", message, named.span, hint=hint)


def _rendered_handles(sets: Sets, members: _Members) -> dict[str, str]:
    """Return llama-swap's name of each model: its first handle, its id, or a made-up handle."""
    names: dict[str, str] = {}
    for handle, model in members.handles.items():
        names.setdefault(model, handle)
    taken = {*members.handles, *members.models}
    numbers = iter(range(1, len(taken) + len(sets) + 10_000))
    for model in dict.fromkeys(model for _, node in sets for model in models_of(node)):
        if model not in names and members.version >= DIRECT_IDS:
            names[model] = model
        elif model not in names:
            names[model] = next(name for n in numbers if (name := f"m{n}") not in taken)
    return names


def _named(node: Node, handles: Mapping[str, str]) -> Node:
    match node:
        case One(model):
            return One(model, handles[model])
        case Together(terms):
            return Together(tuple(_named(term, handles) for term in terms))
        case Either(terms):
            return Either(tuple(_named(term, handles) for term in terms))
    return node
