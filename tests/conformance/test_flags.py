"""Flags and addresses: what ends the program at once, with which status and which words."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.conformance.conftest import Observations

ENDS = {
    "no flags": ([], 1, "at least one of -config or -config-dir must be provided"),
    "unknown flag": (["-nonsense"], 2, ""),
    "missing file": (["-config", "DIR/none"], 1, "open DIR/none: no such file or directory"),
    "no port": (["-config", "DIR/ok", "-listen", "here"], 1, "here: missing port in address"),
    "port too high": (["-config", "DIR/ok", "-listen", ":99999"], 1, "address 99999: invalid port"),
    "port in words": (["-config", "DIR/ok", "-listen", ":x"], 1, "lookup tcp/x: unknown port"),
    "address of another": (
        ["-config", "DIR/ok", "-listen", "192.0.2.1:8080"],
        1,
        "bind: cannot assign requested address",
    ),
    "config before address": (["-config", "DIR/bad", "-listen", ":99999"], 1, "failed to parse"),
    "version": (["-version"], 0, "version: "),
    "version with two dashes": (["--version"], 0, "version: "),
}
# Who compiles it without naming a version has version 0, of a commit that is a word.
VERSION = re.compile(r"version: (?:v[1-9][0-9]*|0) \(\w+\), built at \S+\n")


@pytest.mark.parametrize("which", ["found", "double"])
@pytest.mark.parametrize("name", list(ENDS))
def test_ends(observations: Observations, which: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "ok").write_text("models: {}\n")
    (tmp_path / "bad").write_text("models: [\n")
    words, status, text = ENDS[name]
    done = subprocess.run(
        [observations.binary(which), *(each.replace("DIR", str(tmp_path)) for each in words)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    said = (done.stdout + done.stderr).replace(str(tmp_path), "DIR")
    assert done.returncode == status, said
    assert text in said
    assert "Traceback" not in said
    if name.startswith("version"):
        assert VERSION.fullmatch(said), said
    if status == 1:
        assert len(re.findall(r"^.* ERROR .*$", said, re.MULTILINE)) == 1
