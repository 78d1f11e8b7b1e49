"""Needs of models' commands beyond the sandbox of the service that runs them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ...backends import backend
from ...fleet.model import Build, JsonObject, Model
from ..paths import USER
from .sandbox import Need
from .unit_settings import UnitSettings

RUNTIMES = (
    "apptainer", "buildah", "bwrap", "crun", "distrobox", "enroot", "nerdctl", "nsenter", "podman",
    "runc", "singularity", "systemd-nspawn", "toolbox", "unshare",
)  # fmt: skip
"""Programs that make a container themselves. `docker` is none: its daemon makes the container."""

TOOLS = ("agent", "mcp-servers-config", "mcp-servers-json", "tools")
"""Flags with which llama-server starts other programs."""

COMPILING = ("GGML_OPENVINO", "GGML_ZENDNN")
"""CMake options of backends for the CPU whose libraries compile code while they run."""

LOWEST_FREE_PORT = 1024

_RUNTIME = re.compile(rf"(?<![\w.-])(?:{'|'.join(RUNTIMES)})(?![\w.-])")


def needs_of(
    models: Iterable[Model], unit_settings: UnitSettings, port: int, build: Build | None
) -> frozenset[Need]:
    """Return the needs of a service; without a build of ours, its programs may use any device."""
    found = {need for model in models for need in _of_model(model)}
    if build is None or backend(build.backend).device is not None:
        found.add(Need.DEVICES)
    elif any(name in option for option in build.cmake for name in COMPILING):
        found.add(Need.CODE)
    if port < LOWEST_FREE_PORT:
        found.add(Need.LOW_PORT)
    if unit_settings.user != USER:
        found.add(Need.OTHER_USER)
    return frozenset(found)


def _of_model(model: Model) -> Iterator[Need]:
    if not model.needs_build:
        yield Need.PROGRAMS
        # Such a program may use a GPU, whatever the build beside it computes on.
        yield Need.DEVICES
    elif _has_tools(tuple(flag.argv[0] for flag in model.flags) + model.extra_args):
        yield Need.PROGRAMS
    if any(_RUNTIME.search(text) for text in _commands(model)):
        yield Need.CONTAINERS


def _has_tools(words: tuple[str, ...]) -> bool:
    return any(word.replace("_", "-") in {f"--{key}" for key in TOOLS} for word in words)


def _commands(model: Model) -> Iterator[str]:
    yield from model.command
    yield from model.stop_command
    yield from _texts(model.pass_through)


def _texts(passed: JsonObject) -> Iterator[str]:
    for key in ("cmd", "cmdStop"):
        text = passed.get(key)
        if isinstance(text, str):
            yield text
