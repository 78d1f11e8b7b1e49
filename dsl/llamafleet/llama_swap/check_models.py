"""Models one by one, and their names among each other."""

from __future__ import annotations

from ..diagnostics.model import Diagnostics, Label
from .model import SwapConfig, SwapModel
from .url import problem
from .values import At

KINDS = ("text", "audio", "image")


def check_aliases(config: SwapConfig, diagnostics: Diagnostics) -> None:
    """An alias leads to one model; an id comes before any alias."""
    ids = {each.id.text: each for each in config.models}
    owners: dict[str, tuple[SwapModel, At[str]]] = {}
    for model in config.models:
        for alias in model.aliases:
            if alias.value in owners:
                first, where = owners[alias.value]
                diagnostics.error(
                    "alias-conflict",
                    f'alias "{alias.value}" of model "{model.id.text}" is also an alias of '
                    f'"{first.id.text}"',
                    alias.span,
                    related=(Label(where.span, "first here"),),
                    hint="use a selector for an id of several models (v241 or newer)",
                    refused=True,
                )
                continue
            owners[alias.value] = (model, alias)
            if (other := ids.get(alias.value)) is not None:
                whose = "the model's own id" if other is model else "the id of another model"
                diagnostics.error(
                    "alias-conflict",
                    f'alias "{alias.value}" of model "{model.id.text}" has no effect: '
                    f"it is {whose}",
                    alias.span,
                    related=() if other is model else (Label(other.id.span, "the other model"),),
                    hint="remove the alias",
                )
    # llama-swap goes through models by id, which decides who is blamed but not whether.
    for model in sorted(config.models, key=lambda each: each.id.text.encode()):
        _check_by_id(model, ids, owners, diagnostics)


def _check_by_id(
    model: SwapModel,
    ids: dict[str, SwapModel],
    owners: dict[str, tuple[SwapModel, At[str]]],
    diagnostics: Diagnostics,
) -> None:
    for key, _ in model.filters.set_params_by_id:
        if key.text == model.id.text:
            continue
        other = ids.get(key.text)
        if other is None and key.text in owners and owners[key.text][0] is not model:
            other = owners[key.text][0]
        if other is not None:
            message = (
                f'"{key.text}" under setParamsByID of "{model.id.text}" is also an id of '
                f'"{other.id.text}"'
            )
            hint = "use another key: each one becomes an alias of its model"
            diagnostics.error("alias-conflict", message, key.span, hint=hint, refused=True)
        owners.setdefault(key.text, (model, At(key.text, key.span)))


def check_models(config: SwapConfig, diagnostics: Diagnostics) -> None:
    """Values that llama-swap refuses in a model, and those that it accepts in vain."""
    for model in config.models:
        if model.null:
            _check_nothing(model, diagnostics)
            continue
        _check_numbers(config, model, diagnostics)
        _check_command(model, diagnostics)
        _check_proxy(model, diagnostics)
        _check_capabilities(model, diagnostics)
        _check_env(model, diagnostics)
        if (load := model.health_check_timeout) is not None:
            message = f'llama-swap never uses healthCheckTimeout of model "{model.id.text}"'
            diagnostics.error(
                "unused-key", message, load.span, hint="set it at top level, for all models"
            )


def _check_nothing(model: SwapModel, diagnostics: Diagnostics) -> None:
    message = f'model "{model.id.text}" has no cmd, so it cannot be started'
    diagnostics.error("missing-key", message, model.id.span, hint="add cmd")


def _check_numbers(config: SwapConfig, model: SwapModel, diagnostics: Diagnostics) -> None:
    name = model.id.text
    if model.ttl is not None and model.ttl.value < -1:
        message = f'ttl of model "{name}" must be -1 or more, not {model.ttl.value}'
        hint = "-1 means globalTTL, 0 means never"
        diagnostics.error("wrong-type", message, model.ttl.span, hint=hint, refused=True)
    if model.unload_timeout is not None and model.unload_timeout.value < 0:
        message = (
            f'unloadTimeout of model "{name}" must be 0 or more, not {model.unload_timeout.value}'
        )
        hint = "0 means the one at top level"
        diagnostics.error("wrong-type", message, model.unload_timeout.span, hint=hint, refused=True)


def _check_command(model: SwapModel, diagnostics: Diagnostics) -> None:
    if model.cmd is None:
        _check_nothing(model, diagnostics)
    elif not model.cmd.text.strip() and model.cmd.known:
        message = f'cmd of model "{model.id.text}" is empty, so it cannot be started'
        diagnostics.error("missing-key", message, model.cmd.span)


def _check_proxy(model: SwapModel, diagnostics: Diagnostics) -> None:
    proxy = model.proxy
    if proxy is None or "${" in proxy.value:
        return
    if why := problem(proxy.value):
        message = f'proxy of model "{model.id.text}" is not a valid URL: {why}'
        diagnostics.error("wrong-type", message, proxy.span, refused=True)
    elif not proxy.value.startswith(("http://", "https://")):
        message = f'proxy of model "{model.id.text}" has no scheme, so no request reaches it'
        host = proxy.value.partition("://")[2] or proxy.value
        diagnostics.error("wrong-type", message, proxy.span, hint=f"write http://{host}")


def _check_capabilities(model: SwapModel, diagnostics: Diagnostics) -> None:
    found = model.capabilities
    if found is None:
        return
    for name, kinds in (("in", found.inputs), ("out", found.outputs)):
        for kind in kinds:
            if kind.value not in KINDS and "${env." not in kind.value:
                message = (
                    f'capabilities.{name} of model "{model.id.text}" cannot contain "{kind.value}"'
                )
                hint = f"use one of: {', '.join(KINDS)}"
                diagnostics.error("wrong-type", message, kind.span, hint=hint, refused=True)
    if found.context is not None and found.context.value < 0:
        message = f'capabilities.context of model "{model.id.text}" must be 0 or more'
        diagnostics.error("wrong-type", message, found.context.span, refused=True)


def _check_env(model: SwapModel, diagnostics: Diagnostics) -> None:
    for each in model.env:
        name, sign, _ = each.value.partition("=")
        if (not sign or not name) and "${env." not in each.value:
            message = f'"{each.value}" in env of model "{model.id.text}" has no effect'
            diagnostics.error("wrong-type", message, each.span, hint="write NAME=value")
