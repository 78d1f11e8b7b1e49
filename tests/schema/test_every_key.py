"""Every key of every block kind: a wrong value gives one clear diagnostic and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.backends import BACKENDS
from llamafleet.diagnostics import Diagnostics
from llamafleet.explain import explain, schemas
from llamafleet.fleet.schema.block import BlockSchema, Fields, Key, read_block
from llamafleet.fleet.schema.core import BUILD
from llamafleet.fleet.schema.values import Choice, Mismatch
from llamafleet.language.parser import parse
from llamafleet.language.syntax import Attribute, Block
from llamafleet.source import Source

SAMPLES = ("word", '"text"', "7", "1.5", "-3", "12GiB", "30s", "[7]", '["a", "b"]', "[[1]]", "[]")
SCHEMAS = tuple(schemas())
KEYS = [(schema, key) for schema in SCHEMAS for key in schema.keys]


def read(schema: BlockSchema, *lines: str) -> tuple[Fields, Diagnostics]:
    """Read a block with these lines in it."""
    label = " x" if schema.labelled else ""
    body = "\n".join(lines)
    file, found = parse(Source("t", f"fleet 1\n{schema.kind}{label} {{\n{body}\n}}\n"))
    assert not list(found)
    block = file.entries[1]
    assert isinstance(block, Block)
    diagnostics = Diagnostics()
    return read_block(block, schema, diagnostics), diagnostics


def wrong_values(key: Key) -> list[str]:
    """Samples that the key does not take."""
    schema = BlockSchema("k", "", ())
    wrong = []
    for sample in SAMPLES:
        fields, _ = read(BlockSchema("k", "", (key,)), f"{key.name} = {sample}")
        entry = fields.block.entries[0]
        assert isinstance(entry, Attribute)
        if isinstance(key.type.read(entry.value), Mismatch):
            wrong.append(sample)
    assert schema.keys == ()
    return wrong


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.kind)
def test_wrong_values_are_reported(schema: BlockSchema) -> None:
    """Each key refuses something, at the value, and counts as absent then."""
    for key in schema.keys:
        wrong = wrong_values(key)
        assert wrong, f"{key.name} takes anything"
        for sample in wrong:
            fields, diagnostics = read(schema, f"{key.name} = {sample}")
            (found,) = (each for each in diagnostics if each.code != "missing-key")
            assert found.code == "wrong-type"
            assert found.message.startswith(f"{key.name} takes ")
            assert found.primary.span.start.line == 3
            assert not fields.has(key.same_as or key.name)


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.kind)
def test_keys_are_documented(schema: BlockSchema) -> None:
    """Help is a sentence without a line break, names are kebab-case, and explain knows them."""
    assert explain(schema.kind)
    for key in schema.keys:
        assert key.help.strip(), key.name
        assert "\n" not in key.help
        assert key.name == key.name.lower()
        assert "_" not in key.name
        assert key.help in explain(f"{schema.kind}.{key.name}").replace("\n    ", " ")


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.kind)
def test_keys_are_unique(schema: BlockSchema) -> None:
    """No key stands in a table twice, and none is both a key and refused."""
    names = [key.name for key in schema.keys]
    assert len(names) == len(set(names))
    assert all(key.same_as in schema.table for key in schema.keys if key.same_as)


def test_backends_of_the_schema_are_those_there_are() -> None:
    """A backend in BACKENDS is a word of the language."""
    assert BUILD.table["backend"].type == Choice(*(backend.name for backend in BACKENDS))


@given(st.sampled_from(SCHEMAS), st.lists(st.sampled_from(SAMPLES), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_any_mixture_is_read(schema: BlockSchema, samples: list[str]) -> None:
    """Whatever stands in a block, reading it ends and accounts for every line."""
    names = [key.name for key in schema.keys] or ["key"]
    lines = [f"{names[i * 7 % len(names)]} = {sample}" for i, sample in enumerate(samples)]
    fields, diagnostics = read(schema, *lines)
    reported = {each.primary.span.start.line for each in diagnostics}
    good = {attribute.span.start.line for attribute in fields.written.values()}
    free = {name.span.start.line for name, _ in fields.free}
    assert reported | good | free >= set(range(3, 3 + len(lines)))
