"""The keys of host data that llamafleet reads, and the problems in them. Pure.

Host data comes from an inventory, group_data and `--data`. It is checked for every host when a
deploy file is loaded, so that a typo does not surface in the middle of a rollout.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeVar

from llamafleet_roles.environment import EnvironmentFileError, environment_text

T = TypeVar("T")

PREFIX = "llamafleet_"
_DURATION = re.compile(r"(?=.)(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s?)?")
_ON = frozenset({"yes", "on", "true", "1"})
_OFF = frozenset({"no", "off", "false", "0"})
MAX_SECONDS = 7 * 24 * 3600


class DataError(ValueError):
    """An invalid value; the message says what was expected."""


def read_seconds(value: object) -> int:
    """Read a duration in seconds: a number, or a text such as `90s`, `5m` or `1h30m`."""
    text = "" if isinstance(value, bool | float) else str(value).strip()
    match = _DURATION.fullmatch(text)
    if match is None:
        raise DataError(f"is {value!r}, expected seconds such as 300 or a duration such as 5m")
    hours, minutes, rest = (int(each or 0) for each in match.groups())
    found = hours * 3600 + minutes * 60 + rest
    if not 1 <= found <= MAX_SECONDS:
        raise DataError(f"is {value!r}, expected a duration from 1s to {MAX_SECONDS // 3600}h")
    return found


def read_switch(value: object) -> bool:
    """Read a boolean or one of yes, no, on, off, true, false, 1, 0: `--data` gives some as text."""
    word = str(value).strip().lower()
    if word not in _ON | _OFF:
        raise DataError(f"is {value!r}, expected yes or no")
    return word in _ON


def read_port(value: object) -> int:
    """Read a TCP port."""
    text = str(value).strip()
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise DataError(f"is {value!r}, expected a port from 1 to 65535")
    return int(text)


def read_generation(value: object) -> str:
    """Read the number of a generation; "" for none."""
    text = str(value).strip()
    if not re.fullmatch(r"[0-9]{0,9}", text):
        raise DataError(f"is {value!r}, expected the number of a generation such as 12")
    return text


def read_key(data: Any, key: str, reader: Callable[[object], T], default: object) -> T:
    """Read one key of a host's data; the DataError of an invalid value names the key."""
    try:
        return reader(data.get(key, default))
    except DataError as error:
        raise DataError(f"{key} {error}") from error


READERS: Mapping[str, Callable[[object], object]] = {
    "llamafleet_generation": read_generation,
    "llamafleet_gpu_check": read_switch,
    "llamafleet_health_timeout": read_seconds,
    "llamafleet_prove": read_switch,
    "llamafleet_prune": read_switch,
    "calibrate_all": read_switch,
    "calibrate_port": read_port,
    "calibrate_stop": read_switch,
    "calibrate_timeout": read_seconds,
}
"""The reader of each key with a single value; `llamafleet_environment` is the only other key."""

ENVIRONMENT = "llamafleet_environment"


def data_problems(data: Mapping[str, Any], services: Collection[str]) -> Iterator[str]:
    """Yield the problems in the data of one host; `services` are the names of the whole fleet."""
    for key, value in data.items():
        if key in READERS:
            try:
                READERS[key](value)
            except DataError as error:
                yield f"{key} {error}"
        elif key == ENVIRONMENT:
            yield from _environment_problems(value, services)
        elif str(key).startswith(PREFIX):
            yield f"unknown key {key}{_suggestion(key, (*READERS, ENVIRONMENT))}"


def _environment_problems(environment: object, services: Collection[str]) -> Iterator[str]:
    if not isinstance(environment, Mapping):
        yield f"{ENVIRONMENT} must be {{service: {{NAME: value}}}}"
        return
    for service, values in environment.items():
        # Group data may hold the values of a service that runs on other hosts.
        if service not in services:
            yield (
                f"{ENVIRONMENT}: the fleet has no service {service!r}"
                f"{_suggestion(str(service), services)}"
            )
        elif not isinstance(values, Mapping):
            yield f"{ENVIRONMENT}[{service!r}] must be {{NAME: value}}"
        else:
            try:
                environment_text(values)
            except EnvironmentFileError as error:
                yield f"{ENVIRONMENT}[{service!r}]: {error}"


def _suggestion(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, tuple(known), n=1)
    if close:
        return f": did you mean {close[0]}?"
    return f" (known: {', '.join(sorted(known))})" if known else ""
