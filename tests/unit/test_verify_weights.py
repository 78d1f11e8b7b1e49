"""What the verification suite says of weights, asked on this machine."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
import testinfra

from llamafleet.compiler import compile_text
from llamafleet.fleet.model import Gguf
from llamafleet.plan import plan_host
from llamafleet.targets.plan_types import GgufPlan
from llamafleet_roles.gguf_files.facts import path_key
from llamafleet_verify import test_weights
from llamafleet_verify.target import Target
from tests.roles.machine import ORIGIN

CONTENT = b"GGUF" + bytes(100)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
check = test_weights.test_are_as_planned


@pytest.fixture
def target() -> Target:
    """This machine, without ssh."""
    fleet = compile_text('fleet 1\n\nhost here {\n    address = "127.0.0.1"\n}\n').fleet
    assert fleet is not None
    target = Target(fleet.hosts["here"], plan_host(fleet, "here"), None)
    target.__dict__["connection"] = testinfra.get_host("local://")
    return target


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GgufPlan:
    """Weights that a rollout has downloaded and verified."""
    monkeypatch.setattr(test_weights, "RECORDS", str(tmp_path))
    path = tmp_path / "with blank.gguf"
    path.write_bytes(CONTENT)
    state = path.stat()
    note = f"{state.st_size} {int(state.st_mtime)} {SHA256} o/r@main:m.gguf\n{path}\n"
    (tmp_path / path_key(str(path))).write_text(note)
    gguf = Gguf("m", None, "o/r", "m.gguf", "main", SHA256, len(CONTENT), ORIGIN)
    return GgufPlan(gguf, str(path), True, "/models/.store")


def test_verified_weights_are_fine(target: Target, planned: GgufPlan) -> None:
    check((target, planned))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("gone", "is missing; roll out again"),
        ("short", "has 50 bytes, planned 104"),
        ("touched", "was never verified, or has changed since"),
        ("unknown", "was never verified, or has changed since"),
        ("other", f"has SHA-256 {'0' * 64}, planned {SHA256}"),
    ],
)
def test_what_is_wrong_with_weights_is_said(
    target: Target, planned: GgufPlan, wrong: str, message: str
) -> None:
    path = Path(planned.path)
    note = path.parent / path_key(planned.path)
    match wrong:
        case "gone":
            path.unlink()
        case "short":
            path.write_bytes(CONTENT[:50])
        case "touched":
            os.utime(path, (1, 1))
        case "unknown":
            note.unlink()
        case "other":
            note.write_text(note.read_text().replace(SHA256, "0" * 64))
    with pytest.raises(AssertionError) as failed:
        check((target, planned))
    assert message in str(failed.value)
