"""Rendered configurations on this machine's llama-swap: accepted, listed, evicting as planned.

The commands are replaced by `sleep`, everything else is as rendered.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from llamafleet.compiler import Compiled, compile_file, compile_text
from llamafleet.plan import plan_fleet
from llamafleet.targets.plan_types import Artifact, Probe
from llamafleet_verify.prediction import after_request, walk
from tests.conformance.evictions import alternatives
from tests.conformance.process import llama_swap
from tests.lab.llama_swap import LlamaSwapBinary

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*/fleet.fleet"))
RANDOM_FLEETS = 6
REQUESTS = 12


def swaps(compiled: Compiled) -> list[tuple[Artifact, Probe]]:
    """Each llama-swap of a fleet: its config and its probe."""
    assert compiled.fleet is not None, [each.message for each in compiled.diagnostics]
    return [
        (service.artifacts[0], service.probes[0])
        for plan in plan_fleet(compiled.fleet)
        for service in plan.services
        if service.kind == "llama-swap"
    ]


def asleep(text: str) -> str:
    """A config whose models do nothing, are not looked at and not preloaded, for everybody."""
    config = yaml.safe_load(re.sub(r"\$\{env\.\w+\}", "key", text))
    for key in ("apiKeys", "hooks"):
        config.pop(key, None)
    for model in config["models"].values():
        model |= {"cmd": "sleep 600", "proxy": "http://127.0.0.1:9", "checkEndpoint": "none"}
    return yaml.safe_dump(config, sort_keys=False)


def check(
    binary: LlamaSwapBinary, swap: tuple[Artifact, Probe], directory: Path, requests: Iterable[str]
) -> None:
    """Start a config, look at the list, and follow the requests step by step."""
    artifact, probe = swap
    with llama_swap(binary.path, asleep(artifact.content), directory) as process:
        listed = process.request("GET", "/v1/models").json["data"]
        own = {each["id"]: each["meta"]["llamaswap"] for each in listed}
        for model in probe.models:
            assert own[model.id]["llamafleet"]["digest"] == model.digest
            assert set(own[model.id].get("aliases", [])) == set(model.aliases)
        running: frozenset[str] = frozenset()
        for name in requests:
            process.request("GET", f"/upstream/{quote(name)}/ping")
            expected = after_request(probe.matrix, running, name, probe.groups)
            assert process.running().keys() == expected, f"{sorted(running)}, then {name}"
            running = expected


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_an_example_evicts_as_planned(
    llama_swap_binary: LlamaSwapBinary, path: Path, tmp_path: Path
) -> None:
    for at, swap in enumerate(swaps(compile_file(str(path)))):
        directory = tmp_path / str(at)
        directory.mkdir()
        models = tuple(each.id for each in swap[1].models)
        check(llama_swap_binary, swap, directory, walk(swap[1].matrix, models, swap[1].groups))


@pytest.mark.parametrize("seed", range(RANDOM_FLEETS))
def test_a_random_matrix_evicts_as_planned(
    llama_swap_binary: LlamaSwapBinary, seed: int, tmp_path: Path
) -> None:
    draw = random.Random(1000 + seed)
    names = [f"model-{at}" for at in range(draw.randint(4, 6))]
    compiled = compile_text(random_fleet(draw, names))
    requests = [draw.choice(names) for _ in range(REQUESTS)]
    check(llama_swap_binary, swaps(compiled)[0], tmp_path, requests)


@pytest.mark.parametrize("seed", range(RANDOM_FLEETS))
def test_random_groups_evict_as_planned(
    llama_swap_binary: LlamaSwapBinary, seed: int, tmp_path: Path
) -> None:
    draw = random.Random(2000 + seed)
    names = [f"model-{at}" for at in range(draw.randint(4, 6))]
    compiled = compile_text(fleet_of(names, random_groups(draw, names)))
    requests = [draw.choice(names) for _ in range(REQUESTS)]
    check(llama_swap_binary, swaps(compiled)[0], tmp_path, requests)


def random_groups(draw: random.Random, names: list[str]) -> list[str]:
    """Two groups, and now and then a model in none."""
    lines = []
    for name, members in (("a", names[:2]), ("b b", names[2 : draw.randint(3, len(names))])):
        lines += [f'group "{name}" {{', f"models = [{', '.join(members)}]"]
        lines += [
            f"{key} = {draw.choice(['on', 'off'])}" for key in ("swap", "exclusive", "persistent")
        ]
        lines.append("}")
    return lines


def random_fleet(draw: random.Random, names: list[str]) -> str:
    """A fleet with one llama-swap; every second model has a handle, some cost more."""
    handles = {name: f"h{at}" for at, name in enumerate(names) if at % 2}
    words = [handles.get(each, each) for each in names]
    labels = draw.sample(["zeta", "alpha", "set-10", "set-2", "Mid"], draw.randint(2, 4))
    lines = [f"{handle} = {name}" for name, handle in handles.items()]
    for at, label in enumerate(labels):
        known = [f"+{each}" for each in labels[:at]]
        lines.append(f"set {label} = {alternatives(draw, words, known)}")
    costly = [each for each in words if draw.random() < 0.3]
    if costly:
        lines += ["evict-cost {", *(f"{each} = {draw.randint(2, 5)}" for each in costly), "}"]
    return fleet_of(names, ["matrix {", *lines, "}"])


def fleet_of(names: list[str], lines: list[str]) -> str:
    """A fleet with one llama-swap that serves models of these names, and says these lines."""
    models = "".join(f'model {each} {{\ncommand = ["serve", "${{PORT}}"]\n}}\n' for each in names)
    more = "\n".join(lines)
    return (
        f'fleet 1\nhost here {{\naddress = "127.0.0.1"\n}}\n{models}'
        f"llama-swap voice {{\nhost = here\nmodels = [{', '.join(names)}]\n{more}\n}}\n"
    )
