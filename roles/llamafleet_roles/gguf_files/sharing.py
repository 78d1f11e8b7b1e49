"""Weights of hosts that share: from a neighbour that has a file, else once from the Hub."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator

from pyinfra.api.command import FunctionCommand
from pyinfra.api.host import Host
from pyinfra.api.state import State

from llamafleet.targets.plan_types import GgufPlan, HostPlan
from llamafleet.targets.proxy.weights_share import PATH
from llamafleet_roles.commands import command_line, log_planned, shell_step
from llamafleet_roles.gguf_files.download import download
from llamafleet_roles.gguf_files.facts import FILES, WeightsState
from llamafleet_roles.gguf_files.neighbours import Claim, Neighbours
from llamafleet_roles.packages import install_script

RUN = Neighbours()
"""The hosts of the run that this process does."""


def share_store(plan: HostPlan, weights: WeightsState) -> Iterator[FunctionCommand]:
    """Let other hosts read the store, or no longer."""
    content = plan.share.content if plan.share else ""
    wanted = hashlib.sha256(content.encode()).hexdigest() if content else None
    if wanted == weights.shared:
        return
    address, port = (plan.share.listen.host, plan.share.listen.port) if plan.share else ("-", 0)
    if plan.share:
        log_planned(f"will share weights at {plan.share.listen}")
        yield shell_step(install_script(("nginx",), tools=("nginx",)))
    else:
        log_planned("will no longer share weights")
    store = plan.ggufs[0].store if plan.ggufs else "-"
    script = (FILES / "share.sh").read_text()
    arguments = ("sh", "-c", script, "share", PATH, address, str(port), store)
    yield shell_step(command_line(*arguments), stdin=content)


def download_all(state: State, host: Host, plan: HostPlan, downloads: tuple[GgufPlan, ...]) -> bool:
    """Provide every file, each as soon as a source of it is free; False if one cannot be had."""
    left = list(downloads)
    said = False
    while left:
        taken = next(_claims(left, plan), None)
        if taken is None:
            if not said:
                host.log("weights: waiting for another host to have them")
            said = True
            time.sleep(1)
            continue
        each, claim = taken
        left.remove(each)
        if not _provide(state, host, plan, each, claim):
            return False
    return True


def _claims(left: list[GgufPlan], plan: HostPlan) -> Iterator[tuple[GgufPlan, Claim]]:
    for each in left:
        sha256 = each.gguf.sha256
        # A file that no lock knows cannot be told from another of the same name.
        claim = RUN.claim(sha256, plan.host, plan.sharing) if sha256 else Claim()
        if claim is not None:
            yield each, claim


def _provide(state: State, host: Host, plan: HostPlan, each: GgufPlan, claim: Claim) -> bool:
    """Copy or download one file; what no neighbour can give is downloaded with the token."""
    done = False
    try:
        done = download(state, host, each, plan.mirror, claim.sources)
        if not done and claim.sources and host.data.get("hf_token", os.environ.get("HF_TOKEN")):
            host.log(f"weights {each.gguf.name}: asking the Hub with the token")
            done = download(state, host, each, plan.mirror)
    finally:
        if each.gguf.sha256:
            RUN.settle(each.gguf.sha256, plan.host, claim, done=done)
    return done
