"""docs/secrets.md is executed: its fleet gets its variables from its group data, and as it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from llamafleet.cli import main
from llamafleet.compiler import Compiled, compile_file
from llamafleet.plan import plan_host
from llamafleet_roles.services.environment import environment_files

PAGE = (Path(__file__).parent.parent / "docs" / "secrets.md").read_text(encoding="utf-8")


def fence(language: str, number: int = 0) -> str:
    """A block of the page."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found[number])


DATA, FLEET = fence("python"), fence("fleet")
UNFILED = re.sub(r"\n    environment-file .*", "", FLEET)


def compiled(fleet: str, data: str | None) -> Compiled:
    files = {"fleet.fleet": fleet} | ({"group_data/all.py": data} if data else {})

    def read(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(path)
        return files[path].encode()

    return compile_file("fleet.fleet", read)


def test_what_is_supplied_is_not_missed() -> None:
    assert not compiled(UNFILED, DATA).diagnostics
    assert not compiled(FLEET, None).diagnostics
    found = compiled(UNFILED, None).diagnostics
    line = fence("console").splitlines()[1]
    assert line in {f"{each.severity}[{each.code}]: {each.message}" for each in found}


def test_a_rollout_writes_the_file_that_the_fleet_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWAP_KEY", 'a "b" $c=d')
    monkeypatch.setenv("CHAT_API_KEY", "sesame")
    values: dict[str, Any] = {}
    exec(DATA, values)
    fleet = compiled(FLEET, DATA).fleet
    assert fleet is not None
    plan = plan_host(fleet, "box")
    (file, *_) = environment_files(plan, values["llamafleet_environment"])
    assert (file.path, file.mode, file.owner) == ("/etc/llamafleet/voice.env", "600", "root")
    assert 'SWAP_KEY="a \\"b\\" \\$c=d"' in file.content
    others = [each.content for service in plan.services for each in service.artifacts]
    assert not any("sesame" in each for each in others)
    assert any('"LLAMA_API_KEY=${env.CHAT_API_KEY}"' in each for each in others)


def test_who_insists_gets_a_file_for_its_reader_alone() -> None:
    alone = re.sub(r"\n    pass-through \{\n.*?\n    \}\n", "", UNFILED, flags=re.DOTALL)
    insisting = alone.replace(
        '    gguf    = qwen3\n',
        '    gguf    = qwen3\n    # fleet: allow[secret-in-file] the whole house knows it\n'
        '    api-key = "sesame-1"\n',
    )  # fmt: skip
    found = compiled(insisting, DATA)
    assert found.fleet is not None
    assert not found.diagnostics
    artifacts = [each for one in plan_host(found.fleet, "box").services for each in one.artifacts]
    assert [each.mode for each in artifacts if "sesame" in each.content] == ["400"]
    assert not any("--api-key" in each.content for each in artifacts)


def test_import_says_what_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(fence("yaml"))
    assert main(["import", "config.yaml"]) == 0
    out, err = capsys.readouterr()
    assert fence("console", 1) == f"$ llamafleet import config.yaml\n{err}"
    assert "sesame" not in out + err
