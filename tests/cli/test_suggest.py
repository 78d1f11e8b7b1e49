"""`llamafleet suggest`: what it proposes fits, and a little more would not."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from llamafleet.compiler import compile_file
from tests.cli.conftest import Run
from tests.derive.example_lock import EXAMPLE


@pytest.fixture
def fleet(folder: Path) -> Path:
    """The example with derived sets, in the folder of the runs."""
    for each in EXAMPLE.iterdir():
        if each.suffix in (".fleet", ".lock"):
            shutil.copy(each, folder / each.name)
    return folder / "fleet.fleet"


def options(run: Run, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = run("suggest", *arguments, "--format", "json")
    assert done.returncode == code, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def changed(text: str, model: str, lines: list[str]) -> str:
    """A fleet with these lines in a model's block, in place of the same keys."""
    block = re.search(rf"^model {model} \{{\n(.*?)^\}}\n", text, re.M | re.S)
    assert block is not None
    keys = [line.split(" = ")[0] for line in lines]
    kept = [line for line in block[1].splitlines() if line.split("=")[0].strip() not in keys]
    body = "".join(f"    {line.strip()}\n" for line in [*kept, *lines])
    return text.replace(block[0], f"model {model} {{\n{body}}}\n")


def checked(fleet: Path, text: str, model: str, sets: str) -> list[str]:
    """Codes that a fleet has with some lines in a model and with these sets."""
    fleet.write_text(re.sub(r"sets +=.*", sets, text))
    return [each.code for each in compile_file(fleet).diagnostics]


@pytest.mark.parametrize(
    ("model", "beside", "sets"),
    [
        ("chat", ["draft", "code"], "set all = chat & draft & code\nset x = fast | reason | think"),
        ("code", ["draft"], "set all = code & draft\nset rest = chat | fast | reason | think"),
        ("think", ["draft"], "set all = think & draft\nset rest = chat | fast | reason | code"),
    ],
)  # fmt: skip
def test_every_option_fits_and_a_longer_context_does_not(
    run: Run, fleet: Path, model: str, beside: list[str], sets: str
) -> None:
    text = fleet.read_text(encoding="utf-8")
    found = options(run, model, "--host", "attic", "--beside", ",".join(beside))
    assert found["beside"] == sorted(beside)
    assert found["options"][0]["cache_type"] == "f16"
    for option in found["options"]:
        assert checked(fleet, changed(text, model, option["lines"]), model, sets) == []
        longer = option["ctx_size"] + 4096
        if option["tensor_split"] or longer > 40960:
            continue  # another split might have room for it, or nobody could use it
        lines = [f"ctx-size = {longer}", *option["lines"][1:]]
        assert checked(fleet, changed(text, model, lines), model, sets) == ["vram-overcommit"]


def test_a_table_and_lines_to_paste(run: Run, fleet: Path) -> None:
    done = run("suggest", "fleet.fleet", "think", "--host", "attic")
    assert done.returncode == 0
    assert done.stdout.startswith("think in attic on attic, alone\nGPU 0 (rtx-3090): 24276 MiB\n")
    assert re.search(r"^1 +f16 +\d+ +\d+ +\d+,\d+ ", done.stdout, re.M)
    assert re.search(r"\n# 3\nctx-size = \d+\ncache-type-k = q4_0\n", done.stdout)


def test_experts_leave_the_card_only_as_far_as_they_must(run: Run, fleet: Path) -> None:
    found = options(run, "code", "--host", "attic")["options"]
    assert found[0]["n_cpu_moe"] == 0
    assert (found[1]["ctx_size"], found[1]["n_cpu_moe"] > 0) == (40960, True)
    assert "n-cpu-moe = 0" not in found[0]["lines"]


def test_what_does_not_fit_says_what_is_missing(run: Run, fleet: Path) -> None:
    done = run("suggest", "chat", "--host", "attic", "--beside", "think")
    assert done.returncode == 1
    assert "f16: does not fit, not even with 256 tokens" in done.stdout
    assert re.search(r"GPU 0 \(rtx-3090\) lacks \d+ MiB", done.stdout)
    found = options(run, "chat", "--host", "attic", "--beside", "think", code=1)
    assert found["options"] == []
    assert found["short"][0]["missing_mib"]["gpu0"] > 10_000


def test_a_fleet_that_does_not_fit_can_be_asked(run: Run, fleet: Path) -> None:
    text = fleet.read_text(encoding="utf-8")
    fleet.write_text(re.sub(r"sets +=.*", "set all = chat & fast & draft & code & reason", text))
    assert run("check", "fleet.fleet").returncode == 1
    found = options(run, "reason", "--host", "attic", "--beside-set", "all", code=1)
    assert found["beside"] == ["chat", "code", "draft", "fast"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chta"], 'fleet.fleet has no model "chta": did you mean chat?'),
        (["chat", "--host", "atic"], 'fleet.fleet has no host "atic": did you mean attic?'),
        (["chat", "--beside", "fats"], 'attic has no model "fats": did you mean fast?'),
        (["chat", "--beside-set", "voice"], 'attic has no set "voice"'),
        (["fleet.fleet"], 'fleet.fleet has no model "fleet.fleet"'),
        (["chat", "--service", "none"], 'fleet.fleet has no service "none"'),
    ],
)
def test_wrong_names(run: Run, fleet: Path, arguments: list[str], said: str) -> None:
    done = run("suggest", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_weights_of_which_nothing_is_known(run: Run, fleet: Path) -> None:
    (fleet.parent / "fleet.lock").unlink()
    done = run("suggest", "chat", "--host", "attic")
    assert (done.returncode, done.stdout) == (1, "")
    assert 'run "llamafleet lock ' in done.stderr


def test_weights_of_which_only_the_size_is_known(run: Run, fleet: Path) -> None:
    (fleet.parent / "fleet.lock").unlink()
    text = fleet.read_text(encoding="utf-8")
    fleet.write_text(re.sub(r"^(gguf .*\{)$", r"\1\n    size = 5GB", text, flags=re.M))
    done = run("suggest", "chat", "--host", "attic")
    assert (done.returncode, done.stdout) == (1, "")
    assert "only the size of its weights is known; run" in done.stderr


def test_another_build_is_said(run: Run, fleet: Path) -> None:
    text = fleet.read_text(encoding="utf-8")
    fleet.write_text(re.sub(r'ref( *)= "b\d+"', r'ref\1= "b99999"', text))
    done = run("suggest", "chat", "--host", "attic")
    assert "note: build b99999 is newer than b11434, which is modelled: rule of" in done.stdout
