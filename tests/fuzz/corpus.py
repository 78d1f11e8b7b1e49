"""The corpus of inputs: texts of the tests and the examples, and the words of each format."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from llamafleet.explain import schemas
from llamafleet.fleet.schema import llama_server
from llamafleet.llama_swap.keys import paths

ROOT = Path(__file__).parent.parent.parent
HERE = Path(__file__).parent / "corpus"


@cache
def texts(*patterns: str) -> tuple[str, ...]:
    """The texts of those files, in a fixed order, CR and all."""
    found = sorted({path for pattern in patterns for path in ROOT.glob(pattern)})
    assert found, patterns
    return tuple(path.read_bytes().decode("utf-8-sig") for path in found)


@cache
def yaml_texts() -> tuple[str, ...]:
    """Configurations of llama-swap."""
    return texts(
        "tests/importers/cases/*.yaml",
        "tests/conformance/configs/*.yaml",
        "tests/targets/*.yaml",
        "tests/golden/*/*/etc/llamafleet/llama-swap/*.yaml",
        "tests/fuzz/corpus/*.yaml",
    )


def ini_texts() -> tuple[str, ...]:
    """Models of a llama.cpp router."""
    return texts("tests/importers/cases/*.ini", "tests/fuzz/corpus/*.ini")


def unit_texts() -> tuple[str, ...]:
    """systemd units."""
    return texts(
        "tests/importers/cases/*.service",
        "tests/golden/*/*/etc/systemd/system/*.service",
        "tests/fuzz/corpus/*.service",
    )


def command_texts() -> tuple[str, ...]:
    """Command lines and scripts."""
    return texts("tests/importers/cases/*.sh", "tests/fuzz/corpus/*.sh")


@cache
def fleet_texts() -> tuple[str, ...]:
    """Fleet files that stand alone, and those of the diagnostics, which have errors."""
    found = texts("tests/rules/clean/*.fleet", "tests/*/*.fleet", "examples/*/*.fleet")
    cases = texts("tests/diagnostics/*.fleettest")
    return tuple(
        each for each in (*found, *(case.partition("-" * 10)[0] for case in cases)) if each
    )


@cache
def flags() -> tuple[str, ...]:
    """Long flags of llama-server."""
    return tuple(f"--{name}" for name in sorted(llama_server.flags()))


@cache
def fleet_words() -> tuple[str, ...]:
    """Kinds, keys, and values of every type."""
    keys = {key.name for schema in schemas() for key in schema.keys}
    values = ("on", "off", "none", "auto", "7", "-1", "1.5", "4KiB", "24GiB", "30s", '"a"', "[]",
              "[a, 1]", '"${PORT}"', '"/x"', "a & (b | +c)", "{", "}", "set s = a", "like = a",
              'include "x.fleet"', "fleet 1", '"@x"', '"${X}/l"')  # fmt: skip
    return (*sorted(keys), *(schema.kind for schema in schemas()), *values)


@cache
def swap_words() -> tuple[str, ...]:
    """Keys of llama-swap's configuration, and what YAML makes of odd values."""
    keys = sorted({part for path in paths() for part in path.split(".")} - {"*"})
    odd = ("!!set {a}", "!!binary aGk=", "!!timestamp 2001-01-01", "!!omap [a: 1]",
    "!!python/none x",
           "!!int 0x", "!!float x", "!x y", "&a", "*a", "&a [*a]", "<<: *a", "? a", "x &",
           "a | b & c",
           "+a & (b", ">", "|", "|2", ">-", "|\n  a\n  b", "---", "...", "%YAML 1.2", "2001-01-01",
           "0o17", "1:30", "{a: 1, a: 2}", "[a, [b]]", "{}", "[]", "~", "'", "${MODEL_ID}", "${a}",
           "${env.HOME}", "cmd: >", "sh -c 'a b'", "docker run --rm x", "http://h:99999",
           "(?=x)")  # fmt: skip
    return (*keys, *odd, *flags()[::8])


@cache
def unit_words() -> tuple[str, ...]:
    """Keys of systemd's units, and odd values of them."""
    return (
        "[Service]", "[Unit]", "[", "[]", "ExecStart=", "ExecStart=-/usr/bin/x", "ExecStart=@/a b",
        "ExecStart=/usr/bin/env llama-server", "ExecStart=/bin/sh -c 'exec llama-server -m x'",
        "ExecStart=/usr/local/bin/llama-swap --config /etc/x.yaml --listen :8080",
        "Environment=A=b",
        'Environment="A=b c" D=$E', "EnvironmentFile=-/etc/x", "User=root", "DynamicUser=yes",
        "Group=x y", "Restart=always", "RestartSec=5min 20s", "RestartSec=infinity", "Type=forking",
        "%i", "%h", "${A}", "$A", "\\x41", "\\U0010ffff", "\\uD800", "--port", "--host",
        *flags()[::8],
    )  # fmt: skip


@cache
def command_words() -> tuple[str, ...]:
    """Flags with and without values, and what shells do."""
    return (
        *flags(), "-m", "-m /m/x.gguf", "-c", "-ngl", "-fa", "-ts 1,1", "-ot a=CPU", "--port 8080",
        "--port x", "--host ::1", "--api-key sk", "A=b", "export A=b", "exec", "&&", "| tee",
        "$(x)",
        "2>&1", "<<EOF", "\\", "'", '"', "nohup", "sudo", "docker run", "./llama-server",
    )  # fmt: skip
