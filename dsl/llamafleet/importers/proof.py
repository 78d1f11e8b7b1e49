"""Proof that a fleet file means what was imported: render it, read that, compare."""

from __future__ import annotations

from collections.abc import Sequence

from ..diagnostics.as_text import as_text
from ..diagnostics.model import Diagnostics
from ..fleet.model import Fleet
from ..fleet.resolve import resolve
from ..fleet.server_argv import normal
from ..fleet.words import Word, split
from ..language.include import read_all
from ..llama_swap.load import read_swap_config
from ..llama_swap.model import SwapConfig
from ..render import render
from ..source import Source
from ..targets import TARGETS
from .chosen_ports import own_ports, rendered_ports
from .differences import differences
from .guards import missing
from .llama_swap import SERVICE
from .meaning import meaning
from .router_ini import is_loaded, models_of, moved_of, read
from .secrets import Secret, SecretStore
from .server_command import is_server
from .service import Process
from .unit_file import UnitSetting, specifiers
from .unit_file import read as read_unit_file

CONFIG = f"/etc/llamafleet/llama-swap/{SERVICE}.yaml"
OURS = frozenset({"HOME", "XDG_CACHE_HOME"})
"""Variables that a unit of llamafleet's sets by itself."""


class BrokenError(Exception):
    """An imported fleet file that does not compile, or whose rendering is refused."""


def broken(text: str) -> str:
    """Return the errors of an imported fleet file as printed; empty if it compiles."""
    try:
        _fleet(text)
    except BrokenError as error:
        return str(error)
    return ""


def of_llama_swap(config: SwapConfig, text: str, host: str) -> list[str]:
    """Return the differences between a fleet file and a llama-swap configuration."""
    try:
        return compare(config, _rendered(text, host, config.version))
    except BrokenError as error:
        return str(error).splitlines()


def of_router(source: Source, text: str, host: str) -> list[str]:
    """Return the differences between a fleet file and a router INI: flags and preloads."""
    sections = read(source)
    defaults = next((each for each in sections if each.name == "*"), None)
    try:
        config = _rendered(text, host, 250)
    except BrokenError as error:
        return str(error).splitlines()
    safe = SecretStore()
    moved = {
        each.name: moved_of(each, defaults, "llama-server", safe) for each in models_of(sections)
    }
    before = {
        name: {
            "cmd": _argv(each.words),
            "env": [f"{name}=${{env.{held}}}" for name, held in each.given],
        }
        for name, each in moved.items()
    }
    after = {
        each.id.text: {
            "cmd": _argv([word.text for word in split(each.cmd.text, "")]),
            "env": [said.value for said in each.env],
        }
        for each in config.models
        if each.cmd
    }
    loaded = [each.name for each in models_of(sections) if is_loaded(each, defaults)]
    preload = [each.value for each in config.preload]
    return list(
        differences({"models": before, "preload": loaded}, {"models": after, "preload": preload})
    )


def of_process(process: Process, text: str, host: str, secrets: tuple[Secret, ...]) -> list[str]:
    """Return the differences between a fleet file and a server's command line or unit."""
    try:
        fleet = _fleet(text)
    except BrokenError as error:
        return str(error).splitlines()
    units = [each for each in render(fleet)[host] if each.path.endswith(".service")]
    settings = read_unit_file(Source(units[0].path, units[0].content))
    start = next(each for each in settings if each.key == "ExecStart")
    argv = [specifiers(word.text)[0].replace("$$", "$") for word in start.words()]
    environment = dict(
        specifiers(word.text)[0].partition("=")[::2]
        for each in settings
        if each.key == "Environment"
        for word in each.words()
    )
    outside = {each.variable for each in secrets}
    before = {
        "cmd": _argv([word.text for word in process.words], address=True),
        "env": {
            name: value for name, (value, _) in process.environment.items() if name not in outside
        },
    }
    after = {
        "cmd": _argv(argv, address=True),
        "env": {name: value for name, value in environment.items() if name not in OURS},
    }
    return list(differences(before, after))


def unguarded(
    theirs: Sequence[UnitSetting], text: str, host: str
) -> tuple[str, tuple[UnitSetting, ...]]:
    """Return the path of the rendered unit, and the settings of the old one that it lacks."""
    try:
        artifacts = render(_fleet(text))[host]
    except (BrokenError, ValueError):
        # What cannot be rendered, as a program that begins with %h, is said elsewhere.
        return "", ()
    units = [each for each in artifacts if each.path.endswith(".service")]
    if not units:
        return "", ()
    ours = read_unit_file(Source(units[0].path, units[0].content))
    return units[0].path, tuple(missing(theirs, ours))


def _argv(words: Sequence[str], address: bool = False) -> object:
    """Return the meaning of an argv, without the flags that llamafleet sets."""
    span = Source("", "").whole()
    if not is_server([Word(word, span) for word in words[:1]]):
        found: object = list(words)
        return found
    meant = normal(words, span)
    ours = {"--tags"} if address else {"--tags", "--host", "--port"}
    return {key: value for key, value in meant.items() if key not in ours}


def _fleet(text: str) -> Fleet:
    """Compile a text to a fleet; findings of rules do not change what it means."""
    path = "fleet.fleet"
    files, sources, found = read_all(path, lambda _: text.encode())
    fleet = resolve(files, TARGETS, found)
    if found.has_errors:
        raise BrokenError(as_text(found, sources))
    return fleet


def _rendered(text: str, host: str, version: int) -> SwapConfig:
    """Read the llama-swap configuration that a fleet file renders to."""
    artifacts = render(_fleet(text))[host]
    content = next((each.content for each in artifacts if each.path == CONFIG), "")
    source = Source(CONFIG, content)
    config, found = read_swap_config(source, version)
    refused = Diagnostics([each for each in found if each.refused])
    if config is None or refused.found:
        raise BrokenError(as_text(refused, {CONFIG: source}))
    return config


def compare(original: SwapConfig, rendered: SwapConfig) -> list[str]:
    """Return the differences in meaning of the rendered configuration; empty if none."""
    chosen = own_ports(original)
    before = meaning(original, chosen)
    after = meaning(rendered, rendered_ports(rendered, original))
    return list(differences(before, after))
