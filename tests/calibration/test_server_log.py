"""Logs of the real llama-server b11434, filtered as on a host: what stays allocated is counted.

`logs/` was recorded with small random models at log verbosity 5, each stopped by SIGTERM.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.capacity.calibration.server_log import LINES, buffers_of
from llamafleet.lock.measured import Buffers

LOGS = Path(__file__).parent / "logs"

EXPECTED = {
    # Two caches, one for layers with a window; two slots.
    "windows": {"CPU": Buffers(5.08, 4.5, 0.0, 8.5274, 0.02, 18.1274)},
    # Tried without weights first, to see whether it fits.
    "fitted": {"CPU": Buffers(3.99, 8.0, 0.0, 9.5176, 0.01, 21.5176)},
    # A draft model is a second model with a context of its own,
    "draft": {"CPU": Buffers(6.52, 12.0, 0.0, 19.0352, 0.02, 37.5752)},
    # which is freed before the server is ready where nothing drafts with it.
    "unused-draft": {"CPU": Buffers(6.52, 8.0, 0.0, 9.5176, 0.01, 24.0476)},
    # Each far machine calls its device RPC0.
    "two-devices": {
        "CPU": Buffers(9.37, 1.0, 0.21, 7.5176, 0.01, 18.1076),
        "RPC0": Buffers(6.24, 0.0, 0.21, 4.502, 0.0, 10.952),
        "RPC1": Buffers(2.6, 1.0, 0.0, 5.0098, 0.0, 8.6098),
    },
}


@pytest.mark.parametrize("name", EXPECTED)
def test_what_the_real_server_said(name: str) -> None:
    lines = (LOGS / f"{name}.log").read_text().splitlines()
    assert buffers_of(lines) == EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED)
def test_every_recorded_line_is_one_that_hosts_send(name: str) -> None:
    words = LINES.split("|")
    for line in (LOGS / f"{name}.log").read_text().splitlines():
        assert any(word in line for word in words)


def test_a_server_that_was_killed_has_told_its_buffers_all_the_same() -> None:
    lines = (LOGS / "windows.log").read_text().splitlines()[:-1]
    assert buffers_of(lines) == {"CPU": Buffers(5.08, 4.5, 0.0, 8.53, 0.02, 18.13)}


def test_cards_projectors_and_adapters() -> None:
    """In the words of the same build's sources, for what no test machine has."""
    log = """
clip_ctx: CLIP using CUDA0 backend
load_hparams: model size:         800.50 MiB
llama_model_loader: loaded meta data with 28 key-value pairs
load_tensors:   CPU_Mapped model buffer size =   100.00 MiB
load_tensors:        CUDA0 model buffer size =  1000.00 MiB
llama_context:  CUDA_Host  output buffer size =     0.50 MiB
llama_kv_cache:      CUDA0 KV buffer size =   256.00 MiB
sched_reserve:      CUDA0 compute buffer size =   128.00 MiB
sched_reserve:  CUDA_Host compute buffer size =    16.00 MiB
reserve_compute_meta:      CUDA0 compute buffer size =    60.00 MiB
reserve_compute_meta:      CUDA0 compute buffer size =    70.00 MiB
llama_adapter_lora_init_impl:      CUDA0 LoRA buffer size =    32.00 MiB
srv  llama_server: model loaded
~llama_context:      CUDA0 compute buffer size of 140.0000 MiB, does not match expectation of 128.0
~llama_context:  CUDA_Host compute buffer size is  16.0000 MiB, matches expectation of  16.0000 MiB
"""
    assert buffers_of(log.splitlines()) == {
        "CPU": Buffers(100.0, 0.0, 0.0, 16.0, 0.5, 116.5),
        "CUDA0": Buffers(1800.5, 256.0, 0.0, 210.0, 0.0, 2298.5),
    }


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["buffer size", "model", ":", "=", "MiB", "CPU", "9.9.9", "\0"])))
def test_noise_does_no_harm(words: list[str]) -> None:
    assert isinstance(buffers_of([" ".join(words)]), dict)
