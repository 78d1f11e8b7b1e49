"""YAML text as a tree of nodes with places, before any scalar has a type.

Follows the library that llama-swap uses: only the first document counts, anchors may be defined
again, and what a name `${env.X}` stands for is put in before the text is parsed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from ..diagnostics.model import Diagnostics
from ..source import Position, Source, Span
from .versions import CONFIG_DIR

ENVIRONMENT = re.compile(r"\$\{env\.([a-zA-Z_][a-zA-Z0-9_]*)\}")
_LOADER = getattr(yaml, "CLoader", yaml.Loader)
_OPEN, _CLOSE = "\ue0f0", "\ue0f1"
_HIDDEN = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}+")
_ODD_LINE_END = re.compile(r"\r(?!\n)|[\x85\u2028\u2029]")
_ESCAPED = re.compile(r'[\\"]')


@dataclass(slots=True, eq=False)
class Node:
    """A scalar, mapping, sequence or alias; `tag` is the short one or "" where none is written.

    `written` is a scalar's text with `${env.NAME}` as it stands in the file.
    """

    kind: str
    span: Span
    tag: str = ""
    value: str = ""
    written: str = ""
    quoted: bool = False
    known: bool = True
    children: list[Node] = field(default_factory=list)
    target: Node | None = None
    shared: bool = False

    def pairs(self) -> Iterator[tuple[Node, Node]]:
        """Return keys and values of a mapping."""
        return zip(self.children[::2], self.children[1::2], strict=True)


def compose(
    source: Source, environment: Mapping[str, str], version: int, diagnostics: Diagnostics
) -> Node | None:
    """Return the root of the first document, or None with an error, or None for an empty file."""
    composer = _Composer(source, environment, version)
    try:
        return composer.document()
    except yaml.YAMLError as error:
        _report(error, source, composer.position, diagnostics)
    except _UnknownAnchorError as error:
        message = f'"*{error.name}" has no anchor "&{error.name}" above it'
        diagnostics.error("yaml-syntax", message, error.span, refused=True)
    except RecursionError:
        message = "the file is nested too deeply"
        diagnostics.error("yaml-syntax", message, source.whole(), refused=True)
    return None


def templates(root: Node) -> frozenset[str]:
    """Return top-level keys that only hold anchors, a usual way to share values."""
    found = set()
    for key, value in root.pairs() if root.kind == "mapping" else ():
        if key.value.startswith((".", "x-")) or _is_shared(value):
            found.add(key.value)
    return frozenset(found)


def _is_shared(node: Node) -> bool:
    return node.shared or any(_is_shared(each) for each in node.children)


class _UnknownAnchorError(Exception):
    def __init__(self, name: str, span: Span) -> None:
        self.name, self.span = name, span


class _Composer:
    def __init__(self, source: Source, environment: Mapping[str, str], version: int) -> None:
        self.path = source.path
        # Written again since then, an empty value between braces becomes an empty text.
        self.written_again = version >= CONFIG_DIR
        self.flow = 0
        self.lines = source.lines
        self.position = _positions(source)
        self.environment = environment
        # Same length, so that every place stays what it is in the file.
        text = ENVIRONMENT.sub(lambda found: f"{_OPEN}{found[1]}{_CLOSE * 6}", source.text)
        self.events = yaml.parse(text, Loader=_LOADER)
        self.anchors: dict[str, Node] = {}

    def document(self) -> Node | None:
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if event.version not in (None, (1, 1)):
                    mark = event.start_mark
                    raise yaml.YAMLError("llama-swap reads %YAML 1.1 only", mark)
                root = self.node(next(self.events))
                next(self.events)
                return root
        return None

    def node(self, event: yaml.Event) -> Node:
        span = self.span(event)
        if isinstance(event, yaml.AliasEvent):
            name = str(event.anchor)
            if name not in self.anchors:
                raise _UnknownAnchorError(name, span)
            self.anchors[name].shared = True
            return Node("alias", span, value=name, target=self.anchors[name])
        tag = _short(getattr(event, "tag", None) or "")
        if isinstance(event, yaml.ScalarEvent):
            node = self.scalar(event, tag, span)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = Node("sequence", span, tag)
        else:
            node = Node("mapping", span, tag)
        if anchor := getattr(event, "anchor", None):
            self.anchors[anchor] = node
        if node.kind != "scalar":
            flow = bool(getattr(event, "flow_style", False))
            self.flow += flow
            while not isinstance(
                inner := next(self.events), yaml.SequenceEndEvent | yaml.MappingEndEvent
            ):
                node.children.append(self.node(inner))
            self.flow -= flow
        return node

    def scalar(self, event: yaml.ScalarEvent, tag: str, span: Span) -> Node:
        quoted = event.style not in (None, "")
        if event.value == "" and not tag and self.flow and self.written_again:
            quoted = True
        missing = False

        def replaced(found: re.Match[str]) -> str:
            nonlocal missing
            if found[1] not in self.environment:
                missing = True
                return f"${{env.{found[1]}}}"
            value = self.environment[found[1]]
            # llama-swap escapes for double quotes, whatever the style: elsewhere it shows.
            return value if event.style == '"' else _ESCAPED.sub(r"\\\g<0>", value)

        value = _HIDDEN.sub(replaced, event.value)
        written = _HIDDEN.sub(r"${env.\1}", event.value)
        return Node("scalar", span, tag, value, written, quoted, known=not missing)

    def span(self, event: yaml.Event) -> Span:
        start, end = self.position(event.start_mark), self.position(event.end_mark)
        style = getattr(event, "style", None)
        if end.line > start.line or style in ("|", ">") or end <= start:
            # A block's end is wherever the next thing begins: the first line says enough.
            line = self.lines[start.line - 1] if start.line <= len(self.lines) else ""
            end = Position(start.line, max(len(line.rstrip()) + 1, start.column))
        return Span(self.path, start, end)


def _positions(source: Source) -> Callable[[Any], Position]:
    """Return a function from YAML's marks to places: YAML ends lines where no editor does."""
    if not _ODD_LINE_END.search(source.text):
        return lambda mark: Position(mark.line + 1, mark.column + 1)
    starts = [0, *(found.end() for found in re.finditer("\n", source.text))]

    def position(mark: Any) -> Position:
        line = bisect_right(starts, mark.index)
        return Position(line, mark.index - starts[line - 1] + 1)

    return position


def _short(tag: str) -> str:
    prefix = "tag:yaml.org,2002:"
    return "!!" + tag[len(prefix) :] if tag.startswith(prefix) else tag.removeprefix("!") and tag


def _report(
    error: yaml.YAMLError,
    source: Source,
    position: Callable[[Any], Position],
    diagnostics: Diagnostics,
) -> None:
    span = source.whole()
    words = str(error)
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        if mark is not None:
            at = position(mark)
            span = Span(source.path, at, at)
        words = ": ".join(each for each in (error.context, error.problem) if each)
    elif isinstance(error, yaml.reader.ReaderError):
        words = f"character {error.character!r} is not allowed in YAML"
    diagnostics.error(
        "yaml-syntax", f"this is not YAML: {' '.join(words.split())}", span, refused=True
    )
