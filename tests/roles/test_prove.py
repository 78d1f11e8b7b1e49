"""Starting each model once: what is asked, what counts as started, and what is said if not."""

from __future__ import annotations

import http.server
import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from llamafleet.compiler import compile_file
from llamafleet.plan import plan_host
from llamafleet.targets.plan_types import HostPlan
from llamafleet_roles.environment import environment_text
from llamafleet_roles.services.facts import FILES
from llamafleet_roles.services.proof import failure_reason, is_ready, split_response, start_path
from llamafleet_roles.services.prove import models_to_start, prove
from tests.roles.rollout import roll_out

FLEET = """\
fleet 1

host h {
    address = "10.0.0.1"
}

build b {
    ref     = "b11434"
    backend = cpu
}

gguf g {
    path = "/models/g.gguf"
}

model "small:4b/it" {
    gguf = g
}

model own {
    command = ["/usr/bin/own", "${PORT}"]
    health  = "/v1/ready"
}

llama-swap swap {
    host        = h
    build       = b
    models      = ["small:4b/it", own]
    api-key-env = [SWAP_KEY]
}

llama-server single {
    host   = h
    build  = b
    model  = "small:4b/it"
    listen = "127.0.0.1:9000"
}
"""
REQUEST = (FILES / "request.sh").read_text()


def answer(status: int, body: str = "") -> str:
    return f"HTTP/1.0 {status} Some Words\r\nContent-Type: text/plain\r\n\r\n{body}"


def running(*states: tuple[str, str]) -> str:
    return answer(200, json.dumps({"running": [{"model": m, "state": s} for m, s in states]}))


def test_an_answer_is_read() -> None:
    assert split_response(answer(502, "a\nb")) == (502, "a\nb")
    for text in ("", "nonsense", "HTTP/1.1", "HTTP/1.1 abc\n\n"):
        assert split_response(text) == (0, "")


def test_only_what_llama_swap_calls_ready_has_started() -> None:
    assert is_ready(running(("a", "stopped"), ("b", "ready")), "b")
    assert not is_ready(running(("a", "starting"), ("b", "ready")), "a")
    assert not is_ready(running(), "a")
    for text in ("", answer(401), answer(200, "no json"), answer(200, "[]"), answer(200, "{}")):
        assert not is_ready(text, "a")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no answer in time"),
        (answer(401), "requires an API key"),
        (answer(502, "upstream\n exited "), "HTTP 502: upstream exited"),
        (answer(503), "HTTP 503"),
    ],
)
def test_the_reason_is_in_the_services_words(text: str, says: str) -> None:
    assert says in failure_reason(text)


def test_each_model_of_each_service_is_started_by_its_own_health_path(tmp_path: Path) -> None:
    (tmp_path / "fleet.fleet").write_text(FLEET)
    fleet = compile_file(tmp_path / "fleet.fleet").fleet
    assert fleet is not None
    found = list(models_to_start(fleet, plan_host(fleet, "h")))
    assert [(probe.service, model.name) for probe, model in found] == [
        ("single", "small:4b/it"),
        ("swap", "small:4b/it"),
        ("swap", "own"),
    ]
    assert [start_path(model) for _, model in found[1:]] == [
        "/upstream/small%3A4b/it/health",
        "/upstream/own/v1/ready",
    ]


def test_all_are_tried_and_the_host_fails_with_the_names(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "fleet.fleet").write_text(FLEET)
    fleet = compile_file(tmp_path / "fleet.fleet").fleet
    assert fleet is not None
    responses = {
        "/upstream/own": answer(502, "own exited prematurely"),
        "/running": running(("small:4b/it", "ready")),
        "request": answer(200, '{"status":"ok"}'),
        "journalctl": "own: no such file",
    }

    def role(plan: HostPlan) -> None:
        prove(fleet=fleet, plan=plan)

    outcome = roll_out(role, {"h": plan_host(fleet, "h")}, responses, caplog)["h"]
    assert not outcome.succeeded
    assert "small:4b/it of single started in" in outcome.said
    assert "small:4b/it of swap started in" in outcome.said
    assert "own of swap cannot start: HTTP 502: own exited prematurely" in outcome.said
    assert any("journalctl -u llama-swap-swap.service" in each for each in outcome.commands)


@contextmanager
def keyed(key: str, seen: list[str]) -> Iterator[int]:
    """A service that wants a key, and writes down what it was asked."""

    class Keyed(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            good = self.headers.get("Authorization") == f"Bearer {key}"
            self.send_response(200 if good else 401)
            self.end_headers()
            self.wfile.write(b"line one\nline two\n")

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keyed)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield int(server.server_address[1])
    server.shutdown()
    server.server_close()


def ask(*arguments: str) -> str:
    done = subprocess.run(
        ["sh", "-c", REQUEST, "request", *arguments], capture_output=True, text=True, timeout=60
    )
    return done.stdout


def test_the_request_is_made_with_the_key_of_the_first_file_that_has_one(tmp_path: Path) -> None:
    seen: list[str] = []
    (tmp_path / "other.env").write_text("OTHER=x\n")
    key = 's3 cr$et "quoted" `and` \\ more'
    (tmp_path / "key.env").write_text(environment_text({"SWAP_KEY": key}))
    with keyed(key, seen) as port:
        files = [str(tmp_path / name) for name in ("absent.env", "other.env", "key.env")]
        said = ask("127.0.0.1", str(port), "/upstream/a%20b/health", "5", "SWAP_KEY", *files)
        assert split_response(said) == (200, "line one\nline two\n")
        assert split_response(ask("127.0.0.1", str(port), "/x", "5"))[0] == 401
    assert seen == ["/upstream/a%20b/health", "/x"]
    assert ask("127.0.0.1", str(port), "/x", "5") == ""
