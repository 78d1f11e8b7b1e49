"""`llamafleet lock` against a local Hub, with the real huggingface_hub."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from llamafleet.cli import main
from llamafleet.compiler import compile_file
from llamafleet.fleet.model import Fleet
from llamafleet.plan import plan_host
from tests.lab.hub import Hub
from tests.lock.hubs import FLEET, QWEN, model

REPO = "unsloth/Qwen3-4B-GGUF"


def lock(fleet: Path, *options: str) -> int:
    """The exit code of `llamafleet lock`."""
    return main(["lock", str(fleet), *options])


def written(fleet: Path) -> dict[str, Any]:
    """What the lock holds."""
    tree: dict[str, Any] = json.loads(fleet.with_name("fleet.lock").read_text(encoding="utf-8"))
    return tree


def compiled(fleet: Path) -> Fleet:
    """The fleet with its lock; it must be right."""
    result = compile_file(fleet)
    assert result.fleet is not None, result.diagnostics
    return result.fleet


def test_everything_is_written_down(
    hub: Hub, fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lock(fleet) == 0
    said = capsys.readouterr().out.splitlines()
    commit = hub.repositories[REPO].commit
    assert f"+ gguf qwen: {REPO}@{commit[:12]} Qwen3-4B-Q4_K_M.gguf, 3.2 MiB" in said
    assert "+ llama-swap v250: linux-amd64, linux-arm64" in said
    tree = written(fleet)
    qwen = tree["ggufs"]["qwen"]
    data = QWEN["Qwen3-4B-Q4_K_M.gguf"]
    assert qwen["revision"] == commit
    assert qwen["files"] == [
        {
            "file": "Qwen3-4B-Q4_K_M.gguf",
            "size": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
    ]
    assert [each["file"][-10:] for each in tree["ggufs"]["large"]["files"]] == [
        "00002.gguf",
        "00002.gguf",
    ]
    assert tree["ggufs"]["eyes"]["facts"]["architecture"] == "clip"
    assert tree["builds"]["cpu"]["sha256"].startswith("b0a2feb6")
    assert len(tree["releases"]["v250"]["linux-amd64"]) == 64


def test_a_repository_is_asked_once_for_all_its_files(hub: Hub, fleet: Path) -> None:
    assert lock(fleet) == 0
    listings = [each.path for each in hub.requests if each.path.startswith("/api/models/")]
    assert len(listings) == len({*listings}) == 2
    hub.requests.clear()
    assert lock(fleet) == 0
    assert not hub.requests, "what is locked is not looked up"


def test_only_headers_are_fetched(hub: Hub, fleet: Path) -> None:
    hub.add(REPO, {**QWEN, "Qwen3-4B-Q4_K_M.gguf": model() + bytes(40 << 20)})
    assert lock(fleet) == 0
    ranges = [each.range for each in hub.requests if each.path.startswith("/blobs/")]
    assert all(each and int(each.rpartition("-")[2]) < 8 << 20 for each in ranges)
    # The header is larger than the first request: it took a second, for what was missing.
    assert f"bytes={2 << 20}-{(4 << 20) - 1}" in ranges


def test_check_and_render_need_no_network(
    hub: Hub, fleet: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(fleet)]) == 1
    assert "not-locked" in capsys.readouterr().out
    assert lock(fleet) == 0
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    asked = len(hub.requests)
    assert main(["check", str(fleet)]) == 0
    assert main(["render", str(fleet)]) == 0
    assert f"/models/{REPO}/Qwen3-4B-Q4_K_M.gguf" in capsys.readouterr().out
    assert len(hub.requests) == asked


def test_a_fleet_has_the_facts_of_its_lock(hub: Hub, fleet: Path) -> None:
    assert lock(fleet) == 0
    facts = compiled(fleet).facts
    assert set(facts) == {"qwen", "eyes", "large"}
    assert facts["qwen"].vocabulary == 40_000
    assert facts["qwen"].per_layer("attention.head_count_kv", 3) == (2, 2, 2)
    assert facts["qwen"].by_name["blk.1.attn_v.weight"].type == "Q6_K"
    assert [each.file for each in facts["large"].tensors] == [0, 1]


def test_hosts_get_every_file_as_it_was_locked(hub: Hub, fleet: Path) -> None:
    assert lock(fleet) == 0
    plans = plan_host(compiled(fleet), "box").ggufs
    assert [Path(each.path).name for each in plans] == [
        "Qwen3-4B-Q4_K_M.gguf",
        "mmproj-Qwen3-4B-F16.gguf",
        "large-BF16-00001-of-00002.gguf",
        "large-BF16-00002-of-00002.gguf",
    ]
    for each in plans:
        assert each.gguf.repo is not None
        assert each.gguf.file is not None
        repository = hub.repositories[each.gguf.repo]
        assert each.gguf.revision == repository.commit
        assert each.gguf.sha256 == repository.files[each.gguf.file].sha256
        assert each.gguf.size == len(repository.files[each.gguf.file].data)


def test_what_is_locked_stays_until_somebody_updates_it(
    hub: Hub, fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lock(fleet) == 0
    before = fleet.with_name("fleet.lock").read_text(encoding="utf-8")
    assert lock(fleet, "--check") == 0
    new = model("Q5_K")
    hub.add(REPO, {**QWEN, "Qwen3-4B-Q4_K_M.gguf": new})
    assert lock(fleet) == 0
    assert fleet.with_name("fleet.lock").read_text(encoding="utf-8") == before
    capsys.readouterr()
    assert lock(fleet, "--check") == 1
    moved = capsys.readouterr().out
    assert "~ gguf qwen: commit " in moved
    assert "~ gguf qwen: Qwen3-4B-Q4_K_M.gguf: 3341280 bytes → 3372000 bytes, sha256 " in moved
    assert "~ gguf qwen: tensor token_embd.weight: Q4_K 256x64 → Q5_K 256x64" in moved
    assert "gguf eyes" not in moved, "its file is the same at the new commit"
    assert fleet.with_name("fleet.lock").read_text(encoding="utf-8") == before
    assert lock(fleet, "--update", "large") == 0
    assert lock(fleet, "--check") == 1
    assert lock(fleet, "--update", "qwen") == 0
    assert written(fleet)["ggufs"]["qwen"]["files"][0]["size"] == len(new)
    assert lock(fleet, "--check") == 0


def test_the_same_fleet_has_the_same_lock(hub: Hub, fleet: Path) -> None:
    assert lock(fleet) == 0
    path = fleet.with_name("fleet.lock")
    before = path.read_text(encoding="utf-8")
    assert lock(fleet, "--update-all") == 0
    assert path.read_text(encoding="utf-8") == before
    path.unlink()
    assert lock(fleet) == 0
    assert path.read_text(encoding="utf-8") == before


def test_a_lock_follows_its_fleet_file(
    hub: Hub, fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lock(fleet) == 0
    fleet.write_text(FLEET.replace(":Q4_K_M", ":Q8_0"), encoding="utf-8")
    capsys.readouterr()
    assert lock(fleet, "--offline") == 1
    assert "gguf qwen: the fleet file has changed" in capsys.readouterr().out
    assert main(["check", str(fleet)]) == 1
    assert lock(fleet) == 0
    assert "~ gguf qwen: quant Q4_K_M → Q8_0" in capsys.readouterr().out
    assert lock(fleet, "--offline") == 0
    assert compiled(fleet).ggufs["qwen"].file == "Qwen3-4B-Q8_0.gguf"


def test_gated_repositories_take_a_token_that_goes_nowhere_else(
    hub: Hub, fleet: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.add(REPO, QWEN, token="hf_secret")
    assert lock(fleet) == 1
    said = capsys.readouterr().err
    assert f"gguf qwen: {REPO} is gated: accept its terms on http" in said
    assert set(written(fleet)["ggufs"]) == {"large"}, "what can be had is kept"
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert lock(fleet) == 0
    assert "hf_secret" not in fleet.with_name("fleet.lock").read_text(encoding="utf-8")
    blobs = [each for each in hub.requests if each.path.startswith("/blobs/")]
    assert blobs
    assert not any(each.authorization for each in blobs)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ('"unsloth/Qwen3-4B-GGUF:Q4_K_S"', "has no Q4_K_S, did you mean Q4_K_M?; it has Q4_K_M"),
        ('"unsloth/nothing:Q8_0"', "there is no repository unsloth/nothing; if it is private"),
        (
            '"unsloth/Qwen3-4B-GGUF:Q8_0"\n    revision = "v9"',
            'unsloth/Qwen3-4B-GGUF has no revision "v9"',
        ),
        (
            '"unsloth/Qwen3-4B-GGUF:Q8_0"\n    sha256 = "' + "1" * 64 + '"',
            "but the fleet file says 1111",
        ),
    ],
)
def test_what_cannot_be_had_is_said(
    hub: Hub, fleet: Path, capsys: pytest.CaptureFixture[str], asked: str, message: str
) -> None:
    fleet.write_text(FLEET.replace('"unsloth/Qwen3-4B-GGUF:Q4_K_M"', asked), encoding="utf-8")
    assert lock(fleet) == 1
    assert message in capsys.readouterr().err


def test_broken_files_are_refused(
    hub: Hub, fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.add(REPO, {**QWEN, "Qwen3-4B-Q4_K_M.gguf": b"<!DOCTYPE html>"})
    assert lock(fleet) == 1
    assert f"{REPO}/Qwen3-4B-Q4_K_M.gguf: not a GGUF file" in capsys.readouterr().err
    hub.add(REPO, {**QWEN, "Qwen3-4B-Q4_K_M.gguf": model()[:100_000]})
    assert lock(fleet) == 1
    assert "the file ends after 100000 bytes, inside its header" in capsys.readouterr().err


def test_a_hub_that_nobody_reaches_is_named(
    fleet: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    assert lock(fleet) == 1
    assert "cannot read unsloth/Qwen3-4B-GGUF from http://127.0.0.1:1" in capsys.readouterr().err


def test_names_that_are_not_there_are_refused(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lock(fleet, "--update", "qwem") == 2
    assert 'no gguf or build is named "qwem", did you mean "qwen"?' in capsys.readouterr().err


def test_a_lock_of_another_fleet_or_a_broken_one_is_left_alone(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = fleet.with_name("fleet.lock")
    (fleet.with_name("other.fleet")).write_text("fleet 1\n", encoding="utf-8")
    for text, message in (
        ('{"lock": 1, "fleet": "other.fleet", "ggufs": {}}', "is the lock of other.fleet"),
        ('{"lock": 7}', "it has version 7, but this llamafleet reads version 1"),
        ("{", "it is not JSON"),
        ('{"lock": 1, "ggufs": {"a": {}}}', "a part is missing or malformed"),
    ):
        path.write_text(text, encoding="utf-8")
        assert lock(fleet) == 1
        assert message in capsys.readouterr().err
        assert path.read_text(encoding="utf-8") == text


def test_files_of_this_machine_are_locked_too(
    fleet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = model(tokens=10)
    (tmp_path / "m.gguf").write_bytes(data)
    blocks, rest = FLEET.split("gguf qwen", 1)
    models = "\nmodel chat {\n    gguf = here\n    draft = away\n}\n"
    service = rest[rest.index("llama-swap") :].replace("chat, big", "chat")
    here = f'gguf here {{\n    path = "{tmp_path}/m.gguf"\n}}\n'
    weights = here + 'gguf away {\n    path = "/no.gguf"\n}\n'
    fleet.write_text(blocks + weights + models + service, encoding="utf-8")
    assert lock(fleet) == 0
    assert "note: gguf away: /no.gguf is not on this machine" in capsys.readouterr().err
    files = written(fleet)["ggufs"]["here"]["files"]
    assert files[0]["sha256"] == hashlib.sha256(data).hexdigest()
    assert compiled(fleet).facts["here"].architecture == "qwen3"
    assert lock(fleet, "--check") == 0
    (tmp_path / "m.gguf").write_bytes(model("Q8_0", tokens=10))
    assert lock(fleet, "--check") == 1
    (tmp_path / "m.gguf").write_bytes(data[:-100])
    assert lock(fleet, "--check") == 1
    assert "the copy is incomplete" in capsys.readouterr().err


def git(folder: Path, *words: str) -> str:
    """What git prints."""
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main")
    return subprocess.run(
        ["git", "-C", str(folder), *who, *words], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_builds_have_the_commit_of_their_ref(
    hub: Hub, fleet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "llama.cpp"
    source.mkdir()
    git(source, "init", "-q")
    git(source, "commit", "-q", "--allow-empty", "-m", "one")
    git(source, "tag", "-a", "b11434", "-m", "release")
    one = git(source, "rev-parse", "HEAD")
    git(source, "commit", "-q", "--allow-empty", "-m", "two")
    before, _, rest = FLEET.partition("    source  = pypi\n")
    after = rest.partition("\n")[2]
    fleet.write_text(f'{before}    url = "file://{source}"\n{after}', encoding="utf-8")
    assert lock(fleet) == 0
    assert written(fleet)["builds"]["cpu"]["commit"] == one
    assert compiled(fleet).builds["cpu"].commit == one
    git(source, "tag", "-f", "b11434")
    assert lock(fleet) == 0
    assert lock(fleet, "--update", "cpu") == 0
    assert f"~ build cpu: b11434 ({one[:12]})" in capsys.readouterr().out
    fleet.write_text(fleet.read_text(encoding="utf-8").replace("b11434", "b1"), encoding="utf-8")
    assert lock(fleet) == 0
    assert 'has no tag or branch "b1"' in capsys.readouterr().err
