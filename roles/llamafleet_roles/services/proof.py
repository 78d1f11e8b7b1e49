"""Interpret the response of a service that was asked to start a model. Pure."""

from __future__ import annotations

import json
from urllib.parse import quote

from llamafleet.fleet.model import Model

HEALTH = "/health"


def start_path(model: Model) -> str:
    """Return a path at which llama-swap starts a model without generating tokens."""
    health = model.health if model.health and model.health.startswith("/") else HEALTH
    return f"/upstream/{quote(model.name)}{health}"


def split_response(answer: str) -> tuple[int, str]:
    """Split an HTTP response into status and body; status 0 if there was none."""
    head, _, body = answer.replace("\r\n", "\n").partition("\n\n")
    words = head.split(None, 2)
    is_answer = len(words) >= 2 and words[0].startswith("HTTP/") and words[1].isdigit()
    return (int(words[1]), body) if is_answer else (0, "")


def is_ready(answer: str, model: str) -> bool:
    """Return True if llama-swap's `/running` lists a model as ready."""
    status, body = split_response(answer)
    try:
        running = json.loads(body)["running"] if status == 200 else ()
        return any((each["model"], each["state"]) == (model, "ready") for each in running)
    except (ValueError, KeyError, TypeError):
        return False


def failure_reason(answer: str) -> str:
    """Return the reason why a model did not start, quoting the service's response."""
    status, body = split_response(answer)
    if not status:
        return "no answer in time"
    if status in (401, 403):
        return (
            f"the service requires an API key that no environment file of this host sets ({status})"
        )
    text = " ".join(body.split())[:300]
    return f"HTTP {status}" + (f": {text}" if text else "")
