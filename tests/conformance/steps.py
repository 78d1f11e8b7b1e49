"""The verbs of conformance cases: each acts on a running llama-swap and returns what it saw."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.conformance.process import Answer, LlamaSwap

PATIENCE = 20.0


@dataclass(slots=True)
class Run:
    """One case under way: the process, how to fill in placeholders, requests that are held open."""

    process: LlamaSwap
    put: Callable[[str], str]
    held: list[threading.Thread] = field(default_factory=list)
    gates: list[Path] = field(default_factory=list)
    outcomes: list[Any] = field(default_factory=list)

    def finish(self) -> None:
        """Release the streams that are held, and wait for all requests in the background."""
        for gate in self.gates:
            gate.touch()
        for thread in self.held:
            thread.join(PATIENCE)


def take(run: Run, step: Sequence[Any]) -> Any:
    """Take one step."""
    verb, *arguments = step
    return VERBS[verb](run, *arguments)


def _shown(answer: Answer) -> dict[str, Any]:
    return {"status": answer.status, "body": answer.json}


def _load(run: Run, model: str) -> list[str]:
    """Ask for a model; what runs then, in the order of ids."""
    run.process.request("GET", f"/upstream/{quote(model)}/ping")
    return sorted(run.process.running())


def _get(run: Run, path: str) -> dict[str, Any]:
    return _shown(run.process.request("GET", path))


def _post(run: Run, path: str, body: object = None) -> dict[str, Any]:
    return _shown(run.process.request("POST", path, body))


def _limit_header(run: Run, path: str, body: object) -> dict[str, Any]:
    answer = run.process.request("POST", path, body)
    return {**_shown(answer), "retry-after": answer.headers.get("Retry-After")}


def _models(run: Run) -> list[Any]:
    """`/v1/models` without the time of the request."""
    entries = run.process.request("GET", "/v1/models").json["data"]
    return [{key: each[key] for key in sorted(each) if key != "created"} for each in entries]


def _running(run: Run) -> list[Any]:
    return list(run.process.request("GET", "/running").json["running"])


def _until(run: Run, models: Sequence[str], state: str = "ready") -> list[str]:
    """Wait until exactly these models run, all in this state."""
    deadline = time.monotonic() + PATIENCE
    wanted = dict.fromkeys(models, state)
    while run.process.running() != wanted and time.monotonic() < deadline:
        time.sleep(0.02)
    return [f"{model} {found}" for model, found in sorted(run.process.running().items())]


def _hold(run: Run, model: str, words: int) -> str:
    """Start a streamed chat, return after its first token, and hold the rest until `finish`."""
    started = threading.Event()
    at = len(run.outcomes)
    gate = run.process.config.with_name(f"gate{at}")
    run.gates.append(gate)
    run.outcomes.append(None)

    def chat() -> None:
        body = {"model": model, "stream": True, "max_tokens": words, "gate": str(gate)}
        connection = http.client.HTTPConnection("127.0.0.1", run.process.port, timeout=60)
        headers = {"Content-Type": "application/json"}
        try:
            connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
            answer = connection.getresponse()
            first = answer.readline()
            started.set()
            text = (first + answer.read()).decode(errors="replace")
            run.outcomes[at] = [answer.status, text.count("data: {"), "[DONE]" in text]
        except (OSError, http.client.HTTPException):
            run.outcomes[at] = "cut"
        finally:
            started.set()
            connection.close()

    thread = threading.Thread(target=chat, daemon=True)
    run.held.append(thread)
    thread.start()
    started.wait(PATIENCE)
    return "held"


def _begin(run: Run, model: str) -> str:
    """Ask for a model and do not wait for it."""
    at = len(run.outcomes)
    run.outcomes.append(None)

    def ask() -> None:
        answer = run.process.request("GET", f"/upstream/{quote(model)}/ping")
        run.outcomes[at] = answer.status

    thread = threading.Thread(target=ask, daemon=True)
    run.held.append(thread)
    thread.start()
    time.sleep(0.3)
    return "begun"


def _outcomes(run: Run) -> list[Any]:
    """Return the outcomes of the requests in the background, in the order of their start."""
    run.finish()
    return list(run.outcomes)


def _reload(run: Run, config: str) -> str:
    """Put another config and send SIGHUP; what the log says."""
    run.process.config.write_text(run.put(config))
    before = len(run.process.output)
    run.process.process.send_signal(signal.SIGHUP)
    text = run.process.output_matching(r"configuration reloaded|failed to", before, PATIENCE)
    return {"configuration reloaded": "reloaded", "failed to": "refused"}.get(text, "no word")


def _stop(run: Run) -> dict[str, Any]:
    """SIGTERM: the exit status, and whether a model's process outlives it."""
    models = _children(run.process.process.pid)
    status = run.process.stop()
    left = [each for each in models if _lives(each)]
    return {"models": len(models), "status": status, "left": left}


def _children(pid: int) -> list[int]:
    """Processes whose parent is `pid`, read from /proc: the fourth field of `stat`."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            after_name = stat.read_text().rpartition(")")[2].split()
            if int(after_name[1]) == pid:
                found.append(int(stat.parent.name))
    return found


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


VERBS: Mapping[str, Callable[..., Any]] = {
    "load": _load,
    "get": _get,
    "post": _post,
    "limit": _limit_header,
    "models": _models,
    "running": _running,
    "until": _until,
    "hold": _hold,
    "begin": _begin,
    "outcomes": _outcomes,
    "reload": _reload,
    "stop": _stop,
}
