"""What `check` says of memory: of how many models, how well, and never nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

FLEET = """\
fleet 1
gpu card {{
    vendor = nvidia
    arch   = sm_86
    vram   = 24GiB
}}
host box {{
    gpus = [card]
}}
build cuda {{
    ref     = "{ref}"
    backend = cuda
}}
gguf big {{
    path = "/m/big.gguf"
{size}
}}
model chat {{
    gguf     = big
    ctx-size = {context}
}}
model other {{
    command = ["/opt/asr", "--port", "${{PORT}}"]
{vram}
}}
llama-swap main {{
    host   = box
    build  = cuda
    models = [chat, other]
}}
"""
BY_SIZE = "1 by a rule of thumb (only the size of its weights is known"


def said(run: Run, folder: Path, **of: str) -> str:
    """The lines on stderr."""
    given = {"ref": "b11434", "size": "", "vram": "", "context": "8192", **of}
    (folder / "m.fleet").write_text(FLEET.format(**given))
    return run("check", "m.fleet").stderr


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ({}, "memory checked for 0 of 2 models: run llamafleet lock for the others"),
        (
            {"vram": "    vram = 2GiB"},
            "memory checked for 1 of 2 models: run llamafleet lock for the others",
        ),
        (
            {"size": "    size = 9GB"},
            f"memory checked for 1 of 2 models, {BY_SIZE}): set vram for the others",
        ),
        (
            {"size": "    size = 9GB", "vram": "    vram = 2GiB"},
            f"memory checked for 2 of 2 models, {BY_SIZE})",
        ),
        (
            {"size": "    size = 9GB", "vram": "    vram = 2GiB", "ref": "b20000"},
            f"memory checked for 2 of 2 models, {BY_SIZE}; build b20000 is newer than b11434, ",
        ),
    ],
)
def test_of_how_many_models_and_how_well(
    run: Run, folder: Path, of: dict[str, str], expected: str
) -> None:
    assert expected in said(run, folder, **of)


def test_a_fleet_that_does_not_fit_can_be_simulated(run: Run, folder: Path) -> None:
    said(run, folder, vram="    vram = 30GiB")
    done = run("simulate", "m.fleet", "other", "chat")
    assert done.returncode == 0
    assert "1. other: nothing else runs" in done.stdout
    (folder / "m.fleet").write_text((folder / "m.fleet").read_text().replace("[card]", "[cord]"))
    done = run("simulate", "m.fleet", "other", "chat")
    assert done.returncode == 1
    assert "unknown-name" in done.stderr


def test_explain_memory_says_that_it_is_a_rule_of_thumb(run: Run, folder: Path) -> None:
    said(run, folder, size="    size = 9GB", ref="b20000")
    done = run("explain", "memory", "chat", "m.fleet")
    first, *reasons = done.stdout.splitlines()[:3]
    assert first == "chat in main on box: by size, in part by a rule of thumb"
    assert reasons[0].startswith("only the size of its weights is known: rule of thumb, ±")
    assert reasons[1].startswith("build b20000 is newer than b11434, which is modelled: rule of")


def test_it_is_said_beside_findings_too(run: Run, folder: Path) -> None:
    lines = said(run, folder, vram="    vram = 30GiB").splitlines()
    assert lines == [
        "m.fleet: memory checked for 1 of 2 models: run llamafleet lock for the others",
        "1 error in 1 file",
    ]
