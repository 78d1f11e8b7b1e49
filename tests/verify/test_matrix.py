"""llama-swap keeps and evicts what the matrix says: each set is loaded, then left."""

from __future__ import annotations

from urllib.parse import quote

from llamafleet.targets.plan_types import Probe
from llamafleet_verify.prediction import after_request, walk
from llamafleet_verify.target import LOAD_SECONDS, ROLL_OUT, Subject, Target
from llamafleet_verify.test_endpoints import url_of

BUSY = "(if somebody else used it meanwhile, run this again)"


def _loaded(target: Target, probe: Probe) -> dict[str, str]:
    listed = target.get_json(f"{url_of(probe)}/running", probe)["running"]
    return {each["model"]: each["state"] for each in listed}


def test_evicts_what_the_plan_says(live_swap: Subject) -> None:
    target, probe = live_swap
    where = f"{probe.service} on {target.host.name}"
    status, text = target.request(
        "POST", f"{url_of(probe)}/api/models/unload", seconds=LOAD_SECONDS, probe=probe
    )
    assert status == 200, f"{where} cannot unload its models: HTTP {status}: {text[:300]}"
    loaded = _loaded(target, probe)
    assert not loaded, f"{where} still has {loaded} after unloading all {BUSY}"
    running: frozenset[str] = frozenset()
    models = tuple(each.id for each in probe.models)
    for model in walk(probe.matrix, models, probe.groups):
        url = f"{url_of(probe)}/upstream/{quote(model)}/health"
        status, text = target.request("GET", url, seconds=LOAD_SECONDS, probe=probe)
        failed = (
            f"{where} cannot load {model}: HTTP {status}: {text[:300]}; {target.look(probe.unit)}"
        )
        assert status < 500, failed
        expected = after_request(probe.matrix, running, model, probe.groups)
        loaded = _loaded(target, probe)
        assert loaded == dict.fromkeys(expected, "ready"), (
            f"{where} had {sorted(running)} loaded and got a request for {model}: expected "
            f"{sorted(expected)}, but found {loaded} {BUSY}; {ROLL_OUT}"
        )
        running = expected
