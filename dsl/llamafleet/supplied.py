"""Variables that an inventory's group data gives to services; its files are parsed, not run."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator, Mapping

from .fleet.model import Fleet
from .inventory import pyinfra_groups
from .language.reading import Read

NAME = "llamafleet_environment"

Supplied = Mapping[str, frozenset[str] | None]
"""Names of variables by service; None where they are computed, and may be any."""


def supplied(fleet: Fleet, read: Read) -> Supplied:
    """Return what the files of `group_data` beside the fleet file say that services get.

    A rollout reads the same files. Values are not looked at. Of several groups of a host pyinfra
    takes the data of one, and that of `all` where no other has any: what every one of them gives is
    certain.
    """
    folder = posixpath.join(posixpath.dirname(fleet.path), "group_data")
    groups = pyinfra_groups(fleet)
    said: dict[str, list[ast.expr]] = {}
    for group in groups:
        values = list(_assigned(posixpath.join(folder, f"{group}.py"), read))
        if values:
            said[group] = values[-1:]
    found: dict[str, frozenset[str] | None] = {}
    for name, service in fleet.services.items():
        for host in service.hosts:
            own = [group for group in said if host in dict(groups[group]) and group != "all"]
            for group in own or [each for each in said if each == "all"]:
                names = _names(said[group][0], name)
                before = found.get(name, names)
                found[name] = (
                    names if before is None else before if names is None else before & names
                )
    return found


def _assigned(path: str, read: Read) -> Iterator[ast.expr]:
    """Yield every value assigned to `llamafleet_environment`; none if it is no Python."""
    try:
        tree = ast.parse(read(path))
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return
    for node in tree.body:
        match node:
            case ast.Assign(targets=targets, value=value):
                if any(isinstance(each, ast.Name) and each.id == NAME for each in targets):
                    yield value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                if name == NAME:
                    yield value


def _names(value: ast.expr, service: str) -> frozenset[str] | None:
    """The variables of a service; None where they are computed."""
    keys = _keys(value)
    if keys is None or not isinstance(value, ast.Dict):
        return None
    for key, inner in zip(keys, value.values, strict=True):
        if key == service:
            names = _keys(inner)
            return None if names is None else frozenset(names)
    return frozenset()


def _keys(value: ast.expr) -> list[str] | None:
    """The keys of a dictionary that is written out; None where they are computed."""
    if not isinstance(value, ast.Dict):
        return None
    found = [each.value for each in value.keys if isinstance(each, ast.Constant)]
    texts = [each for each in found if isinstance(each, str)]
    return texts if len(texts) == len(value.keys) else None
