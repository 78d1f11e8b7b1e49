"""Measure how `check` and `render` grow with the fleet, beside PyYAML and jsonschema.

    python -m benchmarks.growth [--hosts 10 100 1000] [--runs 3] [--profile]

A generated fleet gives each host two GPUs, a llama-swap, and five models with weights of their
own. `growth` is the time per host against that of the smallest fleet: about 1 means linear.
`to YAML` compares with PyYAML's parser in C and jsonschema on the same blocks, keys and values in
the same process; it looks at types alone: no names, no ports, no matrix, no rule.

With `--profile`, each part of the work is timed by itself, and its share is printed.
"""

from __future__ import annotations

import argparse
import gc
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jsonschema
import yaml

from benchmarks.check import document, schema
from benchmarks.render import compiled, seconds
from llamafleet.compiler import compile_text
from llamafleet.diagnostics.model import Diagnostics
from llamafleet.fleet.resolve import resolve
from llamafleet.language.include import read_all
from llamafleet.render import render
from llamafleet.rules import findings
from llamafleet.rules.context import RuleContext
from llamafleet.targets import TARGETS

MODELS = 5

HEAD = """fleet 1
gpu card {
    vendor = nvidia
    arch = sm_86
    vram = 24GiB
}
build cuda {
    ref = "b11434"
    backend = cuda
}
defaults model {
    n-gpu-layers = 99
    flash-attn = on
    ttl = 30m
}
"""

MODEL = """gguf weights{n}x{m} {{
    hf-repo = "owner/repo"
    hf-file = "weights-{n}-{m}.gguf"
}}
model m{n}x{m} {{
    gguf = weights{n}x{m}
    ctx-size = {context}
    gpus = [{gpu}]
}}
"""

HOST = """host h{n} {{
    address = "10.{a}.{b}.1"
    gpus = [card, card]
}}
llama-swap swap{n} {{
    host = h{n}
    build = cuda
    models = [{models}]
    matrix {{
        set voice = m{n}x0 & m{n}x1
        set coding = m{n}x2 & m{n}x3 | m{n}x4
    }}
}}
"""


def fleet_text(hosts: int) -> str:
    """A fleet of that many hosts."""
    parts = [HEAD]
    for n in range(hosts):
        for m in range(MODELS):
            parts.append(MODEL.format(n=n, m=m, context=4096 * (m + 1), gpu=m % 2))
        names = ", ".join(f"m{n}x{m}" for m in range(MODELS))
        parts.append(HOST.format(n=n, a=n // 250, b=n % 250, models=names))
    return "".join(parts)


class Row(NamedTuple):
    """Seconds for one size."""

    hosts: int
    lines: int
    check: float
    render: float
    peer: float


def measure(hosts: int, runs: int) -> Row:
    """Time one size: what a process does once is done before."""
    text = fleet_text(hosts)
    fleet = compiled(text)
    render(fleet)
    work = (lambda: compile_text(text), lambda: render(fleet), peer(text))
    return Row(hosts, text.count("\n"), *(timed(each, runs) for each in work))


def timed(work: Callable[[], object], runs: int) -> float:
    """The best of some runs, none of which pays for what those before it left behind."""

    def clean() -> float:
        gc.collect()
        return seconds(work, 1)

    return min(clean() for _ in range(runs))


def peer(text: str) -> Callable[[], object]:
    """PyYAML and jsonschema on the same content; every block of a kind has the same schema."""
    content = document(read_all("fleet.fleet", lambda _: text.encode())[0])
    kinds = {
        kind: {"type": "object", "additionalProperties": schema(next(iter(blocks.values())))}
        for kind, blocks in content.items()
    }
    shape = {"type": "object", "properties": kinds, "additionalProperties": False}
    validator = jsonschema.Draft202012Validator(shape)
    as_yaml = yaml.safe_dump(content, sort_keys=False)

    def check() -> Any:
        read = yaml.load(as_yaml, Loader=yaml.CSafeLoader)
        validator.validate(read)
        return read

    return check


def parts(hosts: int, runs: int) -> Iterator[tuple[str, float]]:
    """Time each part of `check` and `render` by itself."""
    text = fleet_text(hosts)
    fleet = compiled(text)

    def read() -> Any:
        return read_all("fleet.fleet", lambda _: text.encode())

    files = read()[0]
    gc.disable()  # as the compiler does
    yield "parse", timed(read, runs)
    yield "resolve", timed(lambda: resolve(files, TARGETS, Diagnostics()), runs)
    yield "rules", timed(lambda: list(findings(RuleContext(fleet))), runs)
    gc.enable()
    yield "render", timed(lambda: render(fleet), runs)


def main() -> None:
    """Print the curve, and the shares if asked for."""
    parser = argparse.ArgumentParser(description="Time check and render as the fleet grows.")
    parser.add_argument("--hosts", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--profile", action="store_true", help="say which part takes how much")
    options = parser.parse_args()
    rows: list[Row] = []
    print(" hosts   lines    check  growth   render  growth  to YAML")
    for hosts in options.hosts:
        row = measure(hosts, options.runs)
        rows.append(row)
        first = rows[0]
        grown = row.hosts / first.hosts
        print(
            f"{row.hosts:6} {row.lines:7} {row.check:7.3f}s {row.check / first.check / grown:7.2f}"
            f" {row.render:7.3f}s {row.render / first.render / grown:7.2f}"
            f" {row.check / row.peer:7.2f}x",
            flush=True,
        )
    if options.profile:
        found = dict(parts(options.hosts[-1], options.runs))
        total = sum(found.values())
        print(f"\nof {options.hosts[-1]} hosts:")
        for name, taken in found.items():
            print(f"  {name:8} {taken:7.3f}s {taken / total:6.0%}")


if __name__ == "__main__":
    main()
