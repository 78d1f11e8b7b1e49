"""What the real llama-swap keeps of prompts under the configuration that we write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lab.llama_swap import LlamaSwapBinary
from tests.targets.compiling import config_of, swap
from tests.targets.proxying import answer_of
from tests.targets.real_llama_swap import serving_m

SECRET = "what only the author of this prompt should know"


@pytest.mark.parametrize(("line", "kept"), [("", False), ("capture-buffer = 5", True)])
def test_prompts_are_kept_only_where_the_fleet_says_so(
    line: str, kept: bool, binary: LlamaSwapBinary, tmp_path: Path
) -> None:
    settings = {"captureBuffer": config_of(swap(rest=line))["captureBuffer"]}
    with serving_m(binary, tmp_path, settings) as port:
        body = json.dumps({"model": "m", "prompt": SECRET})
        assert answer_of(port, body, path="/v1/completions").status == 200
        found = [answer_of(port, path=f"/api/captures/{n}", method="GET") for n in range(4)]
    assert any(each.status == 200 for each in found) is kept
