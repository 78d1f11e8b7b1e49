"""`make drift SERVER=…` repeats recorded starts; a stand-in answers for llama-server."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from llamafleet.capacity.memory.modelled import MODELLED, architectures
from tests.memory.recorded import RECORDINGS
from tests.unit.test_drift import index, publish
from tools import drift
from tools.drift_starts import start_differences, starts

__all__ = ["index"]

SERVER = """#!{python}
# A stand-in for llama-server: it prints what a recorded start of the real one logged, and says so.
import json, sys
from pathlib import Path
if "--help" in sys.argv:
    rows = json.loads(Path({flags!r}).read_text())
    print(*(", ".join(row["names"]) for row in rows), sep="\\n")
    sys.exit()
print("stand-in for llama-server, which prints a recording")
model = Path(sys.argv[sys.argv.index("-m") + 1])
assert model.read_bytes()[:4] == b"GGUF"
told = {told}[model.stem]
if told is None:
    sys.exit("stand-in: this start fails")
print("llama_context: n_ctx = {{}}".format(told["n_ctx"]))
print("llama_context: n_ctx_seq = {{}}".format(told["n_ctx_per_slot"]))
names = dict(weights="model", output="output", kv="KV", recurrent="RS", compute="compute")
for kind, size in told["buffers"]["CPU"].items():
    print("stand_in: CPU {{}} buffer size = {{}} MiB".format(names[kind], size))
print("srv: model loaded", flush=True)
"""

FIT_PARAMS = """#!{python}
# A stand-in for llama-fit-params: it prints a table, and says so.
print("stand-in for llama-fit-params")
print("Host {weights} {caches} {compute}")
"""

LLAMA, GEMMA = (next(each for each in starts() if each["model"] == name)
                for name in ("llama", "gemma3"))  # fmt: skip


def program(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def server(folder: Path, told: Mapping[str, Any]) -> str:
    """A stand-in that logs this for each model."""
    flags = str(drift.FLAGS / f"{MODELLED}.json")
    text = SERVER.format(python=sys.executable, flags=flags, told=json.dumps(told))
    return program(folder / "llama-server", text.replace(": null", ": None"))


def changed(start: Mapping[str, Any], **buffers: float) -> dict[str, Any]:
    """What a start would log whose buffers of these kinds are others, in MiB."""
    return {**start, "buffers": {"CPU": {**start["buffers"]["CPU"], **buffers}}}


def test_starts_are_one_a_model_on_the_cpu() -> None:
    models = [start["model"] for start in starts()]
    assert len(models) == len(set(models)) > 90
    assert all(start["devices"] == 0 for start in starts())
    assert set(models) == {start["model"] for start in RECORDINGS}
    assert len(starts(3)) == 3


def test_a_server_that_logs_what_was_recorded_does_not_differ(tmp_path: Path) -> None:
    path = server(tmp_path, {"llama": LLAMA, "gemma3": GEMMA})
    assert list(start_differences(path, [LLAMA, GEMMA])) == []


def test_what_a_server_logs_otherwise_is_reported(tmp_path: Path) -> None:
    kv, compute = (LLAMA["buffers"]["CPU"][kind] for kind in ("kv", "compute"))
    odd = {**changed(LLAMA, kv=kv + 1.5, compute=compute * 1.01), "n_ctx": 8192}
    path = server(tmp_path, {"llama": odd, "gemma3": None})
    what = f"llama {' '.join(LLAMA['flags'])}"
    assert list(start_differences(path, [LLAMA, GEMMA])) == [
        f"- start: {what}: n_ctx is 8192, estimated {LLAMA['n_ctx']}",
        f"- start: {what}: kv is {kv + 1.5:.2f} MiB, estimated {kv:.2f}",
        f"- start that fails: gemma3 {' '.join(GEMMA['flags'])}",
    ]


@pytest.mark.parametrize("more", [0, 40])
def test_fit_params_beside_the_server_is_asked_too(tmp_path: Path, more: int) -> None:
    path = server(tmp_path, {"llama": LLAMA})
    buffers = LLAMA["buffers"]["CPU"]
    sizes = {"weights": 6, "caches": round(buffers["kv"]), "compute": round(buffers["compute"])}
    sizes["compute"] += more
    program(tmp_path / "llama-fit-params", FIT_PARAMS.format(python=sys.executable, **sizes))
    found = list(start_differences(path, [LLAMA]))
    assert len(found) == (1 if more else 0)
    if more:
        assert found[0].startswith("- llama-fit-params: llama ")
        assert f"compute is {sizes['compute']} MiB, estimated {buffers['compute']:.2f}" in found[0]


def test_drift_repeats_starts_where_a_server_is_given(
    index: tuple[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = starts(1)[0]
    publish(index[1], sorted(architectures()), ["--unused"])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for kv, code in ((0.0, 0), (2.0, 1)):
        told = changed(first, kv=first["buffers"]["CPU"]["kv"] + kv)
        path = server(tmp_path, {first["model"]: told})
        monkeypatch.setattr(
            sys, "argv", ["drift", "--server", path, "--starts", "1", "--index", index[0]]
        )
        assert drift.main() == code
        assert (": kv is " in capsys.readouterr().out) == bool(code)
