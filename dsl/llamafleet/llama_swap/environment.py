"""Environment variables that a configuration needs, and nobody has told us."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..diagnostics.model import Diagnostics
from ..source import Span
from .nodes import ENVIRONMENT, Node


def report_missing(root: Node, environment: Mapping[str, str], diagnostics: Diagnostics) -> None:
    """One warning a variable, where it is first used."""
    seen: set[str] = set()
    for name, span in _used(root):
        if name in seen:
            continue
        seen.add(name)
        if name not in environment:
            diagnostics.warning(
                "unset-variable",
                f"llama-swap does not start without the environment variable {name}",
                span,
                hint=f"pass --env {name}=value to check with a value",
            )
        elif any(each in environment[name] for each in "\n\r\0"):
            message = f"the value of {name} contains a line break, which llama-swap refuses"
            diagnostics.error("wrong-type", message, span, refused=True)


def _used(node: Node) -> Iterator[tuple[str, Span]]:
    for found in ENVIRONMENT.finditer(node.written):
        yield found[1], node.span
    for child in node.children:
        yield from _used(child)
