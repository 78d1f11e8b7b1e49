"""A host's services as they were applied, as JSON and back: what a rollback goes back to. Pure."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from hashlib import sha256
from typing import Any, Union, get_args, get_origin, get_type_hints

from llamafleet.targets.plan_types import HostPlan, ServicePlan

FORMAT = 1


def names_of(plan: HostPlan) -> tuple[str, ...]:
    """Return what a plan refers to by name, as lines `KIND<tab>PATH`.

    `build` is a symlink to an install of llama.cpp, `program` a release that services run,
    `weights` a file or a link to one.
    """
    builds = (f"build\t{each.directory}" for each in plan.builds)
    programs = (f"program\t{each.path}" for service in plan.services for each in service.releases)
    weights = (f"weights\t{each.path}" for each in plan.ggufs)
    return tuple(dict.fromkeys((*builds, *programs, *weights)))


def stored_text(plan: HostPlan, names: tuple[str, ...]) -> str:
    """Return services and names as JSON; equal ones have equal texts."""
    content = {
        "format": FORMAT,
        "names": list(names),
        "services": [asdict(each) for each in plan.services],
    }
    return json.dumps(content, sort_keys=True) + "\n"


def digest(text: str) -> str:
    """Return the SHA-256 of a text."""
    return sha256(text.encode()).hexdigest()


def read_stored(text: str, host: str) -> tuple[HostPlan, tuple[str, ...]] | None:
    """Return the plan with its services, and its names; None if the text cannot be read."""
    try:
        content = json.loads(text)
        if content["format"] != FORMAT:
            return None
        services: tuple[ServicePlan, ...] = _read(tuple[ServicePlan, ...], content["services"])
        names = _read(tuple[str, ...], content["names"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    plan = HostPlan(
        host=host,
        gpus=(),
        users=tuple(dict.fromkeys(each.user for each in services if each.user != "root")),
        builds=(),
        ggufs=(),
        releases=(),
        packages=(),
        services=services,
    )
    return plan, names


def _read(hint: Any, value: Any) -> Any:
    """Return a JSON value as the type that a hint names. Raises TypeError if it is another."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _first(arguments, value)
    if origin is tuple:
        return tuple(_items(arguments, value))
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        return hint(**{name: _read(hints[name], each) for name, each in value.items()})  # type: ignore[operator]
    if type(value) is not hint:
        raise TypeError(f"{value!r} is no {hint}")
    return value


def _first(hints: tuple[Any, ...], value: Any) -> Any:
    if value is None and type(None) in hints:
        return None
    return _read(next(each for each in hints if each is not type(None)), value)


def _items(hints: tuple[Any, ...], value: Any) -> Iterator[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    if len(hints) == 2 and hints[1] is Ellipsis:
        yield from (_read(hints[0], each) for each in value)
        return
    for hint, each in zip(hints, value, strict=True):
        yield _read(hint, each)
