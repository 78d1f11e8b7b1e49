"""Time rendering as the fleet grows, beside text templates of the same output.

    python -m benchmarks.render

A generated fleet gives each host two GPUs, a llama-swap with a matrix, two llama-server processes
and an nginx in front of all processes of its group of ten hosts. Jinja2, which renders whole files
from templates without checking anything, is the yardstick in the same run.

`ratio` compares the two on this machine. `growth` is the time per host against that of the
smallest fleet: about 1 means linear.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import jinja2

from llamafleet.compiler import compile_text
from llamafleet.fleet.model import Fleet
from llamafleet.render import render
from llamafleet.targets.plan_types import Artifact

GROUP = 10

HEAD = """fleet 1
gpu card {
    vendor = nvidia
    arch = sm_86
}
build cuda {
    ref = "b11434"
    backend = cuda
}
gguf weights {
    hf-repo = "owner/repo"
    hf-file = "weights.gguf"
}
defaults model {
    n-gpu-layers = 99
    flash-attn = on
    ttl = 30m
}
model chat {
    gguf = weights
    ctx-size = 4096
    gpus = [0]
}
model think {
    gguf = weights
    ctx-size = 8192
    gpus = [0, 1]
}
model code {
    gguf = weights
    ctx-size = 98304
}
"""

HOST = """host h{n} {{
    address = "10.{a}.{b}.1"
    gpus = [card, card]
}}
llama-swap swap{n} {{
    host = h{n}
    build = cuda
    models = [chat, think, code]
    matrix {{
        set voice = chat & think
        set coding = code
    }}
}}
"""

GROUP_OF_HOSTS = """llama-server worker{n} {{
    hosts = [{hosts}]
    build = cuda
    model = chat
    placement = per-gpu
    listen = "0.0.0.0:37081"
}}
nginx front{n} {{
    host = h{n}
    listen = "0.0.0.0:8000"
    upstream = worker{n}
}}
"""


def fleet_text(hosts: int) -> str:
    """A fleet of that many hosts."""
    parts = [HEAD]
    parts += [HOST.format(n=n, a=n // 250, b=n % 250) for n in range(hosts)]
    for first in range(0, hosts, GROUP):
        names = ", ".join(f"h{n}" for n in range(first, min(first + GROUP, hosts)))
        parts.append(GROUP_OF_HOSTS.format(n=first, hosts=names))
    return "".join(parts)


class Templates:
    """The same files from Jinja2: one template per file, with what differs between hosts cut out.

    Loops and conditions over models and flags would slow Jinja2 down; here it has none, so it is as
    fast as templating can be.
    """

    def __init__(self, rendered: Mapping[str, tuple[Artifact, ...]]) -> None:
        environment = jinja2.Environment(autoescape=False, keep_trailing_newline=True)
        self.files: list[tuple[jinja2.Template, dict[str, str]]] = []
        known: dict[str, jinja2.Template] = {}
        for host, artifacts in rendered.items():
            number = host.removeprefix("h")
            for artifact in artifacts:
                path = artifact.path.replace(number, "{{ n }}")
                lines = artifact.content.splitlines(keepends=True)
                own = {f"line{i}": line for i, line in enumerate(lines) if number in line}
                source = path + "".join(
                    f"{{{{ line{i} }}}}" if f"line{i}" in own else line
                    for i, line in enumerate(lines)
                )
                if source not in known:
                    known[source] = environment.from_string(source)
                self.files.append((known[source], {"n": number, **own}))
                if known[source].render(n=number, **own) != artifact.path + artifact.content:
                    raise SystemExit(f"the template of {artifact.path} does not give the same file")

    def render(self) -> int:
        """Render every file; the number of characters."""
        return sum(len(template.render(values)) for template, values in self.files)


def seconds(work: Callable[[], object], runs: int) -> float:
    """The best of some runs: the others were disturbed."""
    best = float("inf")
    for _ in range(runs):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


def compiled(text: str) -> Fleet:
    found = compile_text(text)
    if found.fleet is None:
        raise SystemExit(f"the generated fleet has errors: {found.diagnostics[0].message}")
    return found.fleet


def measure(hosts: int, runs: int) -> dict[str, Any]:
    """One row of the table."""
    text = fleet_text(hosts)
    began = time.perf_counter()
    fleet = compiled(text)
    compiling = time.perf_counter() - began
    rendered = render(fleet)
    templates = Templates(rendered)
    ours, theirs = seconds(lambda: render(fleet), runs), seconds(templates.render, runs)
    return {
        "hosts": hosts,
        "files": sum(len(each) for each in rendered.values()),
        "kilobytes": sum(len(x.content) for each in rendered.values() for x in each) // 1000,
        "compile_s": round(compiling, 3),
        "render_s": round(ours, 4),
        "jinja2_s": round(theirs, 4),
        "ratio": round(ours / theirs, 2),
        "ms_per_host": round(1000 * ours / hosts, 3),
    }


def main() -> None:
    """Print one JSON line for each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--hosts", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    first: float | None = None
    for hosts in arguments.hosts:
        row = measure(hosts, arguments.runs)
        first = first or row["ms_per_host"]
        print(json.dumps({**row, "growth": round(row["ms_per_host"] / first, 2)}), flush=True)


if __name__ == "__main__":
    main()
