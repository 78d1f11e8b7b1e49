"""A whole small fleet around the few lines that a test is about."""

from __future__ import annotations

from typing import Any

import yaml

from llamafleet.compiler import Compiled, compile_text
from llamafleet.fleet.model import Fleet
from llamafleet.plan import plan_host
from llamafleet.targets.plan_types import HostPlan

AROUND = """fleet 1
gpu card {
    vendor = nvidia
    arch = sm_86
}
host h {
    gpus = [card, card]
}
host bare {
    address = "10.0.0.9"
}
build b {
    ref = "b11434"
    backend = cuda
}
gguf g {
    path = "/g.gguf"
}
"""


VENDORS = {"backend = hip": "amd", "backend = sycl": "intel"}


def compiled(text: str) -> Compiled:
    """AROUND and `text`, compiled; the cards are such as the text's backend computes on."""
    vendor = next((each for words, each in VENDORS.items() if words in text), "nvidia")
    return compile_text(AROUND.replace("nvidia", vendor) + text)


def fleet_of(text: str) -> Fleet:
    """The fleet, which must have no errors."""
    found = compiled(text)
    assert found.fleet is not None, [each.message for each in found.diagnostics]
    return found.fleet


def plan_of(text: str, host: str = "h") -> HostPlan:
    """What one host gets."""
    return plan_host(fleet_of(text), host)


def content_of(text: str, ending: str, host: str = "h") -> str:
    """The one file whose path ends so."""
    [found] = [each for each in plan_of(text, host).artifacts if each.path.endswith(ending)]
    return found.content


def config_of(text: str) -> Any:
    """llama-swap's configuration, read back."""
    return yaml.safe_load(content_of(text, ".yaml"))


def errors_of(text: str) -> list[str]:
    """`code: message` of every error, in order."""
    return [f"{each.code}: {each.message}" for each in compiled(text).diagnostics
            if each.severity == "error"]  # fmt: skip


def swap(models: str = "m", rest: str = "", *, model: str = "") -> str:
    """A model m with more lines, and a llama-swap that serves `models`."""
    return f"""
model m {{
    gguf = g
    {model}
}}
llama-swap s {{
    host = h
    build = b
    models = [{models}]
    {rest}
}}
"""


def server(rest: str = "", *, model: str = "", host: str = "host = h") -> str:
    """A model m with more lines, and a llama-server that serves it."""
    return f"""
model m {{
    gguf = g
    {model}
}}
llama-server w {{
    {host}
    build = b
    model = m
    {rest}
}}
"""
