"""Which loads tell something new, and that each is as its service would make it."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.capacity.calibration.trials import Neighbour, trials, why_measure
from llamafleet.compiler import compile_text
from llamafleet.fleet.model import Fleet
from llamafleet.lock.measured import Buffers, Measured
from llamafleet.plan import plan_host
from tests.lock.measurements import with_measured

FLEET = """
fleet 1

gpu rtx {
    vendor = nvidia
    vram   = 12GiB
}

host box {
    gpus = [rtx, rtx, rtx]
}

host other {
    gpus = [rtx]
}

build cuda {
    ref     = "b11434"
    backend = cuda
}

gguf small {
    path = "/models/small.gguf"
}

model low {
    gguf     = small
    gpus     = [0]
    ctx-size = 4096
}

model high {
    gguf         = small
    gpus         = [1]
    log-file     = "/tmp/log"
    cache-type-k = q8_0
}

model everywhere {
    gguf = small
    env  = ["GGML_CUDA_FORCE_MMQ=1"]
}

model foreign {
    command = ["/usr/bin/whisper", "--port", "${PORT}"]
    gpus    = [1]
}

llama-swap voice {
    host             = box
    build            = cuda
    models           = [low, foreign]
    user             = talker
    environment-file = "/etc/voice.env"
}

llama-swap work {
    host   = box
    build  = cuda
    listen = "127.0.0.1:8090"
    models = [high]
}

llama-server worker {
    hosts     = [box, other]
    build     = cuda
    model     = everywhere
    placement = per-gpu
    listen    = "127.0.0.1:9000"
}
"""


def fleet() -> Fleet:
    compiled = compile_text(FLEET)
    assert compiled.fleet, compiled.diagnostics
    return compiled.fleet


def exec_start(unit: str) -> str:
    (found,) = re.findall(r"(?s)^ExecStart=(.*?)(?<!\\)$", unit, re.MULTILINE)
    return " ".join(found.replace("\\\n", " ").split())


def test_each_model_of_ours_on_the_host() -> None:
    found = [(each.service, each.model, each.cards) for each in trials(fleet(), "box")]
    assert found == [
        ("voice", "low", (0,)),
        ("work", "high", (1,)),
        ("worker", "everywhere", (0,)),
    ]
    assert [each.model for each in trials(fleet(), "other")] == ["everywhere"]


def test_neighbours_are_those_on_the_same_cards() -> None:
    by_model = {each.model: each.neighbours for each in trials(fleet(), "box")}
    workers = tuple(Neighbour(f"llama-server-worker-{n}.service", swaps=False) for n in range(3))
    voice, work = (Neighbour(f"llama-swap-{n}.service", swaps=True) for n in ("voice", "work"))
    assert by_model["low"] == (voice, workers[0])
    # A program that is not ours may be on card 1, too.
    assert by_model["high"] == (voice, work, workers[1])
    assert by_model["everywhere"] == (voice, workers[0])


def test_the_unit_is_the_service_s_but_for_address_and_log() -> None:
    made = fleet()
    (worker,) = (each for each in trials(made, "other"))
    services = {each.name: each for each in plan_host(made, "other").services}
    planned = services["worker"].artifacts[0].content
    ours, theirs = exec_start(worker.unit), exec_start(planned)
    ours = ours.removesuffix(" --log-verbosity 5").replace("--port 5799", "--port 9000")
    assert ours == re.sub(r" --tags \S+", "", theirs)
    for line in ("User=llamafleet", 'Environment="GGML_CUDA_FORCE_MMQ=1"', "ProtectSystem=strict"):
        assert (line in worker.unit) == (line in planned)
    assert "CUDA_VISIBLE_DEVICES=0" in worker.unit


def test_of_a_model_of_llama_swap_its_own_server_is_started() -> None:
    low, high, _ = trials(fleet(), "box")
    assert "User=talker" in low.unit
    assert "EnvironmentFile=/etc/voice.env" in low.unit
    assert "--ctx-size 4096" in exec_start(low.unit)
    assert "--cache-type-k q8_0" in exec_start(high.unit)
    assert "--log-file" not in high.unit
    for each in (low, high):
        assert "BindsTo=llamafleet-calibrate.service" in each.extension
        assert "RuntimeMaxSec=720" in each.extension


def test_only_what_is_not_measured_yet() -> None:
    made = fleet()
    low = next(iter(trials(made, "box")))
    assert why_measure(made, low) == "not measured yet"
    found = Measured(low.key, "2026-01-31", {"CUDA0": Buffers(total=1.0)})
    tree = with_measured({}, "box", "voice", "low", found)
    assert why_measure(replace(made, measured=tree), low) is None
    other = replace(low, key=replace(low.key, settings="x", weights="y"))
    assert why_measure(replace(made, measured=tree), other) == (
        "measured with other settings and weights"
    )
    broken = replace(made, measured={"box": {"voice": {"low": 5}}})
    assert why_measure(broken, low) == "what the lock says cannot be read"


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=20))
def test_text_of_the_fleet_stays_text(text: str) -> None:
    """It reaches a unit in the place of a value, whatever it is."""
    made = fleet()
    model = replace(made.models["low"], env=(("NAME", text),))
    changed = replace(made, models={**made.models, "low": model})
    low = next(iter(trials(changed, "box")))
    assert low.unit.count("\n") == next(iter(trials(made, "box"))).unit.count("\n") + 1
