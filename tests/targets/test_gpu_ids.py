"""Cards that a host names by UUID: the variable of each backend, for each way to choose cards."""

from __future__ import annotations

import pytest

from llamafleet.compiler import compile_text
from llamafleet.fleet.declarations import gpu_id
from llamafleet.targets.process.command import environment_of

FLEET = """fleet 1

gpu p40 {
    vendor = nvidia
}

gpu mi50 {
    vendor = amd
}

host box {
    gpus    = [p40, mi50, p40]
    gpu-ids = ["GPU-CE6CBA36-415b-4e27", "GPU-3a90a60dbaf2e93f", "GPU-458a424a-76e3"]
}

build main {
    ref     = "b11434"
    backend = BACKEND
}

gguf small {
    path = "/models/small.gguf"
}

model chat {
    gguf = small
    GPUS
}

llama-swap voice {
    host   = box
    build  = main
    models = [chat]
}
"""
FIRST, LAST = "GPU-ce6cba36-415b-4e27", "GPU-458a424a-76e3"


@pytest.mark.parametrize(
    ("backend", "gpus", "variables"),
    [
        ("cuda", "", {"CUDA_VISIBLE_DEVICES": f"{FIRST},{LAST}"}),
        ("cuda", "gpus = [2]", {"CUDA_VISIBLE_DEVICES": LAST}),
        ("cuda", "gpus = [2, 0]", {"CUDA_VISIBLE_DEVICES": f"{LAST},{FIRST}"}),
        ("hip", "", {"ROCR_VISIBLE_DEVICES": "GPU-3a90a60dbaf2e93f"}),
        ("cpu", "", {}),
        # Vulkan cannot find a card of AMD's by UUID: `check` says so, and nothing is guessed.
        ("vulkan", "", {}),
        ("vulkan", "gpus = [0]", {"LLAMAFLEET_GPUS": FIRST}),
    ],
)
def test_the_variable_names_the_cards(backend: str, gpus: str, variables: dict[str, str]) -> None:
    text = FLEET.replace("BACKEND", backend).replace("GPUS", gpus)
    fleet = compile_text(text).resolved
    assert fleet
    model, build = fleet.models["chat"], fleet.builds["main"]
    found = dict(environment_of(model, build, fleet.hosts["box"], model.gpus))
    found.pop("CUDA_DEVICE_ORDER", None)
    assert found == variables


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("81:00.0", "0000:81:00.0"),
        ("0000000F:01:00.0", "000f:01:00.0"),
        ("0000:0A:00.1", "0000:0a:00.1"),
        ("GPU-CE6CBA36", "GPU-ce6cba36"),
    ],
)
def test_a_name_is_read_as_tools_write_it(written: str, read: str) -> None:
    assert gpu_id(written) == read
