"""The verification suite on this machine: it passes where all is well, and says what is not."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import testinfra

from llamafleet.compiler import compile_text
from llamafleet.plan import plan_host
from llamafleet.targets.plan_types import Artifact, MatrixPlan, Probe, ServedModel
from llamafleet_verify.conftest import can_chat
from llamafleet_verify.prediction import after_request, walk
from llamafleet_verify.target import Target
from llamafleet_verify.test_endpoints import (
    test_listens as check_listening,
)
from llamafleet_verify.test_endpoints import (
    test_lists_the_planned_models as check_models,
)
from llamafleet_verify.test_endpoints import (
    test_streams_a_chat as check_chat,
)
from llamafleet_verify.test_files import test_is_what_was_planned as check_file
from llamafleet_verify.test_matrix import test_evicts_what_the_plan_says as check_matrix
from tests.conformance.case import RESPONDER
from tests.conformance.process import free_ports, llama_swap
from tests.lab.llama_swap import find_llama_swap

FLEET = """\
fleet 1

host here {
    address = "127.0.0.1"
    sudo    = off
}
"""
MATRIX = MatrixPlan(sets=(("p001.s", (("a", "b"),)), ("p002.t", (("c",),))))


@pytest.fixture(scope="module")
def target() -> Target:
    """This machine, without ssh."""
    fleet = compile_text(FLEET).fleet
    assert fleet is not None
    target = Target(fleet.hosts["here"], plan_host(fleet, "here"), None)
    target.__dict__["connection"] = testinfra.get_host("local://")
    return target


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probe]:
    """A running llama-swap with three models, two of which may be loaded together."""
    directory = tmp_path_factory.mktemp("verify")
    command = f"{shlex.quote(sys.executable)} {shlex.quote(str(RESPONDER))}"
    models = {
        name: {
            "cmd": f"{command} --port {port}",
            "proxy": f"http://127.0.0.1:{port}",
            "aliases": [f"{name}-alias"],
            "metadata": {"llamafleet": {"digest": f"digest-{name}"}},
        }
        for name, port in zip("abc", free_ports(3), strict=True)
    }
    config = {"models": models, "matrix": {"sets": {"p001.s": "a & b", "p002.t": "c"}}}
    with llama_swap(find_llama_swap(directory).path, json.dumps(config), directory) as process:
        served = tuple(ServedModel(each, (f"{each}-alias",), f"digest-{each}") for each in "abc")
        yield Probe("llama-swap", "voice", "x.service", "127.0.0.1", process.port, served, MATRIX)


def test_all_is_well(target: Target, probe: Probe) -> None:
    check_listening((target, probe))
    check_models((target, probe))
    check_chat((target, (probe, "a")))
    check_matrix((target, probe))


@pytest.mark.parametrize("written", ["s3cret", '"s3cret"', "'s3cret'"])
def test_a_key_is_read_on_the_host(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    binary = find_llama_swap(tmp_path)
    if binary.kind != "real":
        pytest.skip(f"{binary} asks for no keys: this was NOT tried")
    monkeypatch.setenv("KEY", "s3cret")
    secrets = tmp_path / "secrets.env"
    secrets.write_text(f"OTHER=1\nKEY={written}\n")
    config = {"models": {"a": {"cmd": "sleep ${PORT}"}}, "apiKeys": ["${env.KEY}"]}
    with llama_swap(binary.path, json.dumps(config), tmp_path) as process:
        probe = Probe(
            "llama-swap", "voice", "x.service", "127.0.0.1", process.port, (ServedModel("a"),),
            key="KEY", key_file=str(secrets),
        )  # fmt: skip
        check_models((target, probe))
        with pytest.raises(AssertionError, match="returned HTTP 401"):
            check_models((target, replace(probe, key=None)))
        with pytest.raises(AssertionError, match="sets no MISSING"):
            check_models((target, replace(probe, key="MISSING")))
        with pytest.raises(pytest.skip.Exception, match="requires KEY, and no environment-file"):
            check_models((target, replace(probe, key_file=None)))


def test_another_digest_is_told(target: Target, probe: Probe) -> None:
    changed = replace(probe, models=(ServedModel("a", (), "another"), *probe.models[1:]))
    with pytest.raises(AssertionError, match=r"serves a in another configuration .*roll out"):
        check_models((target, changed))


def test_a_missing_model_and_alias_are_told(target: Target, probe: Probe) -> None:
    with pytest.raises(AssertionError, match=r"but not \['d'\]; roll out"):
        check_models((target, replace(probe, models=(ServedModel("d"),))))
    with pytest.raises(AssertionError, match=r"lacks the aliases \{'other'\}"):
        check_models((target, replace(probe, models=(ServedModel("a", ("other",)),))))


def test_another_matrix_is_told(target: Target, probe: Probe) -> None:
    apart = MatrixPlan(sets=(("p001.s", (("a",), ("b",))), ("p002.t", (("c",),))))
    together = MatrixPlan(sets=(("p001.s", (("a", "b", "c"),)),))
    for matrix in (apart, together):
        with pytest.raises(AssertionError, match="but found"):
            check_matrix((target, replace(probe, matrix=matrix)))


def test_a_dead_endpoint_is_told(target: Target, probe: Probe) -> None:
    dead = replace(probe, port=free_ports(1)[0])
    with pytest.raises(AssertionError, match="nothing listens on port"):
        check_listening((target, dead))
    with pytest.raises(AssertionError, match="no answer from"):
        check_models((target, dead))


def test_an_edited_file_is_told(target: Target, tmp_path: Path) -> None:
    path = tmp_path / "unit"
    path.write_text("[Service]\nExecStart=/bin/true\n")
    path.chmod(0o640)
    found = target.connection.file(str(path))
    planned = Artifact(str(path), path.read_text(), "640", str(found.user), str(found.group))
    check_file((target, planned))
    with pytest.raises(AssertionError, match=r"edited by hand[^$]*-ExecStart=/bin/false"):
        check_file((target, replace(planned, content="[Service]\nExecStart=/bin/false\n")))
    with pytest.raises(AssertionError, match="has mode 640, planned 600"):
        check_file((target, replace(planned, mode="600")))
    with pytest.raises(AssertionError, match="is missing; roll out"):
        check_file((target, replace(planned, path=str(tmp_path / "none"))))


def test_without_a_matrix_one_model_runs_at_a_time() -> None:
    assert after_request(None, {"a"}, "b") == {"b"}
    assert after_request(None, {"a"}, "a") == {"a"}
    assert walk(None, ("a", "b", "c")) == ("a", "b")


def test_every_set_is_visited_and_left() -> None:
    assert walk(MATRIX, ("a", "b", "c")) == ("a", "b", "c", "c", "a")


def test_models_that_cannot_chat_are_not_asked() -> None:
    models = 'gguf g {\n    path = "/g"\n}\n'
    models += "model chat {\n    gguf = g\n}\nmodel embed {\n    gguf = g\n    embeddings = on\n}\n"
    models += 'model other {\n    command = ["serve", "${PORT}"]\n}\n'
    compiled = compile_text(f"{FLEET}\n{models}")
    assert compiled.fleet is not None, [each.message for each in compiled.diagnostics]
    can = {name for name, model in compiled.fleet.models.items() if can_chat(model)}
    assert can == {"chat"}
