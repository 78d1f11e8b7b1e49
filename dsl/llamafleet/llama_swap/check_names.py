"""Selectors, profiles and peers: names that stand for models."""

from __future__ import annotations

from ..diagnostics.model import Diagnostics
from ..diagnostics.suggest import suggest
from .model import Selector, SwapConfig
from .url import problem
from .values import At, Key
from .versions import PEER_NAMESPACE

STRATEGIES = ("warm", "pin", "spillover")


def peer_model(config: SwapConfig, name: str) -> str | None:
    """Return `peer/model` of a name that exactly one peer offers, or None."""
    full = {(peer.name.text, model.value) for peer in config.peers for model in peer.models}
    if config.version >= PEER_NAMESPACE:
        exact = [pair for pair in full if "/".join(pair) == name]
        if exact:
            return name if len(exact) == 1 else None
    bare = [pair for pair in full if pair[1] == name]
    return "/".join(bare[0]) if len(bare) == 1 else None


def check_peers(config: SwapConfig, diagnostics: Diagnostics) -> None:
    """Report peers without an address or models, and names that several peers have."""
    owners: dict[str, tuple[str, str]] = {}
    for peer in sorted(config.peers, key=lambda each: each.name.text.encode()):
        name = peer.name.text
        if not peer.proxy.value:
            message = f'peer "{name}" has no proxy'
            refused = not peer.null  # of nothing at all, nothing is checked
            diagnostics.error("missing-key", message, peer.name.span, refused=refused)
        elif "${env." not in peer.proxy.value and (why := problem(peer.proxy.value)):
            message = f'proxy of peer "{name}" is not a valid URL: {why}'
            diagnostics.error("wrong-type", message, peer.proxy.span, refused=True)
        if not peer.models and not peer.null:
            message = f'peer "{name}" has no models'
            diagnostics.error("missing-key", message, peer.name.span, refused=True)
        for model in peer.models:
            full = f"{name}/{model.value}"
            if owners.setdefault(full, (name, model.value)) != (name, model.value):
                other = owners[full][0]
                message = f'"{full}" is also a model of peer "{other}"'
                _refuse_name(config, message, model, diagnostics)
    if config.version >= PEER_NAMESPACE:
        _check_reserved(config, set(owners), diagnostics)


def _refuse_name(
    config: SwapConfig, message: str, at: At[str] | Key, diagnostics: Diagnostics
) -> None:
    if config.version >= PEER_NAMESPACE:
        diagnostics.error("alias-conflict", message, at.span, refused=True)


def _check_reserved(config: SwapConfig, reserved: set[str], diagnostics: Diagnostics) -> None:
    names: list[tuple[str, Key | At[str]]] = []
    for model in config.models:
        names.append((model.id.text, model.id))
        names += [(alias.value, alias) for alias in model.aliases]
        names += [(key.text, key) for key, _ in model.filters.set_params_by_id]
    names += [(selector.id.text, selector.id) for selector in config.selectors]
    names += [(pin.text, pin) for profile in config.profiles for pin, _ in profile.pins]
    for name, at in names:
        if name in reserved:
            _refuse_name(config, f'"{name}" is the name of a peer\'s model', at, diagnostics)


def check_selectors(config: SwapConfig, diagnostics: Diagnostics) -> None:
    """Report selectors without a name, strategy or targets, and targets that do not exist."""
    for selector in config.selectors:
        name = selector.id.text
        if not name.strip():
            diagnostics.error("bad-name", "a selector has no name", selector.id.span, refused=True)
        if (real := config.resolved(name)) is not None:
            what = "a model" if real == name else f'an alias of "{real}"'
            message = f'selector "{name}" has the name of {what}'
            diagnostics.error("alias-conflict", message, selector.id.span, refused=True)
        strategy = selector.strategy
        if not strategy.value:
            message = f'selector "{name}" has no strategy'
            hint = f"use one of: {', '.join(STRATEGIES)}"
            diagnostics.error("missing-key", message, selector.id.span, hint=hint, refused=True)
        elif strategy.value not in STRATEGIES and "${env." not in strategy.value:
            message = f'there is no strategy "{strategy.value}"'
            hint = f"use one of: {', '.join(STRATEGIES)}"
            diagnostics.error("wrong-type", message, strategy.span, hint=hint, refused=True)
        if not selector.targets:
            message = f'selector "{name}" has no targets'
            diagnostics.error("missing-key", message, selector.id.span, refused=True)
        _check_targets(config, selector, diagnostics)


def _check_targets(config: SwapConfig, selector: Selector, diagnostics: Diagnostics) -> None:
    name = selector.id.text
    selectors = {each.id.text for each in config.selectors}
    local: list[str] = []
    seen: set[str] = set()
    whole = True
    for target in selector.targets:
        if "${env." in target.value:
            whole = False
            continue
        real = config.resolved(target.value)
        away = None if real else peer_model(config, target.value)
        problem_ = ""
        if target.value in selectors:
            problem_ = "is itself a selector"
        elif real is None and away is None:
            problem_ = "is not a model"
        elif real is None and selector.strategy.value == "warm":
            problem_ = "is a model of a peer, but warm takes local models"
        elif selector.strategy.value == "spillover" and (real or away) in seen:
            problem_ = "is listed twice"
        if problem_:
            near = suggest(target.value, [each.id.text for each in config.models])
            hint = f"did you mean {near}?" if near and real is None else ""
            message = f'target "{target.value}" of selector "{name}" {problem_}'
            diagnostics.error("unknown-name", message, target.span, hint=hint, refused=True)
            whole = False
        seen.add(real or away or "")
        local += [real] if real else []
    if selector.strategy.value == "spillover" and selector.targets:
        _check_spillover(config, selector, local if whole else [], diagnostics)


def _check_spillover(
    config: SwapConfig, selector: Selector, local: list[str], diagnostics: Diagnostics
) -> None:
    if selector.spillover is not None and selector.spillover.value < 1:
        message = f'settings.spillover of selector "{selector.id.text}" must be 1 or more'
        diagnostics.error("wrong-type", message, selector.spillover.span, refused=True)
    sound = not any(each.refused for each in diagnostics.found)
    if sound and len(local) > 1 and not together(config, local):
        what = "one set" if config.matrix else "one group with swap: false"
        message = f'the targets of selector "{selector.id.text}" cannot run together'
        hint = f"put them all into {what}: spillover loads them together"
        diagnostics.error("conflicting-keys", message, selector.id.span, hint=hint, refused=True)


def together(config: SwapConfig, models: list[str]) -> bool:
    """Return True if the models may run at the same time, which spillover requires."""
    if config.matrix is not None:
        from .solver import solver

        return solver(config).can_hold(models)
    for group in config.groups:
        members = {each.value for each in group.members}
        if models[0] in members:
            return not group.swap.value and set(models) <= members
    return False


def check_profiles(config: SwapConfig, diagnostics: Diagnostics) -> None:
    """Pins lead to models or selectors."""
    selectors = {each.id.text for each in config.selectors}
    for profile in config.profiles:
        name = profile.name.text
        if not name.strip():
            message = "a profile has no name"
            diagnostics.error("bad-name", message, profile.name.span, refused=True)
        if not profile.pins:
            message = f'profile "{name}" has no pins'
            diagnostics.error("missing-key", message, profile.name.span, refused=True)
        for pin, target in profile.pins:
            if not pin.text.strip():
                message = f'profile "{name}" has a pin without a name'
                diagnostics.error("bad-name", message, pin.span, refused=True)
            if not target.value or "${env." in target.value or target.value in selectors:
                continue
            if config.resolved(target.value) is None and peer_model(config, target.value) is None:
                near = suggest(target.value, [each.id.text for each in config.models])
                message = f'"{pin.text}" is pinned to "{target.value}", which is not a model'
                hint = f"did you mean {near}?" if near else ""
                diagnostics.error("unknown-name", message, target.span, hint=hint, refused=True)
