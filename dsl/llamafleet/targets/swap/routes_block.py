"""From the blocks of a `llama-swap` that say where requests go to checked routes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...diagnostics.model import Diagnostics, Label
from ...fleet.matrix import Matrix
from ...fleet.model import Model
from ...fleet.request_filters import NestedBlocks
from ...fleet.schema.block import Fields, read_block
from ...fleet.schema.pass_through import PassedValue, read_values
from ...fleet.schema.swap_keys import METADATA, TIMEOUTS
from ...fleet.schema.swap_routing import (
    GROUP,
    GROUP_PATHS,
    MATRIX,
    PEER,
    PEER_PATHS,
    PINS,
    PRIORITY,
    PROFILE,
    PROFILE_PATHS,
    SELECTOR,
    SELECTOR_PATHS,
)
from ...fleet.schema.values import Named
from .checks import check_address
from .ids import Ids
from .routes import Group, Peer, Profile, Routes, Selector
from .spillover import check_spillover


def lower_routes(
    fields: Fields,
    models: Sequence[tuple[Named, Model]],
    matrix: Matrix | None,
    blocks: NestedBlocks,
) -> Routes:
    """Check every route of the block; one that means nothing is reported and left out."""
    peers = tuple(_peers(fields, blocks))
    ids = _ids(fields, models, peers, blocks.diagnostics)
    groups = _groups(fields, ids)
    selectors = tuple(_selectors(fields, ids, blocks))
    if not ids.broken and (matrix or not fields.nested(MATRIX.kind)):
        names = {**ids.aliases, **{name: name for name in ids.models}}
        check_spillover(selectors, names, peers, matrix, groups, blocks.diagnostics)
    return Routes(
        groups=groups,
        selectors=selectors,
        profiles=tuple(_profiles(fields, ids, blocks)),
        peers=peers,
        priority=_priority(fields, ids, blocks),
        preload=tuple(each for each in fields.names("preload") if _preloads(each, ids)),
    )


def _ids(
    fields: Fields,
    models: Sequence[tuple[Named, Model]],
    peers: Sequence[Peer],
    diagnostics: Diagnostics,
) -> Ids:
    served = {named.text: named for named, _ in models}
    return Ids(
        models=served,
        aliases={name: model.name for _, model in models for name in model.other_ids},
        selectors={
            each.label.text: Named(each.label.text, each.label.span)
            for each in fields.labelled(SELECTOR.kind)
            if each.label
        },
        peers={name: peer.name for peer in peers for name in peer.ids},
        broken=frozenset(each.text for each in fields.names("models")) - served.keys(),
        diagnostics=diagnostics,
    )


def _groups(fields: Fields, ids: Ids) -> tuple[Group, ...]:
    blocks = fields.labelled(GROUP.kind)
    matrix = fields.nested(MATRIX.kind)
    if blocks and matrix:
        ids.diagnostics.error(
            "conflicting-keys",
            "this llama-swap has both groups and a matrix",
            blocks[0].header,
            related=(Label(matrix.header, "the matrix"),),
            hint="write each group as a set, or each set as a group",
        )
        return ()
    first: dict[str, tuple[str, Named]] = {}
    groups = []
    for block in blocks:
        read = read_block(block, GROUP, ids.diagnostics)
        members = [each for each in read.names("models") if ids.model(each, "a group")]
        groups.append(
            Group(
                name=read.label.text,
                models=tuple(each for each in members if _alone(each, read, first, ids)),
                swap=read.switch("swap"),
                exclusive=read.switch("exclusive"),
                persistent=read.switch("persistent"),
                passed=tuple(read_values(read, GROUP_PATHS)),
                origin=block.header,
            )
        )
    return tuple(groups)


def _alone(member: Named, group: Fields, first: dict[str, tuple[str, Named]], ids: Ids) -> bool:
    """Return True if no earlier group has the model, else report it."""
    name, earlier = first.setdefault(member.text, (group.label.text, member))
    if earlier is member:
        return True
    ids.diagnostics.error(
        "duplicate-name",
        f'model "{member.text}" is already in group "{name}"',
        member.span,
        "second here",
        related=(Label(earlier.span, "first here"),),
        hint="remove one of them: a model can be in one group only",
    )
    return False


def _selectors(fields: Fields, ids: Ids, blocks: NestedBlocks) -> Iterator[Selector]:
    for block in fields.labelled(SELECTOR.kind):
        read = read_block(block, SELECTOR, ids.diagnostics)
        name = read.label
        if name.text in ids.models or name.text in ids.aliases:
            what = "a model" if name.text in ids.models else "an alias"
            ids.diagnostics.error(
                "duplicate-name",
                f'"{name.text}" is the name of both a selector and {what}',
                name.span,
                hint="rename the selector",
            )
        targets = tuple(each for each in read.names("targets") if ids.target(each))
        strategy = read.text("strategy") or ""
        if strategy == "warm":
            _check_warm(targets, ids)
        if not read.names("targets") and read.has("targets"):
            message = "this selector has no targets"
            ids.diagnostics.error(
                "missing-key", message, read.span("targets"), hint="add models to targets"
            )
        yield Selector(
            name=name.text,
            strategy=strategy,
            targets=targets,
            metadata=blocks.free(read, METADATA),
            passed=tuple(read_values(read, SELECTOR_PATHS)),
            origin=block.header,
        )


def _check_warm(targets: Sequence[Named], ids: Ids) -> None:
    for each in targets:
        if each.text not in ids.models and each.text not in ids.aliases:
            ids.diagnostics.error(
                "unknown-member",
                f'"{each.text}" runs on peer "{ids.peers[each.text]}", but warm takes local models',
                each.span,
                hint="use strategy = pin or spillover for models of peers",
            )


def _profiles(fields: Fields, ids: Ids, blocks: NestedBlocks) -> Iterator[Profile]:
    for block in fields.labelled(PROFILE.kind):
        read = read_block(block, PROFILE, ids.diagnostics)
        pins = blocks.free(read, PINS)
        if not pins:
            message = f'profile "{read.label.text}" has no pins'
            hint = "add pins { ID = MODEL }"
            ids.diagnostics.error("missing-key", message, block.header, hint=hint)
        if any(not name.strip() for name in pins):
            message = (
                f'profile "{read.label.text}" has a pin without a name, which llama-swap refuses'
            )
            hint = "write ID = MODEL"
            ids.diagnostics.error("bad-name", message, block.header, hint=hint)
        yield Profile(
            name=read.label.text,
            pins=tuple(
                (name, target if isinstance(target, Named) else None)
                for name, target in pins.items()
                if not isinstance(target, Named) or ids.target(target)
            ),
            passed=tuple(read_values(read, PROFILE_PATHS)),
            origin=block.header,
        )


def _peers(fields: Fields, blocks: NestedBlocks) -> Iterator[Peer]:
    for block in fields.labelled(PEER.kind):
        read = read_block(block, PEER, blocks.diagnostics)
        models = read.texts("models")
        if not models and read.has("models"):
            message = f'peer "{read.label.text}" has no models'
            hint = "list them in models: llama-swap does not query its peers"
            blocks.diagnostics.error("missing-key", message, read.span("models"), hint=hint)
        check_address(read.text("proxy") or "", read.span("proxy"), blocks.diagnostics)
        yield Peer(
            name=read.label.text,
            proxy=read.text("proxy") or "",
            models=models,
            api_key_env=read.text("api-key-env"),
            filters=blocks.filters(read),
            passed=_peer_values(read, blocks),
            origin=block.header,
        )


def _peer_values(read: Fields, blocks: NestedBlocks) -> tuple[PassedValue, ...]:
    return tuple(read_values(read, PEER_PATHS, lambda _: blocks.read(read, TIMEOUTS)))


def _priority(fields: Fields, ids: Ids, blocks: NestedBlocks) -> tuple[tuple[Named, int], ...]:
    read = blocks.read(fields, PRIORITY)
    found = ((Named(key.text, key.span), number) for key, number in read.free) if read else ()
    return tuple((named, number) for named, number in found if ids.model(named, "priority"))


def _preloads(named: Named, ids: Ids) -> bool:
    return named.text in ids.aliases or ids.model(named, "preload")
