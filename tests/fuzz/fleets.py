"""Random fleets from the tables of the language: what check accepts is rendered, all of it."""

from __future__ import annotations

from pathlib import Path
from random import Random

from llamafleet.cli.files import inside
from llamafleet.compiler import compile_text
from llamafleet.diagnostics.as_text import as_text
from llamafleet.explain import schemas
from llamafleet.fleet.model import Fleet
from llamafleet.importers.unit_file import read as read_unit_file
from llamafleet.inventory import pyinfra_groups
from llamafleet.language.comments import comments_of
from llamafleet.language.formatter import format_file, shape
from llamafleet.language.parser import parse
from llamafleet.llama_swap.load import read_swap_config
from llamafleet.llama_swap.versions import NEWEST
from llamafleet.plan import plan_fleet
from llamafleet.source import Source
from llamafleet.targets.plan_types import Artifact
from llamafleet.targets.swap.block import llama_swaps
from tests.fuzz import corpus
from tests.fuzz.mutate import mutated
from tests.fuzz.values import ODD, Names, block, quoted

SCHEMAS = {each.kind: each for each in schemas()}
TOP = ("gpu", "host", "build", "gguf", "model", "llama-swap", "llama-server", "nginx")


def generated(random: Random) -> str:
    """A fleet of a few hosts, models and services, each with random keys of its table."""
    named = {kind: tuple(f"{kind[0]}{n}" for n in range(random.randint(1, 2))) for kind in TOP}
    if random.randrange(3) == 0:
        named["model"] += (quoted(random.choice(ODD)),)
    services = ("s0", "t0")
    named |= {"llama-swap": ("s0",), "llama-server": ("t0",), "nginx": ("n0",), "service": services}

    def names(kind: str) -> tuple[str, ...]:
        return named.get(kind, ("a", *named["model"]))

    lines = ["fleet 1"]
    for kind in ("gpu", "host", "build", "gguf"):
        for name in named[kind]:
            lines += _with_needed(block(SCHEMAS[kind], name, names, random), kind)
    if random.randrange(6) == 0:
        lines += block(SCHEMAS["defaults"], "model", names, random)
    for name in named["model"]:
        lines += _model(name, names, random)
    for kind in ("llama-swap", "llama-server", "nginx"):
        if random.randrange(3):
            lines += _service(block(SCHEMAS[kind], named[kind][0], names, random), random)
    return "\n".join(lines) + "\n"


def _with_needed(lines: list[str], kind: str) -> list[str]:
    """With what such a block cannot do without, unless it says it."""
    said = {line.partition(" ")[0] for line in lines}
    if kind == "gguf" and not said & {"path", "hf", "hf-repo"}:
        lines.insert(1, 'path = "/w.gguf"')
    if kind == "gguf" and "hf-repo" in said and "hf-file" not in said:
        lines.insert(1, 'hf-file = "x.gguf"')
    return lines


def _model(name: str, names: Names, random: Random) -> list[str]:
    lines = block(SCHEMAS["model"], name, names, random)
    said = {line.partition(" ")[0] for line in lines}
    if not said & {"gguf", "command", "like"}:
        argv = ", ".join(quoted(random.choice(ODD)) for _ in range(random.randrange(3)))
        programs = ('"/bin/serve"', '"serve"', '"/bin/serve"', quoted(random.choice(ODD)))
        own = f"command = [{random.choice(programs)}{', ' if argv else ''}{argv}]"
        lines.insert(1, random.choice(("gguf = g0", own)))
    return lines


def _service(lines: list[str], random: Random) -> list[str]:
    """With a host and a build, which most of them need."""
    said = {line.partition(" ")[0] for line in lines}
    if not said & {"host", "hosts"}:
        lines.insert(1, "host = h0")
    if "build" not in said and not lines[0].startswith("nginx") and random.randrange(4):
        lines.insert(1, "build = b0")
    return lines


def without_errors(text: str, rounds: int = 8) -> str:
    """The text without the lines and blocks that errors point at, until none is left or time is."""
    for _ in range(rounds):
        found = [each for each in compile_text(text).diagnostics if each.severity == "error"]
        if not found:
            break
        lines = text.split("\n")
        for at in sorted({each.primary.span.start.line - 1 for each in found}, reverse=True):
            if at < len(lines):
                del lines[at : _end(lines, at)]
        text = "\n".join(lines)
    return text


def _end(lines: list[str], at: int) -> int:
    """The line after an entry: after its closing brace, where a block begins there."""
    depth = int(lines[at].endswith("{"))
    end = at + 1
    while depth and end < len(lines):
        depth += lines[end].endswith("{") - (lines[end] == "}")
        end += 1
    return end


def make(random: Random) -> str:
    """Mostly generated, and what errors point at taken out; one in three is a mutated file."""
    if random.randrange(3):
        return without_errors(generated(random))
    texts = corpus.fleet_texts()
    return mutated(min(random.choices(texts, k=3), key=len), random, corpus.fleet_words(), texts)


def read(text: str) -> str:
    """Check a fleet; what is accepted is rendered, and llama-swap's own reader takes it."""
    compiled = compile_text(text)
    as_text(compiled.diagnostics, compiled.sources).encode("utf-8", "backslashreplace")
    if compiled.fleet is None:
        return "errors"
    rendered(compiled.fleet)
    return "rendered"


def rendered(fleet: Fleet) -> tuple[Artifact, ...]:
    """Every file of every host, with all that a rollout takes from the plans."""
    pyinfra_groups(fleet)
    made: list[Artifact] = []
    releases = {each.name: each.version for each in llama_swaps(fleet)}
    for plan in plan_fleet(fleet):
        artifacts = [*plan.artifacts, *(x for service in plan.services for x in service.artifacts)]
        for each in artifacts:
            each.content.encode()
            inside(Path("/host"), each.path)
            _read_back(each, releases.get(Path(each.path).stem, NEWEST))
        made += artifacts
    return tuple(made)


def _read_back(artifact: Artifact, release: int) -> None:
    """Read a file as what it is for: llama-swap's as the release that the fleet declares."""
    source = Source(artifact.path, artifact.content)
    if artifact.path.endswith(".yaml"):
        _, found = read_swap_config(source, release)
        refused = [each.message for each in found if each.refused]
        assert not refused, refused
    elif artifact.path.endswith(".service"):
        assert any(each.key == "ExecStart" and each.words() for each in read_unit_file(source))


def make_layout(random: Random) -> str:
    """A fleet file in any layout: mutated, and mostly still one without errors."""
    texts = corpus.fleet_texts()
    text = (
        generated(random) if random.randrange(4) == 0 else min(random.choices(texts, k=2), key=len)
    )
    if random.randrange(2):
        text = "\n".join(_laid_out(line, random) for line in text.split("\n"))
    return mutated(text, random, corpus.fleet_words(), texts) if random.randrange(2) else text


def _laid_out(line: str, random: Random) -> str:
    before = random.choice(("", "", " ", "\t", "\n", "# é\n", "\n\n\n", "  #\n"))
    return before + line + random.choice(("", "", " ", "  # note", "\r", "\t"))


def read_layout(text: str) -> str:
    """Format a text: what comes out means the same, keeps its comments, and stays as it is."""
    source = Source("f.fleet", text)
    before = format_file(source)
    if before.diagnostics.has_errors:
        assert before.text == text
        return "errors"
    after = format_file(Source("f.fleet", before.text))
    assert not after.diagnostics.has_errors
    assert after.text == before.text
    old, new = parse(source)[0], parse(Source("f.fleet", before.text))[0]
    assert shape(old) == shape(new)
    assert comments_of(old) == comments_of(new)
    return "formatted"
