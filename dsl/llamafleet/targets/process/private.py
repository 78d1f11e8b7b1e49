"""Secrets that stand in a fleet because its author insists: for nobody to read but who must."""

from __future__ import annotations

from dataclasses import replace

from ...secrets.find import in_text, in_value
from ...secrets.names import is_secret
from ..paths import CONFIG
from ..plan_types import Artifact
from ..writers.environment_file import to_environment_file
from .command import Environment, Groups

OF_SERVER = {"--api-key": "LLAMA_API_KEY", "--hf-token": "HF_TOKEN"}
"""What llama-server reads from its environment as well: arguments are there for all to see."""
HEADER = "Managed by llamafleet: edits here are overwritten."


def kept_from_others(artifact: Artifact, reader: str) -> Artifact:
    """Return the file for `reader` alone, if there is a secret in it."""
    if not in_text(artifact.content):
        return artifact
    return replace(artifact, mode="400", owner=reader)


def out_of_argv(groups: Groups) -> tuple[Groups, Environment]:
    """Return llama-server's arguments without secrets that have a variable, and those variables."""
    found: dict[str, str] = {}
    kept = []
    for group in groups:
        name = OF_SERVER.get(group[0]) if len(group) == 2 else None
        if name is not None and is_secret("api_key", group[1]):
            before = found.get(name)
            found[name] = f"{before},{group[1]}" if before else group[1]
        else:
            kept.append(group)
    return tuple(kept), tuple(found.items())


def file_of_secrets(unit: str, environment: Environment) -> tuple[Environment, Artifact | None]:
    """Return what a unit may say of an environment, and a file for root with the rest of it.

    systemd tells every user of a host what a unit says, and nobody what is in such a file.
    """
    secret = tuple(each for each in environment if in_value(*each))
    if not secret:
        return environment, None
    path = f"{CONFIG}/{unit.removesuffix('.service')}.secrets.env"
    content = to_environment_file(secret, HEADER)
    artifact = Artifact(path, content, mode="600", restarts=(unit,))
    return tuple(each for each in environment if each not in secret), artifact
