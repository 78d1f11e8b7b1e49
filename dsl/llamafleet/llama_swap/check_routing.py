"""Groups, the choice between them and a matrix, priorities and what is loaded first."""

from __future__ import annotations

from ..diagnostics.model import Diagnostics, Label
from ..diagnostics.suggest import suggest
from . import read_table as build
from .model import SwapConfig
from .values import At, Key, Table

MEMBERS_CHECKED = 218
"""Since then a group that names no model keeps llama-swap from starting."""
DEFAULT_GROUP = "(default)"


def check_routing(config: SwapConfig, root: Table, diagnostics: Diagnostics) -> None:
    """Check `routing`, and that only one place says what runs together."""
    router = build.table(root, "routing", "router")
    settings = build.table(router, "settings")
    use = build.text(router, "use")
    matrix = root.key("matrix") if _written(root, "matrix") else None
    groups = root.key("groups") if build.table(root, "groups").entries else None
    inner_matrix = settings.key("matrix") if _written(settings, "matrix") else None
    inner_groups = settings.key("groups") if build.table(settings, "groups").entries else None
    newer = inner_matrix or inner_groups or (_use_key(router) if use and use.value else None)
    if (matrix or groups) and newer:
        old = matrix or groups
        assert old is not None
        diagnostics.error(
            "conflicting-keys",
            f"{old.text} at top level cannot be combined with routing.router",
            newer.span,
            related=(Label(old.span, "the older form"),),
            hint=f"move {old.text} to routing.router.settings",
            refused=True,
        )
    elif matrix and groups:
        message = "groups and matrix cannot be combined"
        related = (Label(groups.span, "groups"),)
        diagnostics.error("conflicting-keys", message, matrix.span, related=related, refused=True)
    if use is not None and "${env." not in use.value:
        _check_use(use, inner_matrix, inner_groups, diagnostics)
    elif inner_matrix and not matrix:
        _idle(inner_matrix, "routing.router.use is not set, so groups are used", diagnostics)
    scheduler = build.text(build.table(root, "routing", "scheduler"), "use")
    if scheduler is not None and scheduler.value not in ("", "fifo"):
        message = f'there is no scheduler "{scheduler.value}"'
        diagnostics.error("wrong-type", message, scheduler.span, hint="fifo", refused=True)


def _use_key(router: Table) -> Key | None:
    return router.key("use")


def _written(table: Table, name: str) -> bool:
    value = table.get(name)
    return value is not None and value.data is not None


def _check_use(
    use: At[str], matrix: Key | None, groups: Key | None, diagnostics: Diagnostics
) -> None:
    if use.value == "matrix" and matrix is None:
        message = "routing.router.use is matrix, but routing.router.settings has no matrix"
        diagnostics.error("missing-key", message, use.span, refused=True)
    elif use.value not in ("", "group", "matrix"):
        near = suggest(use.value, ("group", "matrix")) or "group or matrix"
        message = f'there is no router "{use.value}"'
        diagnostics.error("wrong-type", message, use.span, hint=near, refused=True)
    elif use.value != "matrix" and matrix is not None:
        _idle(matrix, f'routing.router.use is "{use.value}", so groups are used', diagnostics)
    elif use.value == "matrix" and groups is not None:
        _idle(groups, "routing.router.use is matrix", diagnostics)


def _idle(key: Key, why: str, diagnostics: Diagnostics) -> None:
    message = f"this {key.text} has no effect: {why}"
    hint = "add use: matrix" if key.text == "matrix" else f"remove {key.text}"
    diagnostics.error("unused-key", message, key.span, hint=hint)


def check_groups(config: SwapConfig, diagnostics: Diagnostics) -> None:
    """Members exist, and each stands once."""
    owners: dict[str, tuple[str, At[str]]] = {}
    ids = {each.id.text for each in config.models}
    for group in config.groups:
        if group.name.text == DEFAULT_GROUP:
            message = f'llama-swap overwrites group "{DEFAULT_GROUP}" with its own'
            diagnostics.error("unused-key", message, group.name.span, hint="choose another name")
            continue
        for member in group.members:
            if member.value in owners:
                other, where = owners[member.value]
                message = f'model "{member.value}" is in groups "{other}" and "{group.name.text}"'
                if other == group.name.text:
                    message = f'model "{member.value}" is listed twice in group "{other}"'
                diagnostics.error(
                    "duplicate-member",
                    message,
                    member.span,
                    related=(Label(where.span, "first here"),),
                    hint="remove one of them, or use a matrix: a model can be in one group only",
                    refused=True,
                )
                continue
            owners[member.value] = (group.name.text, member)
            if member.value not in ids and "${env." not in member.value:
                _unknown_member(config, member, group.name.text, ids, diagnostics)


def _unknown_member(
    config: SwapConfig, member: At[str], group: str, ids: set[str], diagnostics: Diagnostics
) -> None:
    real = config.resolved(member.value)
    if real is not None:
        message = f'"{member.value}" is an alias of "{real}" and has no effect in group "{group}"'
        diagnostics.error("unknown-member", message, member.span, hint=f"use {real}")
        return
    near = suggest(member.value, ids)
    message = f'group "{group}" lists "{member.value}", which is not a model'
    hint = f"did you mean {near}?" if near else "remove it, or add the model"
    refused = config.version >= MEMBERS_CHECKED
    diagnostics.error("unknown-member", message, member.span, hint=hint, refused=refused)


def check_priority(config: SwapConfig, diagnostics: Diagnostics) -> None:
    """Priorities count by id only, though aliases are accepted."""
    ids = {each.id.text for each in config.models}
    for key, value in config.priority:
        real = config.resolved(key.text)
        if real is None:
            near = suggest(key.text, ids)
            message = f'priority names "{key.text}", which is not a model'
            hint = f"did you mean {near}?" if near else ""
            diagnostics.error("unknown-name", message, key.span, hint=hint, refused=True)
        elif real != key.text:
            message = (
                f'"{key.text}" is an alias of "{real}": its priority {value.value} has no effect'
            )
            diagnostics.error("unused-key", message, key.span, hint=f"use {real}")


def check_preload(config: SwapConfig, diagnostics: Diagnostics) -> None:
    """Report ids in `preload` that are no models."""
    ids = {each.id.text for each in config.models}
    for each in config.preload:
        name = each.value.strip()
        if name and "${env." not in name and config.resolved(name) is None:
            near = suggest(name, ids)
            message = f'preload names "{name}", which is not a model: llama-swap skips it'
            hint = f"did you mean {near}?" if near else ""
            diagnostics.error("unknown-name", message, each.span, hint=hint)
