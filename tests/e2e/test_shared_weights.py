"""Three hosts share their weights: each file comes from the Hub once for all of them."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Iterator

import pytest

from tests.e2e.rollout import ROOT, Site
from tests.lab.fixtures import require_lab
from tests.lab.hub import Hub, running_hub
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

NAMES = ("one", "two", "three")
FILES = {
    f"{name}.gguf": b"GGUF" + random.Random(name).randbytes(39_999_996)
    for name in ("big", "bigger")
}

HOST = """
host {name} {{
    address    = "{address}"
    ssh-config = "{ssh_config}"
    share      = lan
    models-dir = "/srv/models"
}}

llama-swap {name} {{
    host   = {name}
    build  = cpu
    listen = "127.0.0.1:{port}"
    models = [big, bigger]
}}
"""

MODEL = """
gguf {name} {{
    hf-repo = "owner/repo"
    hf-file = "{name}.gguf"
    sha256  = "{sha256}"
    size    = {size}KB
}}

model {name} {{
    gguf = {name}
}}
"""


@pytest.fixture(scope="module")
def three() -> Iterator[Lab]:
    require_lab()
    with Lab(NAMES) as lab:
        yield lab


@pytest.fixture(scope="module")
def shared_hub() -> Hub:
    hub = Hub()
    hub.add("owner/repo", FILES)
    return hub


@pytest.fixture(scope="module")
def shared_site(
    three: Lab, shared_hub: Hub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("shared")
    shutil.copy(ROOT / "examples" / "sandbox" / "hosts.py", folder / "hosts.py")
    stored = shared_hub.repositories["owner/repo"].files
    parts = ['fleet 1\n\nbuild cpu {\n    ref     = "b11434"\n    backend = cpu\n}\n']
    parts += [
        MODEL.format(
            name=name.removesuffix(".gguf"), sha256=each.sha256, size=len(each.data) // 1000
        )
        for name, each in stored.items()
    ]
    parts += [
        HOST.format(
            name=name, address=three.host(name).address, ssh_config=three.ssh_config, port=8080
        )
        for name in NAMES
    ]
    (folder / "fleet.fleet").write_text("".join(parts))
    with running_hub(shared_hub, three.gateway) as endpoint:
        yield Site(folder, {"HF_ENDPOINT": endpoint, "PYINFRA_PROGRESS": "off"})


def roll_out(site: Site, *options: str) -> str:
    done = site.roll_out(*options, deploy="deploys/models.py")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def same(lab: Lab, hosts: tuple[str, ...] = NAMES) -> None:
    """Every name leads to the right bytes, as the host itself sees them."""
    for host in hosts:
        for name, content in FILES.items():
            printed = lab.host(host).run(f"sha256sum /srv/models/owner/repo/{name}").stdout
            assert printed.startswith(hashlib.sha256(content).hexdigest()), f"{name} on {host}"


def test_each_file_is_downloaded_once_for_three_hosts(
    three: Lab, shared_site: Site, shared_hub: Hub
) -> None:
    said = roll_out(shared_site)
    same(three)
    total = sum(map(len, FILES.values()))
    # Each request asks for a byte first, to learn where the content is.
    assert total <= shared_hub.sent <= total + 100, said
    assert shared_site.changes(deploy="deploys/models.py") == {}
    shared_hub.sent = 0


def test_only_names_of_the_store_are_served(three: Lab, shared_site: Site, shared_hub: Hub) -> None:
    roll_out(shared_site)
    one = three.host("one")
    url = f"http://{one.address}:8970"
    sha256 = shared_hub.repositories["owner/repo"].files["big.gguf"].sha256
    ask = "curl -s -o /dev/null -w %{http_code} --path-as-is"
    two = three.host("two")
    for path, status in (
        (f"/{sha256}", 200),
        (f"/{sha256}.pieces", 200),
        ("/", 404),
        (f"/{sha256}.part", 404),
        ("/../owner/repo/big.gguf", 400),
        (f"/..%2f{sha256}", 400),
        ("/etc/passwd", 404),
    ):
        assert two.run(f"{ask} '{url}{path}'").stdout == str(status), path
    assert two.run(f"{ask} -X PUT -d x '{url}/{sha256}'").stdout == "403"
    assert two.run(f"{ask} http://127.0.0.1:8970/", check=False).returncode != 0


def test_a_bad_disk_of_a_neighbour_costs_a_piece(
    three: Lab, shared_site: Site, shared_hub: Hub
) -> None:
    roll_out(shared_site)
    sha256 = shared_hub.repositories["owner/repo"].files["big.gguf"].sha256
    for host in ("one", "two"):
        stored = three.host(host).root / "srv/models/.store" / sha256
        spoiled = bytearray(stored.read_bytes())
        spoiled[20_000_000] ^= 1
        stored.write_bytes(spoiled)
    root = three.host("three").root / "srv/models"
    (root / "owner/repo/big.gguf").unlink()
    (root / ".store" / sha256).unlink()
    shared_hub.sent = 0
    said = roll_out(shared_site, "--limit", "three")
    same(three, ("three",))
    assert 0 < shared_hub.sent < 17_000_000, said


def test_what_stops_sharing_is_no_longer_served(three: Lab, shared_site: Site) -> None:
    roll_out(shared_site)
    one = three.host("one")
    text = shared_site.fleet.read_text()
    shared_site.fleet.write_text(text.replace("    share      = lan\n", ""))
    roll_out(shared_site)
    asked = f"curl -s -o /dev/null http://{one.address}:8970/"
    assert three.host("two").run(asked, check=False).returncode != 0
    shared_site.fleet.write_text(text)
    assert shared_site.changes(deploy="deploys/models.py") != {}
    assert shared_site.changes(deploy="deploys/models.py") == {}
