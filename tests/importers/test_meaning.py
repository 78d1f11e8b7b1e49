"""The comparison sees what differs, and only that."""

from __future__ import annotations

import pytest

from llamafleet.importers.chosen_ports import own_ports, rendered_ports
from llamafleet.importers.differences import differences
from llamafleet.importers.meaning import meaning
from llamafleet.llama_swap.load import read_swap_config
from llamafleet.llama_swap.model import SwapConfig
from llamafleet.source import Source

BASE = """\
startPort: 6000
models:
  a:
    cmd: llama-server --port ${PORT} -m /m/a.gguf -c 4096 -ngl 99
    aliases: [x]
  b:
    cmd: serve -p ${PORT}:80
matrix:
  vars: {a: a, b: b}
  sets: {one: "a & b", two: "(a | b)"}
"""


def config(text: str) -> SwapConfig:
    found, _ = read_swap_config(Source("c.yaml", text))
    assert found is not None
    return found


def changed(before: str, after: str) -> list[str]:
    one, two = config(before), config(after)
    return list(differences(meaning(one, own_ports(one)), meaning(two, rendered_ports(two, one))))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("startPort: 6000", "startPort: 7000"),
        ("-c 4096 -ngl 99", "--n-gpu-layers 99 --ctx-size 4096"),
        ("-c 4096", "-c 1 -c 4096"),
        ("-m /m/a.gguf", "--host 127.0.0.1 -m /m/a.gguf"),
        ("aliases: [x]", "aliases: [x]\n    ttl: -1\n    proxy: http://127.0.0.1:${PORT}"),
        ("--port ${PORT} -m", "--port 5900 -m"),
        ('two: "(a | b)"', "two: a|b"),
        ("one: ", "One: "),
    ],
)
def test_the_same_meaning(old: str, new: str) -> None:
    assert old in BASE
    after = BASE.replace(old, new)
    if "5900" in new:
        after = after.replace("aliases: [x]", "aliases: [x]\n    proxy: http://127.0.0.1:5900")
    assert changed(BASE, after) == []


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("-c 4096", "-c 4097", "models.a.cmd.--ctx-size"),
        ("-c 4096", "", "models.a.cmd.--ctx-size"),
        ("-ngl 99", "-ngl 99 --jinja", "models.a.cmd.--jinja"),
        ("llama-server", "/opt/llama-server", "models.a.cmd.program"),
        ("serve -p", "serve -q", "models.b.cmd"),
        ("aliases: [x]", "aliases: [y]", "models.a.aliases"),
        ("aliases: [x]", "env: [A=1]", "models.a.aliases"),
        ("aliases: [x]", "aliases: [x]\n    ttl: 5", "models.a.ttl"),
        ("startPort: 6000", "globalTTL: 5", "models.a.ttl"),
        ("a & b", "a", "routing.sets"),
        ("two:", "alone:", "routing.sets"),
        ("startPort: 6000", "healthCheckTimeout: 60", "healthCheckTimeout"),
    ],
)
def test_another_meaning(old: str, new: str, where: str) -> None:
    assert old in BASE
    found = changed(BASE, BASE.replace(old, new, 1))
    assert any(line.startswith(where) for line in found), found
