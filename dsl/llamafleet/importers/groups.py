"""Imports groups and the matrix: the models that may run together."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..fleet.schema.value_type import BARE_WORD
from ..language.syntax import Block, MatrixSet, Name
from ..llama_swap.model import SwapConfig, SwapGroup, SwapMatrix
from . import nodes, routing_keys
from .expression import ExpressionError, parse
from .matrix_meaning import in_order
from .model_settings import ReportLoss
from .names import Names

HANDLE = re.compile(r"[A-Za-z][A-Za-z0-9.-]{0,31}")


def groups(config: SwapConfig, report_loss: ReportLoss) -> Iterator[Block]:
    """Yield the groups in force; members that are not models are reported."""
    ids = {each.id.text for each in config.models}
    for group in config.groups:
        yield _group(group, ids, report_loss)


def _group(group: SwapGroup, ids: set[str], report_loss: ReportLoss) -> Block:
    span = group.name.span
    members = []
    for each in group.members:
        if each.value in ids:
            members.append(nodes.named(each.value, each.span))
        else:
            report_loss(
                f'member "{each.value}" of group "{group.name.text}", which is not a model',
                each.span,
            )
    entries: list[nodes.Entry] = [nodes.attribute("models", nodes.items(members, span))]
    for key, state, default in (
        ("swap", group.swap, True),
        ("exclusive", group.exclusive, True),
        ("persistent", group.persistent, False),
    ):
        if state.value != default:
            entries.append(nodes.attribute(key, nodes.switch(state.value, state.span)))
    whose = f"group {group.name.text}"
    entries += routing_keys.entries(group.table, routing_keys.GROUP, whose, report_loss)
    return nodes.block("group", group.name.text, entries, span)


def matrix(said: SwapMatrix, config: SwapConfig, report_loss: ReportLoss) -> Block:
    """Return the matrix: handles, costs, and sets in the order in which llama-swap tries them.

    Sets that are no expressions, which llama-swap refuses, are lost.
    """
    handles = _Handles(said, config)
    sets = in_order(said, config.version)
    names = Names()
    renamed = {each.name.text: names.take(each.name.text) for each in sets}
    written: list[MatrixSet] = []
    for each in sets:
        try:
            expression = parse(
                each.expression.value,
                each.expression.span,
                handles.member,
                lambda name: renamed.get(name, name),
            )
        except ExpressionError as error:
            report_loss(
                f'set "{each.name.text}", which is not a valid expression: {error}',
                each.expression.span,
            )
            continue
        name = Name(renamed[each.name.text], each.name.span)
        written.append(MatrixSet(Name("set", each.name.span), name, expression, each.name.span))
    costs = list(handles.costs())
    inner = [nodes.block("evict-cost", None, costs, said.costs[0][0].span)] if costs else []
    others = routing_keys.entries(said.table, routing_keys.MATRIX, "the matrix", report_loss)
    entries = [*handles.entries(), *others, *inner, *written]
    return nodes.block("matrix", None, entries, said.span)


class _Handles:
    """Names of the leaves of expressions in the fleet file."""

    def __init__(self, said: SwapMatrix, config: SwapConfig) -> None:
        self._said = said
        self._targets = {key.text: target for key, target in said.handles}
        self._names = Names(*(each.id.text for each in config.models))
        self._renamed: dict[str, str] = {}
        self._added: dict[str, str] = {}
        for key in self._targets:
            self._renamed[key] = key if HANDLE.fullmatch(key) else self._names.take(f"m{key}")[:32]

    def member(self, leaf: str) -> str:
        """Return the handle of a var or a model, or the model where its id is a bare word."""
        if leaf in self._renamed:
            return self._renamed[leaf]
        if BARE_WORD.fullmatch(leaf):
            return leaf
        return self._added.setdefault(leaf, self._names.take("m"))

    def entries(self) -> Iterator[nodes.Entry]:
        """Return the handles; call it once all expressions have been read."""
        for key, target in self._said.handles:
            value = nodes.named(target.value, target.span)
            yield nodes.attribute(self._renamed[key.text], value)
        for leaf, handle in self._added.items():
            yield nodes.attribute(handle, nodes.named(leaf, self._said.span))

    def costs(self) -> Iterator[nodes.Entry]:
        """Return the block with the costs of evicting models."""
        for key, cost in self._said.costs:
            name = self._renamed.get(key.text, key.text)
            yield nodes.attribute(name, nodes.integer(cost.value, cost.span))
