"""The installed product, away from any clone: a new site, rolled out to a booted host, verified."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.rollout import TEMPLATE, changed
from tests.lab.fixtures import require_lab
from tests.lab.hosts import HostSpec
from tests.lab.lab import Lab
from tests.lab.llama_swap import find_llama_swap
from tests.lab.tiny_gguf import write_tiny_gguf
from tests.product.conftest import ROOT, Environment, done, make_environment, run

pytestmark = pytest.mark.lab

FLEET = """\
fleet 1

include "build.fleet"

host alpha {{
    address    = "{address}"
    ssh-user   = "admin"
    ssh-config = "{ssh_config}"
}}

gguf small {{
    path = "/models/small.gguf"
}}

model chat {{
    gguf     = small
    ctx-size = 2048
    parallel = 1
}}

llama-swap main {{
    host   = alpha
    build  = cpu
    listen = "127.0.0.1:8080"
    models = [chat]
}}
"""


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The wheel with what a rollout and its verification need, in the versions of the lock."""
    folder = tmp_path_factory.mktemp("installed")
    locked = re.findall(r"(?m)^[a-z0-9-]+==[^\\\n]+", (ROOT / "requirements.txt").read_text())
    (folder / "versions.txt").write_text("".join(f"{each.strip()}\n" for each in locked))
    made = make_environment(folder / "venv")
    constraints = ("--quiet", "--only-binary", ":all:", "--constraint", folder / "versions.txt")
    made.pip("install", *constraints, f"llamafleet[rollout,verify] @ {wheel.as_uri()}")
    return made


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A host without cards, with weights."""
    require_lab()
    weights = tmp_path_factory.mktemp("models")
    weights.chmod(0o755)
    write_tiny_gguf(weights / "small.gguf", seed=1, name="small")
    with Lab((HostSpec("alpha", binds=((str(weights), "/models"),)),)) as lab:
        yield lab


def test_a_new_site_is_rolled_out_and_verified(
    installed: Environment, host: Lab, tmp_path: Path
) -> None:
    llamafleet, pyinfra = installed.program("llamafleet"), installed.program("pyinfra")
    settings = {"PYINFRA_PROGRESS": "off"}
    swap = find_llama_swap(tmp_path)
    if swap.found != "release archive":
        settings["LLAMAFLEET_LLAMA_SWAP"] = str(swap.path)
    site = tmp_path / "site"
    done(llamafleet, "init", site, folder=tmp_path)
    shutil.copy(TEMPLATE / "build.fleet", site)
    (site / "fleet.fleet").write_text(
        FLEET.format(address=host.host("alpha").address, ssh_config=host.ssh_config)
    )
    done(llamafleet, "check", "--strict", "fleet.fleet", folder=site)
    done(llamafleet, "fmt", "--check", "fleet.fleet", folder=site)
    before = run(llamafleet, "verify", "fleet.fleet", "-q", folder=site)
    assert before.returncode == 1, before.stdout
    assert "pyinfra hosts.py deploy.py" in before.stdout
    done(pyinfra, "-y", "hosts.py", "deploy.py", folder=site, **settings)
    verified = done(llamafleet, "verify", "fleet.fleet", "-q", folder=site)
    assert " passed" in verified
    assert "failed" not in verified
    again = done(pyinfra, "-y", "--json", "hosts.py", "deploy.py", folder=site, **settings)
    assert changed(json.loads(again)) == {}
    assert str(ROOT) not in verified + again
