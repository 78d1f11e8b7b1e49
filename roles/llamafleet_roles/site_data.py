"""The data of hosts that llamafleet reads, and what is wrong with it. Pure.

Data comes from an inventory, from group_data and from `--data`. It is checked as a whole, for every
host, when a deploy file is loaded: a typo must not come to light in the middle of a rollout.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from llamafleet_roles.environment import EnvironmentFileError, environment_text

PREFIX = "llamafleet_"
_DURATION = re.compile(r"(?=.)(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s?)?")
_ON = frozenset({"yes", "on", "true", "1"})
_OFF = frozenset({"no", "off", "false", "0"})
MAX_SECONDS = 7 * 24 * 3600


class DataError(ValueError):
    """A value that cannot be used; the message says what was expected."""


def read_seconds(value: object) -> int:
    """Read a span of time: seconds as a number, or a text such as `90s`, `5m` or `1h30m`."""
    text = "" if isinstance(value, bool | float) else str(value).strip()
    match = _DURATION.fullmatch(text)
    if match is None:
        raise DataError(f"is {value!r}: seconds such as 300 or a span such as 5m are expected")
    hours, minutes, rest = (int(each or 0) for each in match.groups())
    found = hours * 3600 + minutes * 60 + rest
    if not 1 <= found <= MAX_SECONDS:
        raise DataError(f"is {value!r}: from 1 s to {MAX_SECONDS // 3600} h are possible")
    return found


def read_switch(value: object) -> bool:
    """Read a switch; of the words of `--data`, pyinfra makes only some into booleans."""
    word = str(value).strip().lower()
    if word not in _ON | _OFF:
        raise DataError(f"is {value!r}: yes or no is expected")
    return word in _ON


def read_port(value: object) -> int:
    """Read a TCP port."""
    text = str(value).strip()
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise DataError(f"is {value!r}: a port from 1 to 65535 is expected")
    return int(text)


READERS: Mapping[str, Callable[[object], object]] = {
    "llamafleet_gpu_check": read_switch,
    "llamafleet_health_timeout": read_seconds,
    "llamafleet_prove": read_switch,
    "calibrate_all": read_switch,
    "calibrate_port": read_port,
    "calibrate_stop": read_switch,
    "calibrate_timeout": read_seconds,
}
"""How each key of a single value is read; `llamafleet_environment` is the other key there is."""

ENVIRONMENT = "llamafleet_environment"


def data_problems(data: Mapping[str, Any], services: Collection[str]) -> Iterator[str]:
    """Say what is wrong with the data of one host; `services` are the names of the whole fleet."""
    for key, value in data.items():
        if key in READERS:
            try:
                READERS[key](value)
            except DataError as error:
                yield f"{key} {error}"
        elif key == ENVIRONMENT:
            yield from _environment_problems(value, services)
        elif str(key).startswith(PREFIX):
            yield f"{key} is no key of llamafleet's{_meant(key, (*READERS, ENVIRONMENT))}"


def _environment_problems(given: object, services: Collection[str]) -> Iterator[str]:
    if not isinstance(given, Mapping):
        yield f"{ENVIRONMENT} must be {{service: {{NAME: value}}}}"
        return
    for service, values in given.items():
        # Group data may hold the values of a service that runs on other hosts.
        if service not in services:
            yield (
                f"{ENVIRONMENT} names {service!r}, and no service of the fleet is called so"
                f"{_meant(str(service), services)}"
            )
        elif not isinstance(values, Mapping):
            yield f"{ENVIRONMENT}[{service!r}] must be {{NAME: value}}"
        else:
            try:
                environment_text(values)
            except EnvironmentFileError as error:
                yield f"{ENVIRONMENT}[{service!r}]: {error}"


def _meant(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, tuple(known), n=1)
    if close:
        return f": {close[0]} is"
    return f": there are {', '.join(sorted(known))}" if known else ""
