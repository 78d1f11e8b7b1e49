"""A model that is not rolled out is not measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llamafleet.capacity.calibration.trials import Trial, trials
from llamafleet.compiler import compile_text
from llamafleet.plan import plan_host
from llamafleet.targets.fingerprint import Inputs
from llamafleet.targets.plan_types import HostPlan
from llamafleet_roles.calibrate.ready import not_ready
from llamafleet_roles.gguf_files.facts import WeightsState, path_key
from llamafleet_roles.llama_cpp.facts import HostBuilds

FLEET = """
fleet 1

host box {}

build cpu {
    ref     = "b11434"
    backend = cpu
}

gguf own {
    path = "/models/own.gguf"
    size = 1MiB
}

gguf hub {
    hf-repo = "org/tiny-GGUF"
    hf-file = "tiny.gguf"
    sha256  = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
}

model chat {
    gguf  = own
    draft = hub
}

llama-server chat {
    host  = box
    build = cpu
    model = chat
}
"""
CPU = "/opt/llamafleet/llama.cpp/cpu"
HUB = "/var/lib/llamafleet/models/org/tiny-GGUF/tiny.gguf"


def planned() -> tuple[HostPlan, Trial]:
    fleet = compile_text(FLEET).fleet
    assert fleet
    (trial,) = trials(fleet, "box")
    return plan_host(fleet, "box"), trial


def installed(**changed: str) -> HostBuilds:
    """A host with a build of these inputs, and what else they are."""
    plan, _ = planned()
    bare = HostBuilds(machine="x86_64", os="debian 13", versions={"gcc": "14"})
    inputs: Inputs = replace(bare.inputs(plan.builds[0]), **changed)  # type: ignore[arg-type]
    return replace(bare, current={CPU: f"{CPU}-1"}, installs={f"{CPU}-1": inputs})


def weights(own: int | None = 1 << 20, sha256: str = "a" * 64) -> WeightsState:
    files = {path_key(HUB): "7 1700000000"}
    if own is not None:
        files[path_key("/models/own.gguf")] = f"{own} 1700000000"
    return WeightsState(files, {path_key(HUB): f"7 1700000000 {sha256} x"})


def test_what_is_rolled_out_is_measured() -> None:
    assert not_ready(*planned(), installed(), weights()) is None
    # Another compiler of the host's is no other build.
    assert not_ready(*planned(), installed(compiler="gcc99"), weights()) is None


@pytest.mark.parametrize(
    ("builds", "there", "why"),
    [
        (HostBuilds(), weights(), "is not installed on this host: roll out first"),
        (
            installed(ref="b9093"),
            weights(),
            "(b9093, cpu) is not that of the fleet file (b11434, cpu): roll out first",
        ),
        (installed(backend="cuda"), weights(), "(b11434, cuda) is not that of the fleet file"),
        (installed(source="x@abc"), weights(), "is not that of the fleet file"),
        (installed(), weights(own=None), "/models/own.gguf does not exist on this host"),
        (
            installed(),
            weights(own=101),
            "/models/own.gguf has 101 bytes, but the fleet file says 1048576",
        ),
        (installed(), weights(sha256="b" * 64), "does not match the fleet file and its lock"),
        (installed(), WeightsState(), "does not exist on this host"),
    ],
)
def test_what_is_not_is_said(builds: HostBuilds, there: WeightsState, why: str) -> None:
    assert why in (not_ready(*planned(), builds, there) or "")
