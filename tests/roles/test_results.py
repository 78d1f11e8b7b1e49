"""From what a host prints of one load to a measurement."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from llamafleet.capacity.calibration.trials import Trial, trials
from llamafleet.compiler import compile_text
from llamafleet.lock.measured import Measured
from llamafleet_roles.calibrate.results import read_measurement, unpack_results

ROOT = Path(__file__).parent.parent.parent
LOG = (ROOT / "tests/calibration/logs/windows.log").read_text()
FLEET = """
fleet 1

gpu rtx {
    vendor = @vendor@
    vram   = 12GiB
}

host box {
    gpus = [rtx, rtx]
}

build main {
    ref     = "b11434"
    backend = @backend@
}

gguf small {
    path = "/models/small.gguf"
}

model chat {
    gguf    = small
    gpus    = [1]
    api-key = "secret"
}

llama-swap home {
    host   = box
    build  = main
    models = [chat]
}
"""

ANSWER = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + json.dumps(
    {"content": "x", "timings": {"prompt_per_second": 812.345, "predicted_per_second": 41.26}}
)
SEEN = {
    "log": LOG,
    "times": "1700000000.25 1700000003.75\n",
    "answer": ANSWER,
    "process": "Name:\tllama-server\nVmRSS:\t 900000 kB\nRssAnon:\t 204800 kB\n"
    "RssFile:\t 600000 kB\nRssShmem:\t 1024 kB\nVmSwap:\t 0 kB\n",
    "before": "0, 10\n1, 500\n",
    "after": "0, 10\n1, 5500\n",
}


def trial(vendor: str = "nvidia", backend: str = "cuda") -> Trial:
    text = FLEET.replace("@vendor@", vendor).replace("@backend@", backend)
    compiled = compile_text(text)
    assert compiled.fleet, compiled.diagnostics
    (found,) = trials(compiled.fleet, "box")
    return found


def of(seen: Mapping[str, str], asked: Trial | None = None) -> Measured:
    found = read_measurement(asked or trial(), seen, "2026-01-31")
    assert isinstance(found, Measured), found
    return found


def test_all_that_was_seen() -> None:
    found = of(SEEN)
    assert found.devices["CPU"].total == 18.1274
    assert found.gpus == {1: 5000.0}
    assert found.host == 201.0
    assert found.load_seconds == 3.5
    assert (found.prompt_per_second, found.predicted_per_second) == (812.3, 41.3)


def test_the_driver_knows_its_processes_better_than_the_whole_card() -> None:
    """Somebody else's memory came meanwhile; nvidia-smi lists whose is whose."""
    own = {
        "pid": "4711\n",
        "uuids": "0, GPU-aa\n1, GPU-bb\n",
        "apps": "99, GPU-bb, 3000\n4711, GPU-bb, 4200\n",
    }
    assert of({**SEEN, **own}).gpus == {1: 4200.0}
    # In a container it may know no process, or not how much it has.
    for apps in ("", "4711, GPU-bb, [N/A]\n", "0, GPU-bb, 4200\n"):
        assert of({**SEEN, **own, "apps": apps}).gpus == {1: 5000.0}


def test_on_a_pinned_host_the_drivers_index_is_not_the_fleets() -> None:
    """GPU 1 of the fleet is the driver's card 0."""
    asked = replace(trial(), gpu_ids=("GPU-bb", "GPU-aa"))
    uuids = {"uuids": "0, GPU-aa\n1, GPU-bb\n"}
    own = {"pid": "4711\n", "apps": "4711, GPU-aa, 4200\n4711, GPU-bb, 7\n"}
    assert of({**SEEN, **uuids, **own}, asked).gpus == {1: 4200.0}
    assert of({**SEEN, **uuids}, asked).gpus == {1: 0.0}
    assert of(SEEN, asked).gpus == {}


@pytest.mark.parametrize(
    ("name", "text", "field"),
    [
        ("answer", "HTTP/1.1 501 Not Implemented\r\n\r\n{}", "predicted_per_second"),
        ("answer", ANSWER.replace("{", "[1, {", 2), "prompt_per_second"),
        ("answer", ANSWER.replace("812.345", "null"), "prompt_per_second"),
        ("answer", "", "prompt_per_second"),
        ("times", "", "load_seconds"),
        ("times", "2 1", "load_seconds"),
        ("process", "", "host"),
    ],
)
def test_what_was_not_seen_is_left_out(name: str, text: str, field: str) -> None:
    assert getattr(of({**SEEN, name: text}), field) is None


def test_cards_that_say_nothing() -> None:
    assert of({**SEEN, "after": "Unable to determine the device handle\n"}).gpus == {}
    assert of(SEEN, trial(backend="cpu")).gpus == {}
    assert of(SEEN, trial("amd", "hip")).gpus == {1: 5000.0}


def test_a_log_without_buffers_is_no_measurement() -> None:
    assert isinstance(read_measurement(trial(), {**SEEN, "log": "error: no such file\n"}, "x"), str)


def test_files_travel_as_text() -> None:
    def lines() -> Iterator[str]:
        for name, text in SEEN.items():
            yield f"{name}\t{base64.b64encode(text.encode()).decode()}"
        yield "sudo: unable to resolve host box"
        yield "broken\t%%%"

    assert unpack_results(lines()) == SEEN


def test_a_load_is_what_the_service_would_start() -> None:
    found = trial()
    assert found.cards == (1,)
    assert "CUDA_VISIBLE_DEVICES=1" in found.unit
    assert "--model /models/small.gguf" in found.unit
    assert "--host 127.0.0.1" in found.unit
    assert "--log-verbosity 5" in found.unit
    assert "Restart=no" in found.unit
    # Nobody could ask it, and a key would be in the unit.
    assert "secret" not in found.unit
    assert [(each.unit, each.swaps) for each in found.neighbours] == [
        ("llama-swap-home.service", True)
    ]
