"""Every key of every block changes what hosts get, or says here why it does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from llamafleet.compiler import compile_text
from llamafleet.fleet.schema.block import BlockSchema, Key
from llamafleet.fleet.schema.model_keys import MODEL
from llamafleet.fleet.schema.values import Choice, ListOf, Mismatch, OneOf, ValueType
from llamafleet.language.parser import parse
from llamafleet.language.syntax import Attribute, Block
from llamafleet.plan import plan_host
from llamafleet.source import Source
from llamafleet.targets import TARGETS
from tests.targets.compiling import AROUND

SAMPLES = (
    *(
        "on",
        "off",
        "7",
        "64",
        "1.5",
        "30s",
        "12GiB",
        '"/some/path"',
        '"text"',
        "word",
        '["/a", "b"]',
    ),
    *('"http://10.0.0.2:80"', "[7]", "[1, 0]", '["-A=b"]', '["A=b"]', '"v249"', "[text]", "null"),
    *('"9"', '"http://x/y"', '"a=b"', "[OTHER]", "OTHER", '["^/x"]', '"/x/*"', '["/x/*"]'),
    *('"f16"', '"a,b"', "0.5", "1", "2", "100", '"1,1"', "auto", '"0x3"', '"1-2"'),
)
"""Values of every type; the first that a key takes, and that is not its default, is tried."""

VALUES = {
    ("model", "gguf"): "other",
    ("model", "mmproj"): "other",
    ("model", "draft"): "other",
    ("model", "like"): "liked",
    ("model", "health"): '"/ready"',
    ("llama-swap", "host"): "bare",
    ("llama-swap", "build"): "c",
    ("llama-swap", "models"): "[m]",
    ("llama-swap", "preload"): "[m]",
    ("llama-swap", "sha256"): f'"{"a" * 64}"',
    ("llama-swap", "listen"): '"127.0.0.1:9999"',
    ("llama-server", "host"): "bare",
    ("llama-server", "hosts"): "[h, bare]",
    ("llama-server", "placement"): "per-gpu",
    ("llama-server", "requires"): '["x.service"]',
    ("matrix", "sets"): "auto",
    ("group", "models"): "[m, liked]",
    ("selector", "targets"): "[liked, m]",
    ("selector", "strategy"): "pin",
    ("matrix", "evict-cost"): "auto",
    ("llama-server", "build"): "c",
    ("llama-server", "model"): "liked",
    ("llama-server", "listen"): '"127.0.0.1:9999"',
    ("nginx", "host"): "bare",
    ("nginx", "upstream"): "second",
    ("nginx", "listen"): '"127.0.0.1:9999"',
}
"""Values that name something, or that have a form of their own."""

NOT_RENDERED: dict[tuple[str, str], str] = {
    ("model", "vram"): "what a check counts with",
    ("discover", "include"): "chooses among files that a lock has",
    ("discover", "exclude"): "chooses among files that a lock has",
}
"""Keys that change nothing on a host, and why."""

NO_SUCH_FLAG = {"removed-flag", "build-feature"}
"""A flag may well be refused with every value: the build of the test is a recent one."""

BLOCKS = {
    "llama-swap": "llama-swap s {\n host = h\n build = b\n models = [m, liked]\n",
    "llama-server": "llama-server w {\n host = h\n build = b\n model = m\n"
    ' listen = "0.0.0.0:8090"\n',
    "nginx": 'nginx n {\n host = h\n upstream = w\n listen = "0.0.0.0:80"\n',
}
LABELLED = {
    "group": ("models = [m]",),
    "selector": ("strategy = warm", "targets = [m, liked]"),
    "profile": ('pins {\n "x" = m\n}',),
    "discover": (),
    "peer": ('proxy = "http://10.0.0.9:1"', "models = [far]"),
}
"""Blocks with a name, and what each must say."""
LABELS = {"discover": '"/models"'}
"""Names of blocks that cannot be called x."""
MUST_SAY = {**LABELLED, "matrix": ("set all = m & liked",)}
"""Blocks in a service that cannot be empty."""
MODEL_M = "model m {\n gguf = g\n"
SECOND = """llama-server second {
    host = bare
    build = c
    model = liked
    listen = "0.0.0.0:8091"
}
"""
MORE = """gguf other {
    path = "/other.gguf"
    size = 20GiB
}
build c {
    ref = "b11434"
    backend = cpu
}
model liked {
    gguf = other
    ctx-size = 512
}
"""


def kinds() -> Iterator[tuple[BlockSchema, Key, str]]:
    """Every key with its block, and the nested block that it stands in, empty for none."""
    for schema in (MODEL, *(target.schema for target in TARGETS)):
        for key in schema.keys:
            if not key.same_as:
                yield schema, key, ""
        for block in schema.blocks:
            for key in block.keys:
                yield schema, key, block.kind


def fits(key: Key, sample: str) -> bool:
    """Return True if the key takes the sample, and means something else by it than by default."""
    file, found = parse(Source("x", f"fleet 1\nx {{\nk = {sample}\n}}\n"))
    block = file.entries[1]
    assert not found.found
    assert isinstance(block, Block)
    entry = block.entries[0]
    assert isinstance(entry, Attribute)
    read = key.type.read(entry.value)
    return not isinstance(read, Mismatch) and read not in (key.default, ())


def words_of(kind: ValueType) -> tuple[str, ...]:
    """The words that a choice takes, as they are written."""
    match kind:
        case Choice():
            return tuple(word if word.isidentifier() else f'"{word}"' for word in kind.words)
        case ListOf():
            return tuple(f"[{word}]" for word in words_of(kind.item))
        case OneOf():
            return tuple(word for each in kind.types for word in words_of(each))
    return ()


def text_of(kind: str, nested: str, line: str) -> str:
    """A fleet in which one block has one more line, instead of those that say the same."""
    name = line.partition(" ")[0]
    known = {"command": ("gguf",), "hosts": ("host",)}
    replaced: tuple[str, ...] = known.get(name, (name,))
    if nested in MUST_SAY:
        replaced = ()
        rows = [row for row in MUST_SAY[nested] if row.split(" ")[0] != name]
        label = f" {LABELS.get(nested, 'x')}" if nested in LABELLED else ""
        line = "\n".join((f"{nested}{label} {{", *rows, line, "}"))
    elif nested:
        line = f"{nested} {{\n{line}\n}}"
    services = {"nginx": ("llama-server", "nginx"), "model": ("llama-swap", "llama-server")}
    blocks = [MODEL_M, *(BLOCKS[each] for each in services.get(kind, (kind,)))]
    # What is auto in a matrix follows from memory and sizes.
    parts = [AROUND.replace("    arch = sm_86\n", "    arch = sm_86\n    vram = 48GiB\n"), MORE]
    for block in blocks:
        if block.startswith(f"{kind} "):
            rows = block.split("\n")
            kept = [row for row in rows if row.split(" ")[1:2] not in [[x] for x in replaced]]
            block = "\n".join(kept) + line + "\n"
        parts.append(block + "}\n")
    if line == "upstream = second":
        parts.append(SECOND)
    return "".join(parts)


def output(text: str) -> object:
    """What the hosts of a fleet get; of one with errors, their codes."""
    compiled = compile_text(text)
    if compiled.fleet is None:
        return {each.code for each in compiled.diagnostics if each.severity == "error"}
    plans = (plan_host(compiled.fleet, host) for host in compiled.fleet.hosts)
    return [
        (each.host, [(x.path, x.content) for x in each.artifacts], each.releases) for each in plans
    ]


@pytest.mark.parametrize(
    ("schema", "key", "nested"),
    list(kinds()),
    ids=lambda each: each if isinstance(each, str) else getattr(each, "kind", "") or each.name,
)
def test_it_changes_what_is_rendered(schema: BlockSchema, key: Key, nested: str) -> None:
    place = (nested or schema.kind, key.name)
    before = output(text_of(schema.kind, nested if nested in MUST_SAY else "", ""))
    assert isinstance(before, list)
    tried = []
    for sample in (VALUES[place],) if place in VALUES else (*words_of(key.type), *SAMPLES):
        if place not in VALUES and not fits(key, sample):
            continue
        after = output(text_of(schema.kind, nested, f"{key.name} = {sample}"))
        tried.append((sample, after))
        if isinstance(after, set) and not (key.upstream.startswith("--") and after <= NO_SUCH_FLAG):
            continue
        if place in NOT_RENDERED:
            assert after == before, f"{key.name} is rendered: it needs no reason"
        else:
            assert after != before, f"{key.name} = {sample} changes nothing on any host"
        return
    pytest.fail(f"no sample fits {place}, of {tried}")
