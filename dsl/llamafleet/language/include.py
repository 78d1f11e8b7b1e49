"""Follow `include`: one fleet file, and all that it brings in."""

from __future__ import annotations

import os

from ..dataclasses import dataclass, field
from ..diagnostics.model import Diagnostics, Label
from ..diagnostics.suggest import suggest
from ..source import Source, Span
from .parser import parse
from .reading import Read, read_bytes, read_source
from .syntax import Directive, File, Number, Text

VERSION = "1"
"""The version of the language that this release reads."""

DEEPEST = 50
"""How many files may include one another in a row."""

SUFFIX = ".fleet"

DIRECTIVES = ("fleet", "include")


def read_all(
    path: str, read: Read = read_bytes
) -> tuple[tuple[File, ...], dict[str, Source], Diagnostics]:
    """Read a file and what it includes, each file once.

    An included file comes before the one that includes it, as its text would stand there; so the
    file asked for is the last. `sources` also holds the files that could not be parsed.
    """
    reading = _Reading(read)
    reading.follow(os.fspath(path), None)
    return tuple(reading.files), reading.sources, reading.diagnostics


@dataclass(slots=True)
class _Reading:
    """The files read so far; `open` are those whose includes are being followed."""

    read: Read
    files: list[File] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    diagnostics: Diagnostics = field(default_factory=Diagnostics)
    done: set[str] = field(default_factory=set)
    open: dict[str, Span | None] = field(default_factory=dict)

    def follow(self, path: str, at: Span | None) -> None:
        """Read `path`, which the include at `at` names."""
        identity = os.path.realpath(path)
        self.done.add(identity)
        source = read_source(path, self.diagnostics, at, self.read)
        if source is None:
            return
        self.sources[path] = source
        file, found = parse(source)
        self.diagnostics.extend(found.found)
        check_version(file, source, self.diagnostics)
        self.open[identity] = at
        for entry in file.entries:
            if isinstance(entry, Directive):
                self._directive(entry, file)
        del self.open[identity]
        self.files.append(file)

    def _directive(self, entry: Directive, file: File) -> None:
        word = entry.keyword.text
        if word == "include":
            self._include(entry, file)
        elif word not in DIRECTIVES:
            meant = suggest(word, DIRECTIVES)
            hint = f'did you mean "{meant}"?' if meant else "write a block as KIND NAME {"
            message = f'there is no directive "{word}"'
            self.diagnostics.error("unknown-directive", message, entry.keyword.span, hint=hint)

    def _include(self, entry: Directive, file: File) -> None:
        value = entry.value
        if not isinstance(value, Text):
            message = "include takes a path in quotes"
            self.diagnostics.error("wrong-type", message, value.span, "found a number")
            return
        if not value.text.endswith(SUFFIX):
            # Nothing of it is read: what it holds would be shown where it is no fleet file.
            message = f'cannot include "{value.text}": its name does not end in {SUFFIX}'
            hint = "include fleet files only"
            self.diagnostics.error("unreadable-file", message, value.span, hint=hint)
            return
        path = os.path.normpath(_beside(file.path, value.text))
        identity = os.path.realpath(path)
        if identity in self.open:
            self._cycle(path, identity, value.span)
        elif first := _earlier(entry, file):
            message = f'"{value.text}" is included twice'
            label = Label(first.value.span, "first here")
            self.diagnostics.warning(
                "repeated-include", message, value.span, related=(label,), hint="remove this line"
            )
        elif len(self.open) >= DEEPEST:
            message = f"includes are nested more than {DEEPEST} levels deep"
            self.diagnostics.error("include-cycle", message, value.span)
        elif identity not in self.done:
            self.follow(path, value.span)

    def _cycle(self, path: str, identity: str, span: Span) -> None:
        on_the_way = list(self.open)
        chain = [self.open[each] for each in on_the_way[on_the_way.index(identity) + 1 :]]
        related = tuple(Label(each, "through this include") for each in chain if each)
        message = f'"{path}" includes itself'
        self.diagnostics.error("include-cycle", message, span, related=related)


def _earlier(entry: Directive, file: File) -> Directive | None:
    """Return an earlier include of the same path in the file."""
    assert isinstance(entry.value, Text)
    for other in file.entries:
        if other is entry:
            return None
        if (
            isinstance(other, Directive)
            and other.keyword.text == "include"
            and isinstance(other.value, Text)
            and os.path.normpath(other.value.text) == os.path.normpath(entry.value.text)
        ):
            return other
    return None


def check_version(file: File, source: Source, diagnostics: Diagnostics) -> None:
    """Check that a file starts with a language version that is supported."""
    versions = [
        each
        for each in file.entries
        if isinstance(each, Directive) and each.keyword.text == "fleet"
    ]
    hint = f"start the file with: fleet {VERSION}"
    if not versions:
        # A broken first line has been reported as such.
        if not any(each.primary.span.path == file.path for each in diagnostics.found):
            message = "the language version is missing"
            diagnostics.error("language-version", message, source.whole(), hint=hint)
        return
    first, *others = versions
    match first.value:
        case Number(text) if text == VERSION:
            pass
        case value:
            message = f"this llamafleet reads language version {VERSION}, not {value.text}"
            diagnostics.error(
                "language-version", message, value.span, hint=f"write: fleet {VERSION}"
            )
    if first is not file.entries[0]:
        diagnostics.error(
            "language-version", "the language version must come first", first.span, hint=hint
        )
    for other in others:
        label = Label(first.span, "first here")
        message = "the language version is given twice"
        diagnostics.error("language-version", message, other.span, related=(label,))


def _beside(path: str, name: str) -> str:
    """Return the path that `name` means in a file at `path`; pathlib takes long to import."""
    return os.path.join(os.path.dirname(path), name)  # noqa: PTH118, PTH120
