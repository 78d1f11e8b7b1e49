"""Every endpoint listens, lists the planned models in the planned configuration, and streams."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from llamafleet.targets.plan_types import Probe, ServedModel
from llamafleet_verify.target import LOAD_SECONDS, ROLL_OUT, Subject

TOKENS = 16
FEWEST_CHUNKS = 3


def url_of(probe: Probe) -> str:
    """Return the URL of the endpoint on its own host."""
    address = f"[{probe.address}]" if ":" in probe.address else probe.address
    return f"http://{address}:{probe.port}"


def test_listens(live_probe: Subject) -> None:
    target, probe = live_probe
    listening = target.out("ss -Hltn %s", f"sport = :{probe.port}")
    where = f"port {probe.port} of {probe.service} on {target.host.name}"
    assert listening.strip(), f"nothing listens on {where}; {target.look(probe.unit)}"


def test_lists_the_planned_models(live_probe: Subject) -> None:
    target, probe = live_probe
    listed = target.get_json(f"{url_of(probe)}/v1/models", probe)["data"]
    by_id = {each["id"]: each for each in listed}
    where = f"{probe.service} on {target.host.name}"
    missing = [each.id for each in probe.models if each.id not in by_id]
    assert not missing, f"{where} lists {sorted(by_id)}, but not {missing}; {ROLL_OUT}"
    for planned in probe.models:
        aliases, digest = _described(probe, by_id[planned.id])
        lacking = set(planned.aliases) - set(aliases)
        assert not lacking, f"{where}: {planned.id} lacks the aliases {lacking}; {ROLL_OUT}"
        _check_digest(where, probe, planned, digest)


def _described(probe: Probe, entry: Mapping[str, Any]) -> tuple[list[str], str | None]:
    """Return aliases and digest of a model, from the form of each kind of server."""
    if probe.kind == "llama-swap":
        meta = (entry.get("meta") or {}).get("llamaswap") or {}
        return list(meta.get("aliases") or ()), (meta.get("llamafleet") or {}).get("digest")
    tags = [str(each) for each in entry.get("tags") or ()]
    digests = [each.removeprefix("llamafleet:") for each in tags if each.startswith("llamafleet:")]
    return list(entry.get("aliases") or ()), digests[0] if digests else None


def _check_digest(where: str, probe: Probe, planned: ServedModel, digest: str | None) -> None:
    assert planned.digest in (None, digest), (
        f"{where} serves {planned.id} in another configuration (digest {digest}) than planned "
        f"({planned.digest}): {probe.unit} has not been restarted since its files changed, or the "
        f"fleet file has changed since; {ROLL_OUT}"
    )


def test_streams_a_chat(live_chat: Subject) -> None:
    target, (probe, model) = live_chat
    body = {
        "model": model,
        "stream": True,
        "max_tokens": TOKENS,
        "messages": [{"role": "user", "content": "Count from one to ten."}],
    }
    url = f"{url_of(probe)}/v1/chat/completions"
    status, text = target.request("POST", url, body, LOAD_SECONDS, probe)
    where = f"{url} on {target.host.name}"
    assert status == 200, f"{where} returned HTTP {status}: {text[:300]}; {target.look(probe.unit)}"
    pieces = [piece for line in text.splitlines() if (piece := _piece(line))]
    assert len(pieces) >= FEWEST_CHUNKS, (
        f"{where} streamed {len(pieces)} chunks of text, expected at least {FEWEST_CHUNKS}: "
        f"{text[:300]}"
    )


def _piece(line: str) -> str | None:
    """Return the text of one server-sent event: content or reasoning content; else None."""
    if not line.startswith("data: {"):
        return None
    choices = json.loads(line.removeprefix("data: ")).get("choices") or [{}]
    delta = choices[0].get("delta") or {}
    return delta.get("content") or delta.get("reasoning_content")
