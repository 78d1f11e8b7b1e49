"""Moves the secrets out of a llama-swap configuration, into environment variables.

What llama-swap reads gets `${env.NAME}`. What it shows to whoever lists models cannot be secret
there: such metadata is left out, and said so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from shlex import join

from ..fleet.schema.pass_through import UpstreamPath
from ..fleet.schema.swap_service import UPSTREAM_PATHS as SERVICE
from ..fleet.words import split
from ..llama_swap.model import (
    Command,
    Filters,
    Peer,
    Profile,
    Selector,
    SwapConfig,
    SwapGroup,
    SwapMatrix,
    SwapModel,
)
from ..llama_swap.values import At, Table, Value
from ..secrets.find import in_text, in_value
from ..source import Span
from . import routing_keys
from .model_settings import PASSED, ReportLoss
from .moving import Moved, Mover
from .public_metadata import public_metadata
from .secrets import VARIABLE, SecretStore, without_secrets

LostBy = Callable[[str], ReportLoss]
"""Who tells what is lost of a model, by the model's id; of llama-swap itself, by ""."""


def moved_out(config: SwapConfig, safe: SecretStore, lost_by: LostBy) -> SwapConfig:
    """Return the configuration without secrets; `safe` then knows who must hold which."""
    keys = tuple(
        At(
            _named(each.value, "LLAMA_SWAP_API_KEY", f"key {number} of apiKeys", each.span, safe),
            each.span,
        )
        for number, each in enumerate(config.api_keys, 1)
    )
    report_loss = lost_by("")
    return replace(
        config,
        api_keys=keys,
        table=_passed(config.table, SERVICE, safe, "of llama-swap"),
        models=tuple(_model(each, safe, lost_by(each.id.text)) for each in config.models),
        peers=tuple(_peer(each, safe) for each in config.peers),
        selectors=tuple(_selector(each, safe, report_loss) for each in config.selectors),
        matrix=_of_matrix(config.matrix, safe),
        groups=tuple(_group(each, safe) for each in config.groups),
        profiles=tuple(_profile(each, safe, report_loss) for each in config.profiles),
    )


def _group(group: SwapGroup, safe: SecretStore) -> SwapGroup:
    whose = f"of group {group.name.text}"
    return replace(group, table=_passed(group.table, routing_keys.GROUP, safe, whose))


def _profile(profile: Profile, safe: SecretStore, report_loss: ReportLoss) -> Profile:
    whose = f"profile {profile.name.text}"
    return replace(
        profile,
        table=_passed(profile.table, routing_keys.PROFILE, safe, f"of {whose}"),
        description=_shown(profile.description, f"a part of {whose}", report_loss),
    )


def _of_matrix(matrix: SwapMatrix | None, safe: SecretStore) -> SwapMatrix | None:
    if matrix is None:
        return None
    return replace(matrix, table=_passed(matrix.table, routing_keys.MATRIX, safe, "of the matrix"))


def _passed(
    table: Table, upstream_paths: Iterable[UpstreamPath], safe: SecretStore, whose: str
) -> Table:
    """Return what the fleet's table of keys passes through, and nothing else."""
    kept = {upstream.parts[0] for upstream in upstream_paths}
    entries = ((key, value) for key, value in table if key.text in kept)
    return Table(
        tuple((key, _externalised(key.text, value, safe, whose)) for key, value in entries)
    )


def _named(text: str, variable: str, what: str, span: Span, safe: SecretStore) -> str:
    """Replace a key that is a secret as a whole."""
    if not text or VARIABLE.search(text):
        return text
    return f"${{env.{safe.keep(variable, what, span, text)}}}"


def _model(model: SwapModel, safe: SecretStore, report_loss: ReportLoss) -> SwapModel:
    whose = f"of model {model.id.text}"

    def texted(said: At[str] | None, key: str) -> At[str] | None:
        if said is None or not in_text(said.value):
            return said
        return At(
            without_secrets(said.value, safe, f"a part of {key} {whose}", said.span), said.span
        )

    cmd, environment = _started(model, safe, whose)
    stop = model.cmd_stop
    if stop is not None:
        mover = Mover(safe, f"in cmdStop {whose}", stop.span, model.id.text)
        stop = _command(stop, mover.moved(_words(stop)))
    return replace(
        model,
        cmd=cmd,
        cmd_stop=stop,
        env=environment,
        proxy=texted(model.proxy, "proxy"),
        check_endpoint=texted(model.check_endpoint, "checkEndpoint"),
        use_model_name=texted(model.use_model_name, "useModelName"),
        name=_shown(model.name, "a part of its name", report_loss),
        description=_shown(model.description, "a part of its description", report_loss),
        filters=_filters(model.filters, safe, whose),
        metadata=public_metadata(model.metadata, safe, report_loss),
        table=_passed(model.table, PASSED, safe, whose),
    )


def _words(command: Command) -> list[str]:
    return [word.text for word in split(command.text, "")]


def _started(
    model: SwapModel, safe: SecretStore, whose: str
) -> tuple[Command | None, tuple[At[str], ...]]:
    """Return the command and the environment of a model."""
    command = model.cmd
    span = command.span if command else model.id.span
    spans = {each.value.partition("=")[0]: each.span for each in model.env}
    mover = Mover(safe, whose, span, model.id.text, spans)
    pairs = [each.value.partition("=") for each in model.env]
    found = mover.moved(
        _words(command) if command else (), [(name, value) for name, _, value in pairs]
    )
    if found is None:
        return command, model.env
    given = dict(found.given)
    names = {name for name, _ in found.environment}
    kept = [each for each in model.env if each.value.partition("=")[0] in names - given.keys()]
    added = [At(f"{name}=${{env.{held}}}", spans.get(name, span)) for name, held in given.items()]
    return _command(command, found) if command else None, (*kept, *added)


def _command(command: Command, found: Moved | None) -> Command:
    if found is None or list(found.words) == _words(command):
        return command
    text = join(found.words)
    # Macros of llama-swap's own stay ones: a port by its number needs no quotes.
    return replace(command, text=text, written=text)


def _peer(peer: Peer, safe: SecretStore) -> Peer:
    whose = f"of peer {peer.name.text}"
    key = peer.api_key
    if key is not None:
        wanted = "".join(
            each if each.isascii() and each.isalnum() else "_" for each in peer.name.text
        )
        variable = f"PEER_{wanted.upper()}_API_KEY"
        key = At(_named(key.value, variable, f"apiKey {whose}", key.span, safe), key.span)
    proxy = without_secrets(peer.proxy.value, safe, f"a part of proxy {whose}", peer.proxy.span)
    return replace(
        peer,
        api_key=key,
        proxy=At(proxy, peer.proxy.span),
        filters=_filters(peer.filters, safe, whose),
        table=_passed(peer.table, routing_keys.PEER, safe, whose),
    )


def _selector(selector: Selector, safe: SecretStore, report_loss: ReportLoss) -> Selector:
    whose = f"selector {selector.id.text}"
    return replace(
        selector,
        name=_shown(selector.name, f"a part of the name of {whose}", report_loss),
        description=_shown(selector.description, f"a part of {whose}", report_loss),
        metadata=public_metadata(selector.metadata, safe, report_loss),
        table=_passed(selector.table, routing_keys.SELECTOR, safe, f"of {whose}"),
    )


def _shown(said: At[str] | None, what: str, report_loss: ReportLoss) -> At[str] | None:
    """Remove the secrets from a text that llama-swap shows to everyone."""
    found = in_text(said.value) if said else ()
    if said is None or not found:
        return said
    report_loss(f"{what}: a secret that anyone who lists the models could read", said.span)
    text = said.value
    for each in reversed(found):
        text = f"{text[: each.start]}(a key){text[each.end :]}"
    return At(text, said.span)


def _filters(said: Filters, safe: SecretStore, whose: str) -> Filters:
    whose = f"in the parameters {whose}"
    params = said.set_params
    return replace(
        said,
        set_params=_externalised("", params, safe, whose) if params else None,
        set_params_by_id=tuple(
            (key, _externalised("", value, safe, whose)) for key, value in said.set_params_by_id
        ),
    )


def _externalised(name: str, value: Value, safe: SecretStore, whose: str) -> Value:
    """Return a free-form value with `${env.NAME}` for its secrets."""
    match value.data:
        case Table(entries):
            inner = ((key, _externalised(key.text, each, safe, whose)) for key, each in entries)
            return replace(value, data=Table(tuple(inner)))
        case tuple(items):
            inside = (_externalised(name, each, safe, whose) for each in items)
            return replace(value, data=tuple(inside))
        case str() | int() if found := in_value(name, str(value.data)):
            what = f"{name or 'a part'} {whose}"
            text = without_secrets(str(value.data), safe, what, value.span, found)
            return replace(value, data=text, text=text, known=False)
    return value
