"""What has a file of its own in a folder of one room stands in the list of that folder."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from llamafleet import backends, rules, targets
from llamafleet.backends.backend import Backend
from llamafleet.rules.rule import Rule
from llamafleet_roles import packages
from llamafleet_roles.packages.family import DistroFamily

Listed = tuple[object, ...]


def defined(package: str, kind: type | str) -> list[tuple[str, object]]:
    """Return each object of a class, or of a name, with the module of the package that has it."""
    found = []
    for each in pkgutil.iter_modules(importlib.import_module(package).__path__):
        module = importlib.import_module(f"{package}.{each.name}")
        for name, value in vars(module).items():
            if name == kind if isinstance(kind, str) else isinstance(value, kind):
                found.append((f"{package}.{each.name}.{name}", value))
    return found


@pytest.mark.parametrize(
    ("package", "kind", "name", "listed"),
    [
        (rules.__name__, Rule, "RULES", rules.RULES),
        (targets.__name__, "TARGET", "TARGETS", targets.TARGETS),
        (backends.__name__, Backend, "BACKENDS", backends.BACKENDS),
        (packages.__name__, DistroFamily, "FAMILIES", packages.FAMILIES),
    ],
    ids=lambda each: each if isinstance(each, str) and each.isupper() else "",
)
def test_nothing_is_left_out(package: str, kind: type | str, name: str, listed: Listed) -> None:
    found = defined(package, kind)
    assert found
    left_out = [module for module, value in found if value not in listed]
    assert not left_out, f"not in {name}: {', '.join(left_out)}"
