"""Ports that llama-swap assigned: llamafleet assigns others, which mean the same."""

from __future__ import annotations

import re
from itertools import pairwise

from ..fleet.words import split
from ..llama_swap.model import Command, SwapConfig, SwapModel
from .model_block import PORT, PROXY, ported


def own_ports(config: SwapConfig) -> dict[str, int]:
    """Return the ports that llama-swap assigns itself, by model."""
    return {each.id.text: each.port for each in config.models if each.port is not None}


def rendered_ports(rendered: SwapConfig, original: SwapConfig) -> dict[str, int]:
    """Return, of a rendered configuration, the ports of models whose port llama-swap assigned."""
    found: dict[str, int] = {}
    for before in original.models:
        after = rendered.model(before.id.text)
        if before.port is not None and after is not None:
            port = after.port or _port_of(before, before.port, after)
            if port is not None:
                found[before.id.text] = port
    return found


def _port_of(before: SwapModel, port: int, after: SwapModel) -> int | None:
    """Return the port that replaces the assigned one: in the proxy, or in the same argument."""
    home = f"http://127.0.0.1:{port}"
    there = PROXY.fullmatch(after.proxy.value) if after.proxy else None
    went = before.proxy.value if before.proxy else home
    if there and went.replace("localhost", "127.0.0.1").rstrip("/") == home:
        return int(there[1])
    words = words_of(after.cmd, None)
    was = words_of(before.cmd, port)
    if len(words) == len(was):
        # A command stays as it stands, so the same argument holds the port.
        for old, new in zip(was, words, strict=True):
            pattern = re.escape(old).replace(re.escape(PORT), "([0-9]+)", 1)
            pattern = pattern.replace(re.escape(PORT), r"\1")
            if PORT in old and (same := re.fullmatch(pattern, new, re.DOTALL)):
                return int(same[1])
    ports = [value for flag, value in pairwise(words) if flag == "--port" and value.isdigit()]
    if ports:
        return int(ports[-1])
    return None


def words_of(command: Command | None, port: int | None) -> list[str]:
    """Split a command into words, with the port as a macro."""
    text = command.text if command else ""
    return [ported(word.text, port) for word in split(text, "")]
