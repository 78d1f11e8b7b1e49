"""The functions that a site's own files call: its inventory and its deploy files.

`hosts.py` of a site takes its groups from `hosts`, and a deploy file is a call of one of the other
functions. The files in deploys/ of a clone call the same ones.
"""

from __future__ import annotations

import os
from pathlib import Path

from pyinfra.context import config

from llamafleet import load
from llamafleet.inventory import Groups, pyinfra_groups
from llamafleet_roles.base import base
from llamafleet_roles.calibrate import calibrate as calibrate_host
from llamafleet_roles.discover import discover as discover_host
from llamafleet_roles.generations import rollback as rollback_host
from llamafleet_roles.gguf_files import gguf_files
from llamafleet_roles.gguf_files.discovered import discovered_models
from llamafleet_roles.gguf_files.locked import facts_of_weights
from llamafleet_roles.host_plan import current_fleet, current_plan
from llamafleet_roles.llama_cpp import llama_cpp
from llamafleet_roles.llama_swap import llama_swap
from llamafleet_roles.nginx import nginx
from llamafleet_roles.prune import prune as prune_host
from llamafleet_roles.pyinfra_hooks import install
from llamafleet_roles.service_packages import service_packages
from llamafleet_roles.services import prove as prove_host
from llamafleet_roles.services import prove_if_asked
from llamafleet_roles.services import services as services_of_host


def configure() -> None:
    """Configure pyinfra for llamafleet: required version, hooks, folder for uploads.

    Call it from config.py or from an inventory, where pyinfra's `config` is set up.
    """
    config.REQUIRE_PYINFRA_VERSION = "~=3.10.0"
    # Uploads go here before root moves them: this folder always exists and is on disk, while /tmp
    # may be a small file system in memory. No secret is uploaded as a file, and each upload is
    # verified by its hash.
    config.TEMP_DIR = "/var/tmp"
    install()


def hosts(inventory: str | os.PathLike[str], fleet: str = "fleet.fleet") -> Groups:
    """Return pyinfra's groups of the fleet file beside an inventory, and configure pyinfra.

    Exits with status 1 if the fleet has errors, after printing them.
    """
    configure()
    # An inventory is read after pyinfra has kept its settings: each deploy file starts from those.
    config.lock_current_state()
    return pyinfra_groups(load(Path(inventory).with_name(fleet)))


def everything() -> None:
    """Do everything for a host, in order: programs, weights, then services."""
    fleet, _ = current_fleet()
    plan = current_plan()
    base(plan=plan)
    llama_cpp(plan=plan, fleet=fleet)
    gguf_files(plan=plan)
    llama_swap(plan=plan)
    service_packages(plan=plan)
    nginx(plan=plan)
    services_of_host(plan=plan)
    prove_if_asked(plan=plan)


def build() -> None:
    """Compile or fetch the llama.cpp that the plan names, and switch to it."""
    fleet, _ = current_fleet()
    plan = current_plan()
    base(plan=plan)
    llama_cpp(plan=plan, fleet=fleet)


def models() -> None:
    """Fetch and verify the weights that the plan names."""
    plan = current_plan()
    base(plan=plan)
    gguf_files(plan=plan)


def services() -> None:
    """Update configuration and units only: the quick way for a changed fleet file."""
    plan = current_plan()
    services_of_host(plan=plan)
    prove_if_asked(plan=plan)


def prove() -> None:
    """Start each model once through its service, and report those that cannot start."""
    fleet, _ = current_fleet()
    prove_host(fleet=fleet, plan=current_plan())


def calibrate() -> None:
    """Load each model on its host, and save its memory use and speed in fleet.lock."""
    fleet, _ = current_fleet()
    calibrate_host(fleet=fleet, plan=current_plan())


def rollback() -> None:
    """Take a host back to what it ran before: build, configuration and weights names together."""
    _, host_name = current_fleet()
    rollback_host(host_name=host_name)


def prune() -> None:
    """Show builds, releases and work folders that nothing refers to; remove them if asked."""
    prune_host(plan=current_plan())


def facts() -> None:
    """Read into fleet.lock what only hosts know: headers of weights (`path`), discovered models."""
    fleet, host_name = current_fleet()
    facts_of_weights(fleet=fleet, host_name=host_name)
    discovered_models(plan=current_plan(), fleet=fleet.path)


def discover() -> None:
    """Print `gpu` and `host` blocks of a host, and what serves there already; change nothing."""
    discover_host()
