"""A local Hub with two repositories, and a fleet that names them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.hub import Hub, running_hub
from tests.lock.hubs import FLEET, QWEN, in_shards


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The Hub that HF_ENDPOINT names while a test runs."""
    offered = Hub()
    offered.add("unsloth/Qwen3-4B-GGUF", QWEN)
    offered.add("org/large-GGUF", in_shards("BF16/large-BF16"))
    with running_hub(offered) as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield offered


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A fleet file in a folder of its own."""
    path = tmp_path / "fleet.fleet"
    path.write_text(FLEET, encoding="utf-8")
    return path
