"""Values for the keys of any block, from the type that its table gives it: right, odd, or wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from random import Random

from llamafleet.explain import schemas
from llamafleet.fleet.schema.block import BlockSchema
from llamafleet.fleet.schema.value_type import ValueType
from llamafleet.fleet.schema.values import (
    Choice,
    Decimal,
    Duration,
    Integer,
    JsonValue,
    Listen,
    ListOf,
    OneOf,
    OrNull,
    Pattern,
    Reference,
    Size,
    Switch,
    Text,
    TextOrWord,
    Word,
)

ODD = (
    "", " ", "a b", "@x", "@/usr/bin/server", "-", "--", "-x", "+/bin/x", "!", ":", "|x", "a:b",
    "${X}", "${X}/l", "${PORT}", "${PID}", "$$", "$HOME", "~", "~/x", "%n", "%%", "%", "{", "}",
    "{a}", ";", "&&", "#", "'", '"', "\\", "a\\", "\t", "é", "größe", "中", "\u00a0", "\u00ad",
    "\u200b", "\u202e", "\ufeff", "\U000e0001", "\U0010fffd", "*", "..", "../x", "/", "//", "/.",
    "/..", "a/../b", "./x", "bin/x", "x/", "none", "null", "on", "true", "1e3", "0x1", "null\\0",
    "- a", "a: b", "? a", "|", ">", "<<", "!!set", "&a", "*a", "2001-01-01", "=", "a=", "=b",
    "A=b", "A=", "A=%i $x", "[::1]", "server unix:/x", "$host", "a;b", "a{b}", "x" * 300,
)  # fmt: skip
"""Texts that mean something to a shell, YAML, systemd, nginx or llama-swap, or to nobody."""

FORMED = (
    "GPU-8f1c2d3e-0a0b-4c4d-8e8f-001122334455", "GPU-00000000", "0000:01:00.0", "0A:1f.7",
    "fix.patch", "p/a.diff", "debian-13", "arch", "12.9", "0",
    "0" * 64, "a" * 64, "/", "//", "/x", "/a b", "/a/b.gguf", "/é/\u00ad", "/x/../y", "/a\\", "/%n",
    "/${X}", "/a;b", "/a{b}", "/$x", "/'", '/"', "/#", "/\u200b", "/\u00a0x", "/-", "/.", "/x/",
    "/a?b=c", "h", "h-1.example.org", "10.0.0.1", "::1", "a:1", "a_b", "A..b", "b11434", "b9093",
    "b1", "b99999999999", "master", "v1.2", "a/b", "0123abcd", "refs/heads/x", "a/../b", "a.lock",
    "https://h/x.git", "https://user:secret@h/x", "git@h:a/b", "http://h:1/%20", "file:///x",
    "a:$x", "a:;b", "https://h/é", "http://h", "http://h:80", "http://h:${PORT}/v1",
    "https://[::1]:8",
    "http://[zz]", "http://[:::]", "http://a..b", "http://h:99999", "http://h:0", "http://h:",
    "http://h?x={a}", "http://-", "http://.", "http://1.2.3.4.5", "http://h/;", "http://h/$x",
    "-DGGML_CUDA_FA=ON", "-DA=${X}", "-D'x'", "-x$(y)", "-", "-D", "--", "-DA=%n", "-DA=;b", "A=",
    "A=b", "A=a b", "A=\t", "A=%i$x", "A=${X}", "A=é\u200b", "_=", "PATH=x", "HOME=/x",
    "HF_TOKEN=x",
    "LLAMA_ARG_PORT=1", "12.9", "13", "0", "99.99", "owner/name", "o/r", "a.b/c..d", "o/r:Q4_K_M",
    "o/r:..", "é/é", "a/b.", "x.gguf", "d/x.gguf", "a-00001-of-00003.gguf", "a-00002-of-99999.gguf",
    "é.gguf", "$x.gguf", "-x.gguf", "\u200b.gguf", "x.service", "a@b.service", "@.service",
    "-.mount",
    "..service", "%i.service", "a:b.socket", "v250", "v0", "v99999", "v1", "v211", "v242", "KEY",
    "_",
    "x1", "example.org", "*.example.org", ".example.org", "a-b", "temperature", "a.b", "a{b}", "$x",
    "top_k", "none", "/health", "/v1/models",
)  # fmt: skip
"""What the patterns of the tables ask for, and what they let through."""

NUMBERS = ("0", "1", "2", "-1", "7", "63", "65535", "80", "8080", "100000", "2147483647",
           "-2147483648",
           "99999999999999999999", "1.5", "-0.5", "0.0")  # fmt: skip
SIZES = ("0GB", "1KB", "1GiB", "24GiB", "17.6GB", "1KiB", "8000000TiB", "64MiB")
DURATIONS = ("0s", "1ms", "1s", "15s", "20s", "30s", "1h30m", "1m30s", "3650d", "999999h")
LISTENS = (":80", ":8080", "127.0.0.1:9000", "*:1", "0.0.0.0:65535", "[::1]:8081", "[::]:443",
           "h:1",
           "a_b.c:2", "[::ffff:1.2.3.4]:5", ":65500", "-:1", "localhost:8080")  # fmt: skip

Names = Callable[[str], tuple[str, ...]]
"""The names of a kind that a fleet has."""


def quoted(text: str) -> str:
    """A text as a fleet file writes it; what it has no escape for is left out."""
    plain = "".join(each for each in text if each >= " " or each == "\t")
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'


def value(of: ValueType, names: Names, random: Random) -> str:
    """A value as text, of the type but for one in 150."""
    if random.randrange(150) == 0:
        return _wrong(random)
    match of:
        case ListOf(item, length):
            count = length if length is not None else random.choice((0, 1, 1, 2, 2, 3))
            return f"[{', '.join(value(item, names, random) for _ in range(count))}]"
        case OneOf(types):
            return value(random.choice(types), names, random)
        case OrNull(other):
            return "null" if random.randrange(4) == 0 else value(other, names, random)
        case Choice(words):
            word: str = random.choice(words)
            return word if re.fullmatch(r"[A-Za-z][\w.\-]*", word) else quoted(word)
        case Pattern():
            return quoted(random.choice(samples(of)))
        case Reference(kind):
            return random.choice(names(kind) or ("nobody",))
        case Switch():
            return random.choice(("on", "off"))
        case JsonValue():
            return _json(random, 0)
    return _plain(of, random)


def _plain(of: ValueType, random: Random) -> str:
    match of:
        case Integer():
            inside = [each for each in NUMBERS if _fits(of, each)] or [str(of.minimum)]
            return random.choice(inside)
        case Decimal():
            return random.choice(NUMBERS)
        case Size():
            return random.choice(SIZES)
        case Duration():
            return random.choice(DURATIONS)
        case Listen():
            return quoted(random.choice(LISTENS))
        case Word():
            return random.choice(("a", "b-1", "x.y", "root", "nobody", "main", "all", "sm_86"))
        case Text():
            return quoted(random.choice(ODD))
        case TextOrWord():
            return random.choice((quoted(random.choice(ODD)), "word"))
    return _wrong(random)


def _fits(of: Integer, text: str) -> bool:
    return "." not in text and of.minimum <= int(text) <= of.maximum


def _wrong(random: Random) -> str:
    pools = (NUMBERS, SIZES, DURATIONS, ("on", "off", "none", "auto", "word", "[]", "[[1]]"))
    found: str = random.choice((*random.choice(pools), quoted(random.choice(ODD))))
    return found


def _json(random: Random, depth: int) -> str:
    match random.randrange(6 if depth < 3 else 4):
        case 0:
            return random.choice(NUMBERS)
        case 1:
            return random.choice(("true", "false", "null"))
        case 2 | 3:
            return quoted(random.choice(ODD))
    return f"[{', '.join(_json(random, depth + 1) for _ in range(random.randrange(4)))}]"


@cache
def samples(of: Pattern) -> tuple[str, ...]:
    """Texts that a pattern takes."""
    found = tuple(text for text in (*FORMED, *ODD) if re.fullmatch(of.regex, text))
    assert found, of
    return found


def entries(schema: BlockSchema, names: Names, random: Random, depth: int = 0) -> list[str]:
    """Lines of a block of that kind: required keys mostly, a few others, nested blocks."""
    lines: list[str] = []
    wanted = [key for key in schema.keys if key.required and random.randrange(20)]
    if schema.keys:
        wanted += random.sample(schema.keys, min(len(schema.keys), random.choice((0, 1, 2, 3, 6))))
    for key in dict.fromkeys(wanted):
        lines.append(f"{key.name} = {value(key.type, names, random)}")
    if schema.free_keys is not None:
        for _ in range(random.randrange(4)):
            name = random.choice((*(names("model")), quoted(random.choice(ODD)), "a", "b"))
            lines.append(f"{name} = {value(schema.free_keys, names, random)}")
    if schema.sets:
        lines += (
            f"set {each} = {_expression(names, random)}"
            for each in ("x", "y")[: random.randrange(3)]
        )
    if schema.free_blocks and depth < 3 and random.randrange(4) == 0:
        inner = entries(schema, names, random, depth + 1)
        head = random.choice(
            ("inner", f"item {quoted(random.choice(ODD))}", quoted(random.choice(ODD)))
        )
        lines += (f"{head} {{", *inner, "}")
    for nested in schema.blocks:
        if random.randrange(6 if len(schema.blocks) < 9 else 9) == 0:
            lines += block(nested, label_of(nested, names, random), names, random, depth + 1)
    return lines


def block(
    schema: BlockSchema, label: str, names: Names, random: Random, depth: int = 0
) -> list[str]:
    """A whole block of that kind."""
    return [f"{schema.kind} {label} {{", *entries(schema, names, random, depth), "}"]


def label_of(schema: BlockSchema, names: Names, random: Random) -> str:
    """A label for a nested block, if it takes one."""
    if not schema.labelled:
        return ""
    if schema.free_label and random.randrange(3) == 0:
        return quoted(random.choice(ODD))
    return random.choice(("g", "p", "q", *names("model")))


def _expression(names: Names, random: Random) -> str:
    members = (*names("model"), "+x", "+y", "a", "h1")
    words = [random.choice(members) for _ in range(random.randint(1, 4))]
    text = words[0]
    for word in words[1:]:
        text = random.choice((f"{text} & {word}", f"{text} | {word}", f"({text}) & {word}"))
    return text


def every_key() -> list[tuple[BlockSchema, str]]:
    """Every key of every kind of block."""
    return [(schema, key.name) for schema in schemas() for key in schema.keys]
