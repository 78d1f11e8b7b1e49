"""Fleets to draw: the examples with facts as a lock would have them, and generated ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from llamafleet.compiler import compile_file, compile_text
from llamafleet.fleet.model import Fleet
from llamafleet.gguf import GgufFacts
from tests.footprint.voice_models import qwen3_4b, qwen36_27b
from tests.memory.models import REAL, Model, llama
from tests.memory.recorded import facts_of_made

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/fleet.fleet"))

SHAPES: dict[str, Callable[[], Model]] = {
    **REAL,
    "qwen3-4b": lambda: llama("Q4_K", 2560, 36, 32, 8, 128, 9728, 262144, 151936),
    "qwen3-27b": lambda: llama("Q4_K", 5120, 64, 40, 4, 128, 22016, 262144, 151936),
    "qwen2.5-72b": lambda: llama("Q4_K", 8192, 80, 64, 8, 128, 29696, 32768, 152064),
    "qwen3-32b": lambda: llama("Q5_K", 5120, 64, 64, 8, 128, 25600, 40960, 151936),
    "qwen3-0.6b": lambda: llama("Q4_K", 1024, 28, 16, 8, 128, 3072, 40960, 151936),
    "qwen3-1.7b": lambda: llama("Q4_K", 2048, 28, 16, 8, 128, 6144, 40960, 151936),
    "embedder": lambda: llama("Q8_0", 768, 12, 12, 12, 64, 3072, 2048, 30528),
}
"""Models of published dimensions, or near them."""

VOICES = {"qwen3-4b-instruct": qwen3_4b, "qwen3.6-27b": qwen36_27b}

FACTS = {
    "dual_3090": {"qwen2.5-72b": "qwen2.5-72b"},
    "nas": {"huge-model": "qwen2.5-72b", "qwen3-4b": "qwen3-4b"},
    "p40_cluster": {"qwen3-32b": "qwen3-32b"},
    "sandbox": {"small": "qwen3-0.6b", "big": "qwen3-1.7b"},
    "shared_desk": {"qwen3-4b": "qwen3-4b", "embedder": "embedder"},
    "voice_matrix": {"qwen3-4b": "qwen3-4b-instruct", "qwen3-27b": "qwen3.6-27b"},
}
"""The weights of the examples, as those models."""


@cache
def facts(shape: str) -> GgufFacts:
    """What the header of such a model says."""
    return VOICES[shape]() if shape in VOICES else facts_of_made(SHAPES[shape]())


def example(name: str, *, known: bool = True) -> Fleet:
    """An example's fleet, with or without what a lock would know."""
    fleet = compile_file(EXAMPLES / name / "fleet.fleet", locked=known).resolved
    assert fleet is not None
    return with_facts(fleet, FACTS[name]) if known and name in FACTS else fleet


def with_facts(fleet: Fleet, shapes: Mapping[str, str]) -> Fleet:
    """The fleet as if its lock had looked these weights up."""
    known = {name: facts(shape) for name, shape in shapes.items()}
    return replace(fleet, facts={**fleet.facts, **known})


def fleet_of(text: str, shapes: Mapping[str, str]) -> Fleet:
    """The fleet of a text, with these weights."""
    compiled = compile_text(text)
    assert compiled.fleet is not None, compiled.diagnostics
    return with_facts(compiled.fleet, shapes)


HEAD = """\
fleet 1
gpu rtx-3090 {
    vendor   = nvidia
    arch     = sm_86
    vram     = 24GiB
    reserved = 600MiB
}
gpu rtx-3060 {
    vendor = nvidia
    arch   = sm_86
    vram   = 12GiB
}
build cuda {
    ref     = "b11434"
    backend = cuda
}
defaults model {
    n-gpu-layers = 99
    parallel     = 1
    cache-ram    = 512
}
"""
GGUFS = {
    "dense": "qwen3-27b", "small": "qwen3-4b", "tiny": "qwen3-0.6b", "moe": "qwen3-30b-a3b",
    "oss": "gpt-oss-20b", "llama": "llama-3.1-8b", "huge": "llama-3.3-70b",
}  # fmt: skip
MODELS = """\
model assistant-with-a-long-name-{n}-that-says-what-it-is-for-and-who-asked-for-it {{
    gguf     = dense
    ctx-size = 32768
}}
model "qwen/coder:30b-{n}" {{
    gguf     = moe
    ctx-size = 65536
}}
model quick-{n} {{
    gguf     = small
    ctx-size = 8192
    gpus     = [0]
}}
model classifier-{n} {{
    gguf     = tiny
    ctx-size = 2048
    gpus     = [0]
}}
model too-large-{n} {{
    gguf     = huge
    ctx-size = 16384
}}
model other-{n} {{
    gguf     = oss
    ctx-size = 32768
}}
"""


def many(hosts: int) -> Fleet:
    """Hosts of several kinds with long names, sets that do not fit, workers, and proxies."""
    words = [HEAD]
    words += [f'gguf {name} {{\n    path = "/m/{name}.gguf"\n}}\n' for name in GGUFS]
    words += ['gguf nowhere {\n    path = "/m/nowhere.gguf"\n}\n']
    words += ["model nobody-knows {\n    gguf = nowhere\n}\n"]
    words += ["model worker {\n    gguf = llama\n    ctx-size = 16384\n    gpus = [1]\n}\n"]
    names = [f"host-{n:02}-in-a-rack-whose-name-is-rather-long" for n in range(hosts)]
    for n, name in enumerate(names):
        cards = ("rtx-3060, rtx-3060", "rtx-3090, rtx-3090", "rtx-3090", "rtx-3060, rtx-3090")
        words.append(f"host {name} {{\n    gpus = [{cards[n % 4]}]\n    ram = {64 + n}GiB\n}}\n")
        words.append(MODELS.format(n=n))
        words.append(_swap(n, name))
    there = [name for n, name in enumerate(names) if n % 4 in (1, 3)] or names
    words.append(
        f"llama-server workers-of-all {{\n    hosts = [{', '.join(there)}]\n    build = cuda\n"
        "    model = worker\n"
        '    # fleet: allow[exposed] a test\n    listen = "0.0.0.0:9000"\n}\n'
    )
    words.append(_door("front", names[0], "workers-of-all", 80))
    words.append(_door("second-front", names[-1], "workers-of-all", 81))
    words.append(_door("local", names[0], "swap-0", 82))
    return fleet_of("".join(words), GGUFS)


def _swap(n: int, host: str) -> str:
    long = f"assistant-with-a-long-name-{n}-that-says-what-it-is-for-and-who-asked-for-it"
    return (
        f"llama-swap swap-{n} {{\n    host = {host}\n    build = cuda\n"
        f'    listen = "127.0.0.1:8080"\n    models = [{long}, "qwen/coder:30b-{n}", quick-{n}, '
        f"classifier-{n}, too-large-{n}, other-{n}, nobody-knows]\n    matrix {{\n"
        f"        a = {long}\n        q = quick-{n}\n        c = classifier-{n}\n"
        f"        o = other-{n}\n        l = too-large-{n}\n"
        "        set work = q & c & (a | o)\n        set large = l\n"
        "        set odd = nobody-knows & q\n"
        f'        qc = "qwen/coder:30b-{n}"\n        set code = qc\n    }}\n}}\n'
    )


def _door(name: str, host: str, upstream: str, port: int) -> str:
    return (
        f'nginx {name} {{\n    host = {host}\n    listen = "127.0.0.1:{port}"\n'
        f"    upstream = {upstream}\n}}\n"
    )
