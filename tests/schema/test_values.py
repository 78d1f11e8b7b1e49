"""Types of values: what each takes, what it makes of it, and what it says otherwise."""

from __future__ import annotations

import pytest

from llamafleet.fleet.model import ListenAddress
from llamafleet.fleet.schema.patterns import PATH, REPOSITORY, REPOSITORY_FILE, SHA256
from llamafleet.fleet.schema.values import (
    Choice,
    Decimal,
    Duration,
    Integer,
    Listen,
    ListOf,
    Mismatch,
    Named,
    OneOf,
    Reference,
    Size,
    Switch,
    Text,
    TextOrWord,
    ValueType,
    Word,
)
from llamafleet.language.parser import parse
from llamafleet.language.syntax import Attribute, Block, Value
from llamafleet.source import Source


def value(text: str) -> Value:
    """The syntax of one value."""
    file, diagnostics = parse(Source("t", f"fleet 1\nkind x {{\n    key = {text}\n}}\n"))
    assert not list(diagnostics), text
    block = file.entries[1]
    assert isinstance(block, Block)
    attribute = block.entries[0]
    assert isinstance(attribute, Attribute)
    return attribute.value


GOOD: list[tuple[ValueType, str, object]] = [
    (Integer(), "-1", -1),
    (Integer(1, 65535), "65535", 65535),
    (Decimal(), "1.5", 1.5),
    (Decimal(), "3", 3.0),
    (Switch(), "on", True),
    (Switch(), "off", False),
    (Choice("cuda", "cpu"), "cpu", "cpu"),
    (Choice("mmap", "mmap+mlock"), '"mmap+mlock"', "mmap+mlock"),
    (Size(), "24GiB", 24 * 1024**3),
    (Size(), "2.5GB", 2_500_000_000),
    (Duration(), "1m30s", 90_000),
    (Duration(), "0s", 0),
    (Text(), '"a \\"b\\" c"', 'a "b" c'),
    (Word(), "sm_86", "sm_86"),
    (TextOrWord(), "sm_86", "sm_86"),
    (TextOrWord(), '"x y"', "x y"),
    (Listen(), '"0.0.0.0:8080"', ListenAddress("0.0.0.0", 8080)),
    (Listen(), '":8080"', ListenAddress("0.0.0.0", 8080)),
    (Listen(), '"*:8080"', ListenAddress("0.0.0.0", 8080)),
    (Listen(), '"[::1]:80"', ListenAddress("::1", 80)),
    (Listen(), '"localhost:80"', ListenAddress("localhost", 80)),
    (ListOf(Integer(0)), "[0, 1]", (0, 1)),
    (ListOf(Integer(0)), "[]", ()),
    (ListOf(Integer(0), length=2), "[3, 9]", (3, 9)),
    (OneOf(Integer(), Choice("all")), "all", "all"),
    (OneOf(Integer(), Choice("all")), "7", 7),
    (PATH, '"/opt/models/x.gguf"', "/opt/models/x.gguf"),
    (REPOSITORY, '"unsloth/Qwen3.6-27B-GGUF"', "unsloth/Qwen3.6-27B-GGUF"),
    (REPOSITORY_FILE, '"BF16/a-00001-of-00002.gguf"', "BF16/a-00001-of-00002.gguf"),
]

BAD: list[tuple[ValueType, str, str]] = [
    (Integer(), "4KiB", "write the number out: 4096"),
    (Integer(), '"4k"', "write the number out: 4096"),
    (Integer(), '"4096"', "write it without quotes"),
    (Integer(), "1.5", ""),
    (Integer(), "9" * 30, ""),
    (Integer(), "2147483648", ""),
    (Integer(0, 7), "-1", ""),
    (Decimal(), "warm", ""),
    (Switch(), "true", "write on"),
    (Switch(), '"off"', "write off"),
    (Switch(), "1", "write on"),
    (Choice("cuda", "cpu"), "cudaa", 'did you mean "cuda"?'),
    (Choice("cuda", "cpu"), '"cuda"', "write it without quotes"),
    (Choice("on", "off", "auto"), "yes", "write on"),
    (Size(), "12", "add a unit: 12GiB"),
    (Duration(), "30", "add a unit: 30s"),
    (Duration(), "99999999d", "write at most 87600h, which is ten years"),
    (Duration(minimum=15_000), "10s", ""),
    (Text(), "word", 'put it in quotes: "word"'),
    (Text(), '"two\\nlines"', "remove line breaks"),
    (Word(), '"word"', "write it without quotes"),
    (Word(), '"two words"', ""),
    (TextOrWord(), "7", 'put it in quotes: "7"'),
    (Reference("host"), "7", 'put it in quotes: "7"'),
    (Listen(), "8080", 'write "127.0.0.1:8080"'),
    (Listen(), '"8080"', ""),
    (Listen(), '"0.0.0.0:0"', ""),
    (Listen(), '"0.0.0.0:65536"', ""),
    (Listen(), '"256.0.0.1:80"', ""),
    (Listen(), '"1.2.3:80"', ""),
    (Listen(), '"a b:80"', ""),
    (Listen(), '"a;b:80"', ""),
    (Listen(), '"[::g]:80"', ""),
    (Listen(), '"::1:80"', ""),
    (ListOf(Word()), "a", "write [a]"),
    (ListOf(Word()), '["a"]', "write it without quotes"),
    (ListOf(Integer(), length=2), "[1]", ""),
    (PATH, '"models"', ""),
    (PATH, '"/with blank"', ""),
    (SHA256, '"ABC"', ""),
    (REPOSITORY, '"../etc"', ""),
    (REPOSITORY, '"a/b/c"', ""),
    (REPOSITORY_FILE, '"../a.gguf"', ""),
    (REPOSITORY_FILE, '"a/../b.gguf"', ""),
    (REPOSITORY_FILE, '"/etc/a.gguf"', ""),
    (REPOSITORY_FILE, '"a//b.gguf"', ""),
    (REPOSITORY_FILE, '"a.safetensors"', ""),
]


@pytest.mark.parametrize(("kind", "text", "expected"), GOOD, ids=lambda each: str(each)[:30])
def test_good_value(kind: ValueType, text: str, expected: object) -> None:
    """A good value is read."""
    assert kind.read(value(text)) == expected


@pytest.mark.parametrize(("kind", "text", "hint"), BAD, ids=lambda each: str(each)[:30])
def test_bad_value(kind: ValueType, text: str, hint: str) -> None:
    """A bad value says what was expected, and the way out where there is one."""
    syntax = value(text)
    found = kind.read(syntax)
    assert isinstance(found, Mismatch)
    assert found.expected in kind.expected
    assert found.hint.startswith(hint)
    assert bool(found.hint) == bool(hint)
    assert found.span.path == "t"
    assert len(found.found) < 100


def test_reference_keeps_its_place() -> None:
    """A name is checked later, so it carries where it stands."""
    syntax = value('"qwen/x:7b"')
    assert Reference("model").read(syntax) == Named("qwen/x:7b", syntax.span)
