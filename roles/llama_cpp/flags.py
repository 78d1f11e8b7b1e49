"""What a build that was just put in place says of its flags, for later checks of fleets."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from pyinfra.api.host import Host
from pyinfra.api.state import State

from llamafleet.backends import backend
from llamafleet.plan_types import BuildPlan
from llamafleet.schema.flag_tables import nearest
from llamafleet.schema.server_help import read_help
from roles.cache import folder
from roles.commands import run_on, words

FEWEST = 50
"""A help text with fewer flags is none of llama-server's."""

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+\-]*")


def learn_flags(state: State, host: Host, build: BuildPlan, directory: str) -> bool:
    """Keep the table of a build's flags on the controller; a rollout never fails for want of it."""
    ref = build.build.ref
    if nearest(ref).exact:
        return True
    wrapper = backend(build.build.backend).wrapper
    done, output = run_on(state, host, words(*wrapper, f"{directory}/llama-server", "--help"))
    kept = keep_table(ref, output.stdout) if done else None
    if kept is None:
        host.log(f"llama.cpp {build.build.name}: its --help could not be read as flags")
    else:
        host.log(f"llama.cpp {build.build.name}: its flags are kept in {kept}")
    return True


def keep_table(ref: str, text: str) -> Path | None:
    """Write what a help text says beside the other tables; None where it is no such text."""
    rows = read_help(text)
    if len(rows) < FEWEST or not _FILE_NAME.fullmatch(ref):
        return None
    path = folder("flags") / f"{ref}.json"
    # Several hosts may run the same build, side by side.
    partial = path.with_suffix(f".{os.getpid()}.partial")
    partial.write_text(json.dumps(rows), encoding="utf-8")
    partial.replace(path)
    nearest.cache_clear()
    return path
