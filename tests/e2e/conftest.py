"""Two lab hosts, a site on them, and what stands in for a Hub: shared by the end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.rollout import Site, make_site
from tests.lab.fixtures import require_lab
from tests.lab.hosts import HostSpec
from tests.lab.hub import Hub, running_hub
from tests.lab.lab import Lab
from tests.lab.llama_swap import find_llama_swap
from tests.lab.tiny_gguf import Shape, tiny_gguf, write_tiny_gguf

HUB_REPOSITORY, HUB_FILE = "llamafleet/tiny-GGUF", "tiny-Q8_0.gguf"


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that both hosts see as /models."""
    folder = tmp_path_factory.mktemp("models")
    folder.chmod(0o755)
    write_tiny_gguf(folder / "small.gguf", seed=1, name="small")
    write_tiny_gguf(folder / "big.gguf", seed=2, name="big", shape=Shape(layers=4))
    return folder


@pytest.fixture(scope="session")
def pair(weights: Path) -> Iterator[Lab]:
    """Two hosts with two recorded P40s each."""
    require_lab()
    cards, binds = ("p40", "p40"), ((str(weights), "/models"),)
    with Lab(
        (HostSpec("alpha", gpus=cards, binds=binds), HostSpec("beta", gpus=cards, binds=binds))
    ) as lab:
        yield lab


@pytest.fixture(scope="session")
def hub() -> Hub:
    """A Hub with one model; `site` serves it to the hosts."""
    hub = Hub()
    hub.add(HUB_REPOSITORY, {HUB_FILE: tiny_gguf(seed=3, name="hub")})
    return hub


@pytest.fixture(scope="session")
def site(pair: Lab, hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site, rolled out from here on by the tests in their order."""
    folder = tmp_path_factory.mktemp("site")
    swap = find_llama_swap(folder)
    values = {
        "alpha": pair.host("alpha").address,
        "beta": pair.host("beta").address,
        "ssh_config": str(pair.ssh_config),
        "hub_sha256": hub.repositories[HUB_REPOSITORY].files[HUB_FILE].sha256,
    }
    with running_hub(hub, pair.gateway) as endpoint:
        environment = {"HF_ENDPOINT": endpoint, "PYINFRA_PROGRESS": "off"}
        if swap.found != "release archive":
            environment["LLAMAFLEET_LLAMA_SWAP"] = str(swap.path)
        yield make_site(folder / "inventory", values, environment)


@pytest.fixture(scope="session")
def rolled_out(site: Site) -> Site:
    """The site after a rollout, whoever made it."""
    done = site.roll_out()
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
    return site
