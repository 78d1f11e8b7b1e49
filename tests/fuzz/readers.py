"""The readers: for each, how an input is made, and what must hold whatever it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO
from random import Random
from typing import Any

from llamafleet.cli.terminal import show
from llamafleet.compiler import compile_text
from llamafleet.diagnostics.as_json import as_json
from llamafleet.diagnostics.model import Diagnostics
from llamafleet.importers.dispatch import (
    ImportOptions,
    ImportResult,
    SourceKind,
    guess,
    import_source,
)
from llamafleet.importers.proof import broken
from llamafleet.language.include import read_all
from llamafleet.language.reading import decode
from llamafleet.source import Source
from llamafleet.swap_check import check_swap_config
from tests.fuzz import corpus, editor_requests, fleets, gguf_inputs, locks
from tests.fuzz.mutate import mutated


@dataclass(frozen=True, slots=True)
class Reader:
    """`make` gives an input from a seed; `read` raises where the reader breaks its word.

    What `read` returns says what became of the input, and is counted.
    """

    name: str
    make: Callable[[Random], Any]
    read: Callable[[Any], str]


def _text(random: Random, texts: tuple[str, ...], words: tuple[str, ...]) -> str:
    """A mutated text, rather of the short ones; one in fifty is nothing but words and damage."""
    if random.randrange(50) == 0:
        return mutated("".join(random.choices(words, k=random.randint(0, 9))), random, words, texts)
    return mutated(min(random.choices(texts, k=3), key=len), random, words, texts)


def _yaml(random: Random) -> tuple[str, int]:
    text = _text(random, corpus.yaml_texts(), corpus.swap_words())
    return text, random.choice((202, 230, 242, 250, 250, 250))


def _check_yaml(made: tuple[str, int]) -> str:
    text, version = made
    source = decode("config.yaml", text.encode("utf-8", "surrogatepass"), Diagnostics())
    if source is None:
        return "no text"
    checked = check_swap_config(source, version, "b11434")
    _printed(checked.diagnostics, {source.path: source})
    if checked.config is None:
        return "no configuration"
    refused = any(each.refused for each in checked.diagnostics)
    return "refused" if refused else "starts"


def _import(kind: SourceKind, text: str, path: str) -> str:
    """Import as the command line does; what it calls done is checked and compared, too."""
    found = Diagnostics()
    source = decode(path, text.encode("utf-8", "surrogatepass"), found)
    if source is None:
        return "no text"
    result = import_source(source, kind, ImportOptions(read=_small_yaml))
    known = [each.value for each in result.secrets]
    _printed(result.diagnostics, {each.path: each for each in result.sources}, known)
    if result.text is None:
        return "refused"
    result.text.encode()
    if len(text) % 3 == 0 and broken(result.text):  # reading it again takes as long as the rest
        return "broken, and says so"
    if len(text) % 12 == 0:
        _checked(result)
    return "in part" if result.failed else "imported"


def _small_yaml(_path: str) -> bytes:
    """The configuration that a unit of llama-swap names."""
    return corpus.texts("tests/fuzz/corpus/small.yaml")[0].encode()


def _checked(result: ImportResult) -> None:
    """Check and render what was imported, as `check` and `import --verify` do."""
    assert result.text is not None
    compiled = compile_text(result.text)
    _printed(compiled.diagnostics, compiled.sources)
    if compiled.fleet is not None:
        fleets.rendered(compiled.fleet)
    result.differences()


@dataclass(frozen=True, slots=True)
class Importer:
    """Texts of these kinds; with `guessed`, what it is taken for is left to it."""

    texts: Callable[[], tuple[str, ...]]
    words: Callable[[], tuple[str, ...]]
    kind: SourceKind
    path: str

    def make(self, random: Random) -> tuple[SourceKind, str, str]:
        return self.kind, _text(random, self.texts(), self.words()), self.path


INI = Importer(corpus.ini_texts, corpus.command_words, SourceKind.ROUTER_INI, "models.ini")
UNIT = Importer(corpus.unit_texts, corpus.unit_words, SourceKind.UNIT, "x.service")
ARGV = Importer(corpus.command_texts, corpus.command_words, SourceKind.COMMAND, "run.sh")
YAML = Importer(corpus.yaml_texts, corpus.swap_words, SourceKind.LLAMA_SWAP, "config.yaml")


def _any_import(random: Random) -> tuple[SourceKind, str, str]:
    """Mostly llama-swap's YAML; what a text is may be guessed, and guessed wrong."""
    own = random.choice((YAML, YAML, YAML, INI, UNIT, ARGV))
    kind, text, path = own.make(random)
    if random.randrange(10) == 0:
        kind = guess(Source(path, text)) or random.choice(list(SourceKind))
    return kind, text, path


def _read_import(made: tuple[SourceKind, str, str]) -> str:
    return _import(*made)


def _printed(diagnostics: Any, sources: Any, known: Sequence[str] = ()) -> None:
    """Print them in two formats: places lie in their files, and every text can be encoded."""
    stream = StringIO()
    show(diagnostics, sources, stream, known)
    stream.getvalue().encode("utf-8", "backslashreplace")
    for line in as_json(diagnostics).splitlines():
        json.loads(line)
    for each in diagnostics:
        span = each.primary.span
        source = sources.get(span.path)
        assert span.start <= span.end, each
        assert source is None or 1 <= span.start.line <= len(source.lines) + 1, each
        assert "\n" not in each.message, each


def _include(made: bytes) -> str:
    """Any bytes as a fleet file."""
    files, _, found = read_all("f.fleet", lambda _: made)
    return f"{len(files)} files" if not found.has_errors else "errors"


READERS = (
    Reader("importer", _any_import, _read_import),
    Reader("yaml", _yaml, _check_yaml),
    Reader("ini", INI.make, _read_import),
    Reader("unit", UNIT.make, _read_import),
    Reader("argv", ARGV.make, _read_import),
    Reader("lock", locks.make, locks.read),
    Reader("gguf", gguf_inputs.make, gguf_inputs.read),
    Reader("lsp", editor_requests.make, editor_requests.read),
    Reader("fleet", fleets.make, fleets.read),
    Reader("fmt", fleets.make_layout, fleets.read_layout),
)
"""All that are tried, by the names that the command line takes."""
