"""Imports a systemd unit that runs a server."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..fleet.schema.value_type import BARE_WORD
from ..fleet.words import Word
from ..language.syntax import Text
from ..source import Source, Span
from ..targets.paths import USER
from . import nodes
from .guards import GUARDS
from .import_context import ImportContext
from .locate import located
from .server_command import SERVER
from .service import Process
from .unit_file import PREFIXES, UnitSetting, expanded, read, specifiers

LONGEST_SPAN = 100  # characters of a time span; nobody writes one of more
SWAP = re.compile(r"(?:.*/)?llama-swap(?:[-_.][^/]*)?")
FILE = re.compile(r"/\S*[^\s\\]")
UNIT_NAME = re.compile(
    r"[A-Za-z0-9:_.@\-]+\.(?:service|socket|target|device|mount|path|timer|slice)"
)

KNOWN = frozenset({
    "ExecStart", "Environment", "EnvironmentFile", "User", "Group", "Restart", "RestartSec",
    "Description", "Documentation", "Type", "WantedBy", "After", "Wants", "Requires",
})  # fmt: skip
"""Keys that are taken over, or that llamafleet's own unit says in its way."""

SAME = frozenset({
    ("KillMode", "mixed"), ("KillSignal", "SIGTERM"), ("NoNewPrivileges", "yes"),
    ("NoNewPrivileges", "true"), ("PrivateTmp", "yes"), ("PrivateTmp", "true"),
    ("ProtectSystem", "strict"), ("StandardOutput", "journal"), ("StandardError", "journal"),
    ("LimitMEMLOCK", "infinity"),
})  # fmt: skip
"""What llamafleet's own unit says or does, too."""


@dataclass(frozen=True, slots=True)
class Unit:
    """The command, environment and settings of a unit."""

    words: tuple[Word, ...]
    environment: Mapping[str, tuple[str, Span]]
    settings: tuple[UnitSetting, ...]

    def last(self, key: str) -> UnitSetting | None:
        """Return the last assignment of a key, which counts; None where there is none."""
        return next((each for each in reversed(self.settings) if each.key == key), None)


def read_unit(source: Source, context: ImportContext) -> Unit | None:
    """Return the process of a unit; report it and return None where the unit starts none."""
    settings = read(source)
    environment: dict[str, tuple[str, Span]] = {}
    for setting in settings:
        if setting.key == "Environment":
            for word in setting.words():
                name, sign, value = word.text.partition("=")
                if sign:
                    environment[name] = (specifiers(value)[0], setting.span)
    start = next((each for each in reversed(settings) if each.key == "ExecStart"), None)
    if start is None:
        context.diagnostics.error(
            "not-imported", "this unit has no ExecStart, so it starts nothing", source.whole()
        )
        return None
    return Unit(tuple(_argv(start, environment, context)), environment, settings)


def _argv(
    setting: UnitSetting, environment: Mapping[str, tuple[str, Span]], context: ImportContext
) -> Iterator[Word]:
    known = {name: value for name, (value, _) in environment.items()}
    words = located([word.text for word in setting.words()], setting.span, context.source)
    for number, word in enumerate(words):
        text = word.text.lstrip(PREFIXES) if number == 0 else word.text
        text, signs = specifiers(text)
        text, names = expanded(text, known)
        for what in (*(f"%{sign}" for sign in signs), *(f"${name}" for name in names)):
            context.diagnostics.error(
                "not-imported",
                f"{what} is only known to systemd",
                word.span,
                hint="replace it with its value, and import again",
            )
        yield Word(text, word.span)


def process_of(source: Source, unit: Unit, context: ImportContext) -> Process:
    """Return the server that a unit runs, with the settings of its service."""
    if SERVER.fullmatch(unit.words[0].text) is None:
        context.diagnostics.warning(
            "not-imported",
            f"{unit.words[0].text} is not llama-server: it is imported as another server",
            unit.words[0].span,
            hint="check that it serves HTTP on the port of the service",
        )
    report_rest(unit, context)
    stem = re.sub(r"@?\.service$", "", source.path.rsplit("/", 1)[-1])
    how = tuple(running(unit, context, source))
    return Process(source.path, unit.words, unit.environment, how, stem)


def running(unit: Unit, context: ImportContext, source: Source) -> Iterator[nodes.Entry]:
    """Yield the user that runs it, and the restart settings."""
    start = nodes.start_of(source.path)
    group, restart = unit.last("Group"), unit.last("Restart")
    yield from _user(unit, context, source)
    if group is not None:
        yield _word("group", group, "", start)
    yield _word("restart", restart, "no", start)
    delay = unit.last("RestartSec")
    seconds = _seconds(delay.value) if delay else 1
    if seconds is None and delay is not None:
        context.diagnostics.warning(
            "not-imported", f"RestartSec={delay.value} is not imported", delay.span
        )
    else:
        span = delay.span if delay else start
        yield nodes.attribute("restart-sec", nodes.duration(seconds or 0, span))
    yield from _environment_file(unit, context)
    needed = [word for each in unit.settings if each.key == "Requires" for word in each.words()]
    names = [word.text for word in needed if UNIT_NAME.fullmatch(word.text)]
    if names:
        yield nodes.attribute("requires", nodes.texts(names, needed[0].span))


def _user(unit: Unit, context: ImportContext, source: Source) -> Iterator[nodes.Entry]:
    """Yield the user: root only where the unit says so, else an unprivileged one."""
    user, dynamic = unit.last("User"), unit.last("DynamicUser")
    is_dynamic = dynamic is not None and dynamic.value.lower() in ("yes", "true", "on", "1")
    why, span = "", source.whole()
    if user is not None and user.value in ("root", "0"):
        hint = "name an unprivileged user, or remove user"
        message = f"the service runs as root, because of User={user.value}"
        context.diagnostics.warning("not-imported", message, user.span, hint=hint)
        yield nodes.attribute("user", nodes.named("root", user.span))
    elif dynamic is not None and is_dynamic:
        why, span = "DynamicUser= is not imported", dynamic.span
    elif user is not None and BARE_WORD.fullmatch(user.value):
        yield nodes.attribute("user", nodes.named(user.value, user.span))
    elif user is not None:
        why, span = f"User={user.value} is only known to systemd", user.span
    elif is_of_a_user(unit, source):
        why, span = "a user unit does not name its user", unit.words[0].span
    else:
        why, span = "the unit has no User= and ran as root", unit.words[0].span
    if why:
        hint = f"let {USER} read the files it needs, or set user = NAME"
        message = f"{why}: the service will run as {USER}"
        context.diagnostics.warning("not-imported", message, span, hint=hint)


def is_of_a_user(unit: Unit, source: Source) -> bool:
    """Return True if a unit is one of `systemctl --user`."""
    wanted = unit.last("WantedBy")
    return "/systemd/user/" in source.path or (
        wanted is not None and "default.target" in wanted.value.split()
    )


def _environment_file(unit: Unit, context: ImportContext) -> Iterator[nodes.Entry]:
    """Yield the first environment file; the others are reported."""
    files = [each for each in unit.settings if each.key == "EnvironmentFile"]
    for number, each in enumerate(files):
        path = each.value.lstrip("-")
        if number == 0 and FILE.fullmatch(path):
            yield nodes.attribute("environment-file", Text(path, each.span))
            if each.value.startswith("-"):
                message = f"EnvironmentFile={each.value} was optional; now the file must exist"
                hint = "create the file, or remove environment-file"
                context.diagnostics.warning("not-imported", message, each.span, hint=hint)
        else:
            # It may hold the very keys that the server asks for.
            message = f"EnvironmentFile={each.value} is not imported"
            hint = "put all variables into one file: a service has one environment-file"
            context.diagnostics.error("not-imported", message, each.span, hint=hint)


def _word(key: str, setting: UnitSetting | None, default: str, start: Span) -> nodes.Entry:
    text = setting.value if setting else default
    return nodes.attribute(key, nodes.named(text, setting.span if setting else start))


def _seconds(text: str) -> int | None:
    """Return a time span of systemd's in whole seconds, rounded up; None if it is none of use."""
    if len(text) > LONGEST_SPAN:
        return None
    if re.fullmatch(r"[0-9]+", text):
        return nodes.whole_seconds(text)
    units = {"ms": 0.001, "s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600, "hr": 3600, "d": 86400}
    parts = re.findall(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)", text)
    if not parts or "".join("".join(part) for part in parts) != text.replace(" ", ""):
        return None
    if any(unit not in units for _, unit in parts):
        return None
    total = math.ceil(sum(float(number) * units[unit] for number, unit in parts))
    return nodes.whole_seconds(str(total))


def report_rest(unit: Unit, context: ImportContext) -> None:
    """Report the settings that are not imported: llamafleet writes its own unit."""
    for each in unit.settings:
        known = each.key in KNOWN or (each.section == "Service" and each.key in GUARDS)
        if not known and (each.key, each.value) not in SAME:
            context.diagnostics.warning(
                "not-imported",
                f"{each.key}={each.value} is not imported",
                each.span,
                hint="llamafleet writes its own unit; put what it lacks into a drop-in",
            )
