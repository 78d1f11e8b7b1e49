"""Published models: sums in line with what others measured, each with its source."""

from __future__ import annotations

from math import prod

import pytest

from llamafleet.capacity.memory import Device, Estimate, Flags, read_flags
from llamafleet.capacity.memory.estimate import estimate
from llamafleet.capacity.memory.spread import largest
from llamafleet.capacity.memory.terms import MIB, Kind
from tests.memory.published import MODELS, facts

LLAMA_CPP = "https://github.com/ggml-org/llama.cpp"
OLLAMA = "https://github.com/ollama/ollama"
GIB, GB = 1 << 30, 10**9

# The size of all tensors, as llama.cpp prints it (GiB) or as the file is listed (GB).
SIZES = (
    ("Llama 3.3 70B, Q4_K_M", 42.52 * GB, "https://ozeki.chat/p_8590-understanding-ai-model-files.html"),
    ("Llama 3.1 70B, Q4_0", 37.22 * GIB, f"{OLLAMA}/pull/6279"),
    ("Qwen3 30B-A3B, Q4_K_M", 17.28 * GIB, f"{LLAMA_CPP}/issues/14235"),
    ("gpt-oss 20B, MXFP4", 12.1 * GB, "https://github.com/AlexsJones/llmfit/pull/1059"),
    ("gpt-oss 120B, MXFP4", 59.02 * GIB, f"{LLAMA_CPP}/issues/15253"),
    ("gpt-oss 120B, MXFP4 and BF16", 60.87 * GIB, f"{OLLAMA}/issues/16416"),
    ("Gemma 3 12B, Q4_K_M", 6.79 * GIB, f"{LLAMA_CPP}/pull/13194"),
    ("Gemma 3 27B, Q8_0", 26.73 * GIB, f"{LLAMA_CPP}/pull/14203"),
    # Its file is older and has attn_kv_b in place of two matrices.
    ("DeepSeek V3, Q4_K_M", 376.65 * GIB, f"{LLAMA_CPP}/issues/10981"),
)  # fmt: skip

# Billions of parameters, as llama.cpp prints them.
PARAMETERS = (
    ("Llama 3.1 70B, Q4_0", 70.55, f"{OLLAMA}/pull/6279"),
    ("gpt-oss 20B, MXFP4", 20.91, "https://github.com/ikawrakow/ik_llama.cpp/issues/822"),
    ("gpt-oss 120B, MXFP4", 116.83, f"{OLLAMA}/issues/18373"),
    ("Gemma 3 12B, Q4_K_M", 11.77, f"{LLAMA_CPP}/pull/13194"),
    ("Gemma 3 27B, Q8_0", 27.01, f"{LLAMA_CPP}/pull/14203"),
    ("DeepSeek V3, Q4_K_M", 671.03, f"{LLAMA_CPP}/issues/10981"),
    # By the model's card: 32.8 and 30.5.
    ("Qwen3 32B, Q4_K_M", 32.76, "https://huggingface.co/Qwen/Qwen3-32B"),
    ("Qwen3 30B-A3B, Q4_K_M", 30.53, "https://huggingface.co/Qwen/Qwen3-30B-A3B"),
)

# Bytes of KV cache for one token in 16 bits.
A_TOKEN = (
    ("DeepSeek V3, Q4_K_M", 70_272, "https://arxiv.org/abs/2505.09343, table 1: 70.272 KB"),
    ("DeepSeek V3, Q4_K_M", 68.6 * 1024, "https://tooljolt.com/tools/deepseek-v3-kv-cache-calculator"),
    ("Qwen3 30B-A3B, Q4_K_M", 96 * 1024, "https://github.com/aweussom/NoLlama/issues/21"),
    ("Llama 3.3 70B, Q4_K_M", 80 * 2 * 8 * 128 * 2, "80 layers of 8 heads of 128: config.json"),
    ("Qwen3 32B, Q4_K_M", 64 * 2 * 8 * 128 * 2, "64 layers of 8 heads of 128: config.json"),
)  # fmt: skip

# MiB on the device, as logged: the model, the command line, kinds, the number.
LOGGED: tuple[tuple[str, str, tuple[Kind, ...], float, str], ...] = (
    ("gpt-oss 120B, MXFP4 and BF16", "-c 262144 -np 2 -b 1024 -ub 1024", ("weights",), 61223.0,
     f"{OLLAMA}/issues/16416: ROCm0, model"),
    ("gpt-oss 120B, MXFP4 and BF16", "-c 262144 -np 2 -b 1024 -ub 1024", ("kv",), 9216.0 + 90.0,
     f"{OLLAMA}/issues/16480: ROCm0 KV buffers of 131072 and 1280 cells"),
    ("Qwen3.5 9B", "-c 4096 -np 1", ("kv", "recurrent"), 178.0,
     "https://github.com/jaylfc/taOS/issues/144"),
    ("Qwen3.5 9B", "-c 32768 -np 1", ("kv", "recurrent"), 1074.0,
     "https://github.com/jaylfc/taOS/issues/144"),
    ("Qwen3.5 9B", "-c 131072 -np 1", ("kv", "recurrent"), 4146.0,
     "https://github.com/jaylfc/taOS/issues/144"),
    ("Qwen3.6 27B", "-c 3072 -np 3", ("recurrent",), 448.88, f"{LLAMA_CPP}/pull/23792"),
    ("Qwen3.6 27B", "-c 65536 -np 1 -ctk q4_0 -ctv q4_0", ("kv",), 1152.0,
     "https://github.com/Luce-Org/lucebox/pull/21"),
    ("Qwen3.6 27B", "-c 131072 -np 1 -ctk q4_0 -ctv q4_0", ("kv",), 2304.0,
     "https://github.com/Luce-Org/lucebox/pull/21"),
    ("gpt-oss 20B, MXFP4", "-c 8192 -np 1", ("kv",), 0.2 * 1024,
     f"{LLAMA_CPP}/discussions/15396: 0.2 GB for 8192 tokens"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "size", "source"), SIZES)
def test_sizes(name: str, size: float, source: str) -> None:
    assert facts(name).tensor_bytes == pytest.approx(size, rel=0.001), source


@pytest.mark.parametrize(("name", "billions", "source"), PARAMETERS)
def test_parameters(name: str, billions: float, source: str) -> None:
    count = sum(prod(each.dims) for each in facts(name).tensors)
    assert count / GB == pytest.approx(billions, abs=0.0051), source


@pytest.mark.parametrize(("name", "size", "source"), A_TOKEN)
def test_cache_of_a_token(name: str, size: float, source: str) -> None:
    found = estimated(name, "-c 32768 -np 1")
    assert found.size("CUDA0", "kv") / 32768 == pytest.approx(size, rel=0.001), source


@pytest.mark.parametrize(("name", "line", "kinds", "size", "source"), LOGGED)
def test_as_others_logged(
    name: str, line: str, kinds: tuple[Kind, ...], size: float, source: str
) -> None:
    # Some print whole MiB, cut off; the guide for gpt-oss has one digit.
    margin = 0.1 * size if "discussions" in source else 1.0
    assert estimated(name, line).size("CUDA0", *kinds) / MIB == pytest.approx(size, abs=margin)


def test_the_host_beside_a_card() -> None:
    # ollama/ollama issue 16416: Host, model 1104 MiB; issue 16480: output buffer 1.53 MiB.
    found = estimated("gpt-oss 120B, MXFP4 and BF16", "-c 262144 -np 2 -b 1024 -ub 1024")
    assert int(found.size("CPU", "weights") / MIB) == 1104
    assert found.size("CPU", "output") / MIB == pytest.approx(1.53, abs=0.01)


def test_states_in_slices() -> None:
    # ggml-org/llama.cpp pull request 23792: three cards as one, Meta() RS buffer size = 149.62 MiB.
    found = estimated("Qwen3.6 27B", "-c 3072 -np 3 -sm tensor", cards=3)
    assert largest(found)["recurrent"] / MIB == pytest.approx(149.62, abs=0.01)


def test_a_window_s_cache() -> None:
    # ggml-org/llama.cpp pull request 17609: gpt-oss-20b, 768 cells of 12 layers are 18.00 MiB.
    found = estimated("gpt-oss 20B, MXFP4", "-c 4096 -np 1")
    (term,) = [each for each in found.terms if "window" in each.what]
    assert "768 cells" in term.formula
    assert term.size == 18 * MIB


@pytest.mark.parametrize("name", MODELS)
def test_their_graphs_are_known(name: str) -> None:
    found = estimated(name, "-c 8192 -np 1")
    assert not [each for each in found.terms if "rule of thumb" in each.formula]


def estimated(name: str, line: str, cards: int = 1) -> Estimate:
    """The estimate on cards that are large enough."""
    flags = read_flags(line.split())
    assert isinstance(flags, Flags), flags
    devices = [Device(f"CUDA{index}", 1 << 40) for index in range(cards)]
    found = estimate(facts(name), flags, devices)
    assert isinstance(found, Estimate), found
    return found
