"""Measurements survive being written, count while they are for the same, and do no harm."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.compiler import compile_file
from llamafleet.fleet.model import Fleet
from llamafleet.lock.facts import LockedFacts
from llamafleet.lock.measured import (
    Buffers,
    Measured,
    measured_of,
    measured_tree,
    problems,
    recorded,
)
from llamafleet.lock.measurement_key import MeasurementKey, measurement_key
from llamafleet.lock.model import Lock
from llamafleet.lock.text import read_lock, write_lock
from tests.gguf.test_compact import TREES
from tests.lock.measurements import with_measured

FLEET = """
fleet 1

gpu rtx {
    vendor = nvidia
    arch   = sm_86
    vram   = 12GiB
}

host box {
    gpus = [rtx, rtx]
}

build cuda {
    ref     = "b11434"
    backend = cuda
}

gguf small {
    path = "/models/small.gguf"
}

model chat {
    gguf        = small
    ctx-size    = 4096
    ubatch-size = 256
    temp        = 0.5
    env         = ["A=1"]
    gpus        = [1]
}

model other {
    command = ["/usr/bin/other", "--port", "${PORT}"]
}

llama-swap home {
    host   = box
    build  = cuda
    models = [chat, other]
}

llama-server chat {
    host   = box
    build  = cuda
    model  = chat
    listen = "127.0.0.1:9000"
}
"""

MIB = st.floats(0, 1e9)
MEASURED = st.builds(
    Measured,
    key=st.builds(MeasurementKey, st.text(max_size=9), st.text(max_size=9), st.text(max_size=9)),
    when=st.just("2026-01-31"),
    devices=st.dictionaries(st.text(max_size=9), st.builds(Buffers, MIB, MIB, total=MIB)),
    gpus=st.dictionaries(st.integers(0, 15), MIB, max_size=3),
    host=st.none() | MIB,
    load_seconds=st.none() | MIB,
    prompt_per_second=st.none() | MIB,
    predicted_per_second=st.none() | MIB,
)


@pytest.fixture
def compiled(tmp_path: Path) -> Callable[..., Fleet]:
    """Compiles the fleet above, changed, beside a lock with these measurements."""

    def compile_with(
        change: tuple[str, str] = ("", ""), measured: Mapping[str, Any] | None = None
    ) -> Fleet:
        path = tmp_path / "fleet.fleet"
        path.write_text(FLEET.replace(*change) if change[0] else FLEET)
        (tmp_path / "fleet.lock").write_text(write_lock(Lock(measured=measured or {})))
        found = compile_file(path)
        assert found.fleet, found.diagnostics
        return found.fleet

    return compile_with


def sample(fleet: Fleet, service: str = "home") -> Measured:
    """A measurement of the model as the fleet has it."""
    key = measurement_key(fleet, "box", service, "chat")
    assert key
    return Measured(key, "2026-01-31", {"CUDA0": Buffers(total=3.5)}, {1: 400.0}, 210.5, 1.5)


@settings(max_examples=100, deadline=None)
@given(MEASURED, st.lists(st.tuples(*[st.text(max_size=5)] * 3), min_size=1, max_size=5))
def test_nothing_is_lost_whatever_the_order(
    found: Measured, places: list[tuple[str, str, str]]
) -> None:
    one: Mapping[str, Any] = {}
    other: Mapping[str, Any] = {}
    for place in places:
        one = with_measured(one, *place, found)
    for place in reversed(places):
        other = with_measured(other, *place, found)
    text = write_lock(Lock(measured=one))
    assert text == write_lock(Lock(measured=other))
    read = read_lock(text)
    assert isinstance(read, Lock)
    assert all(recorded(read.measured, *place) == found for place in places)
    assert not list(problems(read.measured))


@pytest.mark.parametrize(
    "change",
    [
        ("0.5", "0.9"),
        ("127.0.0.1:9000", "0.0.0.0:9100"),
        ("llama-server chat {", "llama-server chat {\n    user = somebody"),
        ("ctx-size    = 4096\n    ubatch-size = 256", "ubatch-size = 256\n    ctx-size = 4096"),
        ("[1]", "[1]\n    aliases = [talk]"),
    ],
)
def test_it_counts_while_it_is_for_the_same(
    compiled: Callable[..., Fleet], change: tuple[str, str]
) -> None:
    for service in ("home", "chat"):
        found = sample(compiled(), service)
        tree = with_measured({}, "box", service, "chat", found)
        assert measured_of(compiled(change, tree), "box", service, "chat") == found


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("4096", "8192"), "settings"),
        (("A=1", "A=2"), "settings"),
        (("[1]", "[0]"), "settings"),
        (("12GiB", "24GiB"), "settings"),
        (("temp        = 0.5", 'extra-args = ["--cache-ram", "0"]'), "settings"),
        (("b11434", "b11400"), "build"),
        (("/models/small.gguf", "/models/large.gguf"), "weights"),
        (('small.gguf"', 'small.gguf"\n    size = 1GiB'), "weights"),
    ],
)
def test_it_counts_no_more_for_something_else(
    compiled: Callable[..., Fleet], change: tuple[str, str], what: str
) -> None:
    found = sample(compiled())
    fleet = compiled(change, with_measured({}, "box", "home", "chat", found))
    assert measured_of(fleet, "box", "home", "chat") is None
    now = measurement_key(fleet, "box", "home", "chat")
    assert now
    assert now.differs(found.key) == what


def test_a_process_for_each_card_is_something_else(compiled: Callable[..., Fleet]) -> None:
    each = compiled(("    listen =", "    placement = per-gpu\n    listen ="))
    assert measurement_key(each, "box", "chat", "chat") != measurement_key(
        compiled(), "box", "chat", "chat"
    )


def test_what_no_build_runs_is_not_measured(compiled: Callable[..., Fleet]) -> None:
    fleet = compiled()
    assert measurement_key(fleet, "box", "home", "other") is None
    tree = with_measured({}, "box", "home", "other", sample(fleet))
    assert measured_of(compiled(measured=tree), "box", "home", "other") is None


def test_weights_are_known_by_their_content(compiled: Callable[..., Fleet]) -> None:
    fleet = compiled()
    known = replace(fleet.ggufs["small"], sha256="ab" * 32)
    moved = replace(known, path="/elsewhere/small.gguf")
    keys = {
        measurement_key(replace(fleet, ggufs={"small": each}), "box", "home", "chat")
        for each in (known, moved)
    }
    assert len(keys) == 1


def test_weights_without_a_hash_are_known_by_their_header(
    compiled: Callable[..., Fleet],
) -> None:
    fleet = compiled()
    keys = [
        measurement_key(replace(fleet, facts=LockedFacts({"small": tree})), "box", "home", "chat")
        for tree in ({"architecture": "llama"}, {"architecture": "llama"}, {"architecture": "x"})
    ]
    assert keys[0] == keys[1] != keys[2]


@settings(max_examples=200, deadline=None)
@given(MEASURED, st.data())
def test_an_edited_lock_is_read_or_complained_about(found: Measured, draw: st.DataObject) -> None:
    tree: Any = json.loads(json.dumps({"h": {"s": {"m": measured_tree(found)}}}))
    at, key = tree, "h"
    while isinstance(at[key], dict) and at[key] and draw.draw(st.booleans()):
        at = at[key]
        key = draw.draw(st.sampled_from(sorted(at)))
    at[key] = draw.draw(TREES | st.sampled_from([float("inf"), float("nan"), -1, True, 10**999]))
    said = list(problems(tree))
    assert all(each.isprintable() for each in said)
    if not said and isinstance(tree["h"].get("s"), dict) and "m" in tree["h"]["s"]:
        assert isinstance(recorded(tree, "h", "s", "m"), Measured)


def test_what_cannot_be_read_is_said_and_left_out(
    compiled: Callable[..., Fleet], tmp_path: Path
) -> None:
    tree: Any = with_measured({}, "box", "home", "chat", sample(compiled()))
    tree["box"]["home"]["chat"]["load_seconds"] = "soon"
    fleet = compiled(measured=tree)
    assert measured_of(fleet, "box", "home", "chat") is None
    found = compile_file(tmp_path / "fleet.fleet").diagnostics
    (said,) = (each for each in found if each.code == "not-locked")
    assert said.message == (
        "what was measured of chat in home on box cannot be read: "
        "load_seconds is not a number that is not negative"
    )
