"""A variable that the inventory's group data gives is not missed; the data is never run."""

from __future__ import annotations

import pytest

from llamafleet.compiler import compile_file

FLEET = b"""fleet 1

host box {
    groups = [rack-one]
}

model a {
    command = ["serve", "--port", "${PORT}"]

    pass-through {
        env = ["LLAMA_API_KEY=${env.A_API_KEY}"]
    }
}

llama-swap voice {
    host        = box
    models      = [a]
    listen      = "127.0.0.1:8080"
    api-key-env = [SWAP_KEY]
}
"""


def unset(path: str = "fleet.fleet", **data: str) -> list[str]:
    folder = path.rpartition("/")[0]
    files = {path: FLEET}
    for name, text in data.items():
        files[f"{folder}/group_data/{name}.py".lstrip("/")] = text.encode()

    def read(asked: str) -> bytes:
        if asked not in files:
            raise FileNotFoundError(asked)
        return files[asked]

    found = compile_file(path, read).diagnostics
    assert {each.code for each in found} <= {"unset-variable"}
    return sorted(each.message.split()[-1] for each in found)


BOTH = 'llamafleet_environment = {"voice": {"SWAP_KEY": key(), "A_API_KEY": 1 / 0}}\n'


@pytest.mark.parametrize("group", ["all", "voice", "rack_one"])
@pytest.mark.parametrize("path", ["fleet.fleet", "inventories/home/fleet.fleet"])
def test_what_is_given_is_not_missed(group: str, path: str) -> None:
    assert unset(path) == ["A_API_KEY", "SWAP_KEY"]
    assert unset(path, **{group: BOTH}) == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('llamafleet_environment = {"voice": {"SWAP_KEY": 1}}', ["A_API_KEY"]),
        ('llamafleet_environment = {"other": {"SWAP_KEY": 1}}', ["A_API_KEY", "SWAP_KEY"]),
        ("llamafleet_environment = load()", []),
        ('llamafleet_environment = {"voice": load()}', []),
        ('llamafleet_environment = {"voice": {**more}}', []),
        ('llamafleet_environment: dict = {"voice": {"A_API_KEY": 1}}', ["SWAP_KEY"]),
        ("no python {", ["A_API_KEY", "SWAP_KEY"]),
        ("raise SystemExit", ["A_API_KEY", "SWAP_KEY"]),
        ("\0", ["A_API_KEY", "SWAP_KEY"]),
    ],
)
def test_what_group_data_says(text: str, left: list[str]) -> None:
    assert unset(all=text) == left


def test_one_file_counts_as_in_pyinfra() -> None:
    one = 'llamafleet_environment = {"voice": {"SWAP_KEY": 1}}'
    other = 'llamafleet_environment = {"voice": {"A_API_KEY": 1}}'
    assert unset(all=one, voice=other) == ["SWAP_KEY"]
    assert unset(rack_one=one, voice=other) == ["A_API_KEY", "SWAP_KEY"]
    assert unset(rack_one=BOTH, voice=other) == ["SWAP_KEY"]
