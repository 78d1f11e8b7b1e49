"""The JSON of a plan: complete, as its schema says, and without contents or secrets of files."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from llamafleet.compiler import compile_text
from llamafleet.plan import plan_fleet
from llamafleet.plan_json import plan_tree
from llamafleet.schemas import schema
from llamafleet.targets import plan_types
from tests.formats.test_schemas import hold

GOLDEN = Path(__file__).parents[1] / "golden"
PLANS = sorted(GOLDEN.glob("*/*.plan.json"))
DESK = GOLDEN / "shared_desk" / "desk.plan.json"

RENAMED = {"artifacts": "files", "ggufs": "weights", "gpu_ids": "gpus"}
LEFT_OUT = {"content", "trial", "service", "build", "gguf"}
"""Contents of files, what is said around an object, and what is flattened into it."""


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.name)
def test_every_golden_plan_follows_the_schema(path: Path) -> None:
    hold("plan", json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("version",), 2),
        (("more",), 1),
        (("services", 0, "files", 0, "content"), "text"),
        (("services", 0, "files", 0, "mode"), "rw"),
        (("services", 0, "files", 0, "sha256"), "0f"),
        (("services", 0, "probes", 0, "port"), 0),
        (("weights", 0, "size"), -1),
    ],
)
def test_the_schema_refuses_other_plans(where: tuple[str | int, ...], value: object) -> None:
    plan: Any = json.loads(DESK.read_text(encoding="utf-8"))
    inner = plan
    for step in where[:-1]:
        inner = inner[step]
    inner[where[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        hold("plan", plan)


@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        (plan_types.HostPlan, ()),
        (plan_types.BuildPlan, ("builds",)),
        (plan_types.GgufPlan, ("weights",)),
        (plan_types.ReleasePlan, ("releases",)),
        (plan_types.Package, ("packages",)),
        (plan_types.ServicePlan, ("services",)),
        (plan_types.Artifact, ("services", "files")),
        (plan_types.Check, ("services", "files", "check")),
        (plan_types.Unit, ("services", "units")),
        (plan_types.Socket, ("services", "sockets")),
        (plan_types.DiscoverPlan, ("services", "discover")),
        (plan_types.ReadPath, ("services", "reads")),
        (plan_types.Probe, ("services", "probes")),
        (plan_types.ServedModel, ("services", "probes", "models")),
        (plan_types.MatrixPlan, ("services", "probes", "matrix")),
        (plan_types.GroupPlan, ("services", "probes", "groups")),
    ],
)
def test_no_field_of_a_plan_is_forgotten(kind: Any, steps: tuple[str, ...]) -> None:
    node = schema("plan")
    for step in steps:
        inner = node["properties"][step]
        node = inner.get("items") or inner["anyOf"][1] if "type" not in inner else inner["items"]
    names = {RENAMED.get(each.name, each.name) for each in dataclasses.fields(kind)}
    assert names - LEFT_OUT <= node["properties"].keys()


SECRET = "sk-proj-4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c"
WITH_SECRETS = f"""\
fleet 1

host box {{}}

build cpu {{
    ref     = "b11434"
    backend = cpu
    # fleet: allow[secret-in-file] of the test
    url     = "https://me:{SECRET}@git.example.org/llama.cpp"
    # fleet: allow[secret-in-file] of the test
    cmake   = ["-DTOKEN={SECRET}"]
}}

gguf small {{
    path = "/models/small.gguf"
}}

model chat {{
    gguf     = small
    ctx-size = 4096
    # fleet: allow[secret-in-file] of the test
    api-key  = "{SECRET}"
}}

llama-server worker {{
    hosts  = [box]
    build  = cpu
    model  = chat
    listen = "127.0.0.1:9000"
}}
"""


def test_no_secret_is_in_a_plan_nor_the_hash_of_a_file_with_one() -> None:
    compiled = compile_text(WITH_SECRETS)
    assert compiled.fleet is not None, [each.message for each in compiled.diagnostics]
    (plan,) = plan_fleet(compiled.fleet)
    private = {each.path for each in plan.artifacts if SECRET in each.content}
    assert private
    tree = plan_tree(plan)
    hold("plan", tree)
    assert SECRET not in json.dumps(tree)
    assert tree["builds"][0]["url"] == "https://git.example.org/llama.cpp"
    files = {each["path"]: each["sha256"] for each in tree["services"][0]["files"]}
    assert {path for path, digest in files.items() if digest is None} == private
