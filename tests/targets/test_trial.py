"""What llama-swap is asked about is what it will read, without what it would start or store."""

from __future__ import annotations

import tempfile
from pathlib import Path

import yaml

from llamafleet.compiler import compile_file
from llamafleet.plan import plan_host
from llamafleet.targets.plan_types import ServicePlan, Socket

FLEET = """\
fleet 1

host h {{
    address = "10.0.0.1"
}}

build b {{
    ref     = "b11434"
    backend = cpu
}}

gguf small {{
    path = "/models/small.gguf"
}}

model m {{
    gguf = small
}}

model own {{
    command = ["/usr/bin/docker", "run", "-p", "${{PORT}}:8080", "x"]
}}

llama-swap swap {{
    host    = h
    build   = b
    listen  = "0.0.0.0:8080"  # fleet: allow[exposed] a test
    models  = [m, own]
    {settings}
}}
"""


def planned(settings: str) -> ServicePlan:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fleet.fleet"
        path.write_text(FLEET.format(settings=settings))
        found = compile_file(path)
    assert found.fleet is not None, [each.message for each in found.diagnostics]
    (service,) = plan_host(found.fleet, "h").services
    return service


def test_the_trial_has_everything_but_hooks_and_store() -> None:
    service = planned('preload = [m]\n    store-path = "/srv/usage/u.db"')
    (config,) = (each for each in service.artifacts if each.path.endswith(".yaml"))
    whole = yaml.safe_load(config.content)
    assert whole["hooks"] == {"on_startup": {"preload": ["m"]}}
    assert whole["store"] == {"path": "/srv/usage/u.db"}
    assert service.trial is not None
    trial = yaml.safe_load(service.trial)
    assert trial == {key: value for key, value in whole.items() if key not in ("hooks", "store")}


def test_the_database_is_where_the_service_opens_it() -> None:
    assert planned('store-path = "/srv/usage/u.db"').store == "/srv/usage/u.db"


def test_a_service_without_a_database_names_none() -> None:
    assert planned("").store is None


def test_the_ports_are_its_own_and_those_of_llama_servers() -> None:
    """What another program does with the port is its own affair: a container may publish it."""
    service = planned("start-port = 12000")
    assert service.sockets == (
        Socket("llama-swap-swap.service", "0.0.0.0", 8080),
        Socket("llama-swap-swap.service", "127.0.0.1", 12000, "m"),
    )
