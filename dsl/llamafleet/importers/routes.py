"""Imports profiles, selectors and peers: the other places requests go to."""

from __future__ import annotations

from collections.abc import Iterator

from ..language.syntax import Block, Name, Text
from ..llama_swap.model import Peer, Profile, Selector, SwapConfig
from ..llama_swap.values import At, Table
from . import nodes, routing_keys, upstream_keys
from .model_settings import (
    ReportLoss,
    filters,
    filters_pass_through,
    free_entries,
    table,
    timeouts,
)
from .pass_through import filters_of
from .representable import is_representable
from .secrets import VARIABLE, SecretStore


def profile_block(profile: Profile, report_loss: ReportLoss) -> Block:
    """Return a profile: other meanings of ids."""
    pins = [
        nodes.attribute(
            key.text,
            nodes.named(target.value, target.span) if target.value else Name("null", target.span),
        )
        for key, target in profile.pins
    ]
    whose = f"profile {profile.name.text}"
    entries: list[nodes.Entry] = [
        *_text("description", profile.description),
        *routing_keys.entries(profile.table, routing_keys.PROFILE, whose, report_loss),
    ]
    entries.append(nodes.block("pins", None, pins, profile.name.span))
    return nodes.block("profile", profile.name.text, entries, profile.name.span)


def selector_block(selector: Selector, report_loss: ReportLoss) -> Block:
    """Return a selector: an id that stands for several models."""
    targets = (nodes.named(each.value, each.span) for each in selector.targets)
    entries: list[nodes.Entry] = [
        nodes.attribute("strategy", Name(selector.strategy.value, selector.strategy.span)),
        nodes.attribute("targets", nodes.items(targets, selector.strategy.span)),
        *_text("name", selector.name),
        *_text("description", selector.description),
    ]
    if selector.spillover is not None:
        number = nodes.integer(selector.spillover.value, selector.spillover.span)
        entries.append(nodes.attribute("spillover", number))
    if selector.unlisted is not None and selector.unlisted.value:
        entries.append(nodes.attribute("unlisted", nodes.switch(True, selector.unlisted.span)))
    whose = f"selector {selector.id.text}"
    entries += routing_keys.entries(selector.table, routing_keys.SELECTOR, whose, report_loss)
    if selector.metadata is not None:
        entries += table("metadata", selector.metadata, report_loss)
    return nodes.block("selector", selector.id.text, entries, selector.id.span)


def peer_block(peer: Peer, safe: SecretStore, report_loss: ReportLoss) -> Block:
    """Return a peer: another server whose models are served here, too."""
    models = (nodes.named(each.value, each.span) for each in peer.models)
    entries: list[nodes.Entry] = [
        nodes.attribute("proxy", Text(peer.proxy.value, peer.proxy.span)),
        nodes.attribute("models", nodes.items(models, peer.proxy.span)),
    ]
    key = peer.api_key
    if key is not None and key.value:
        found = VARIABLE.fullmatch(key.value.strip())
        wanted = "".join(each if each.isalnum() else "_" for each in peer.name.text.upper())
        wanted = f"PEER_{wanted}_API_KEY"
        what = f"apiKey of peer {peer.name.text}"
        name = found[1] if found else safe.keep(wanted, what, key.span, key.value)
        entries.append(nodes.attribute("api-key-env", nodes.named(name, key.span)))
    whose = f"peer {peer.name.text}"
    entries += routing_keys.entries(peer.table, routing_keys.PEER, whose, report_loss)
    entries += timeouts(peer.timeouts)
    entries += filters(peer.filters, report_loss)
    return nodes.block("peer", peer.name.text, entries, peer.name.span)


def of_peers(config: SwapConfig, report_loss: ReportLoss) -> tuple[Block, ...]:
    """Return all peers in llama-swap's own words, if the language cannot express one of them."""
    if all(
        is_representable(each.proxy.value)
        and not filters_pass_through(each.filters)
        and not upstream_keys.unrepresentable(each.table, routing_keys.PEER)
        for each in config.peers
    ):
        return ()
    start = nodes.start_of(config.path)
    peers = [_in_their_words(each, report_loss) for each in config.peers]
    return (nodes.block("peers", None, peers, start),)


def _in_their_words(peer: Peer, report_loss: ReportLoss) -> Block:
    span = peer.proxy.span
    models = (Text(each.value, each.span) for each in peer.models)
    entries: list[nodes.Entry] = [
        nodes.attribute("proxy", Text(peer.proxy.value, span)),
        nodes.attribute("models", nodes.items(models, span)),
    ]
    if peer.api_key is not None and peer.api_key.value:
        entries.append(nodes.attribute("apiKey", Text(peer.api_key.value, peer.api_key.span)))
    times = [
        nodes.attribute(key.text, nodes.integer(each.value, each.span))
        for key, each in peer.timeouts
    ]
    if times:
        entries.append(nodes.block("timeouts", None, times, span))
    inner = list(filters_of(peer.filters, report_loss))
    if inner:
        entries.append(nodes.block("filters", None, inner, span))
    others = {upstream.parts[0] for upstream in routing_keys.PEER} - {"timeouts", "filters"}
    kept = Table(tuple((key, value) for key, value in peer.table if key.text in others))
    entries += free_entries(kept, report_loss)
    return nodes.block(peer.name.text, None, entries, peer.name.span)


def _text(key: str, said: At[str] | None) -> Iterator[nodes.Entry]:
    if said is not None and said.value:
        yield nodes.attribute(key, Text(said.value, said.span))
