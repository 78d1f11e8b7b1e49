"""Groups, the older way to say which models may be loaded together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .refusal import RefusedError


@dataclass(frozen=True, slots=True)
class Group:
    """Members, and how they get on with each other and with other groups."""

    members: tuple[str, ...]
    swap: bool = True
    exclusive: bool = True
    persistent: bool = False


@dataclass(frozen=True, slots=True)
class Groups:
    """All groups, models of no group in one of their own."""

    groups: Mapping[str, Group]
    unknown: str | None = None
    """A member that is no model: the config is read, but no server can be made of it."""

    def evictions(self, model: str, running: Sequence[str]) -> tuple[str, ...]:
        """The running models to stop before `model` can be loaded."""
        group_of = {each: name for name, group in self.groups.items() for each in group.members}
        own = self.groups[group_of[model]]

        def stops(other: str) -> bool:
            if group_of[other] == group_of[model]:
                return own.swap
            return own.exclusive and not self.groups[group_of[other]].persistent

        return tuple(each for each in running if each != model and stops(each))


def read_groups(raw: Mapping[str, object], models: Iterable[str]) -> Groups:
    """Check the groups of a config."""
    groups: dict[str, Group] = {}
    used: dict[str, str] = {}
    for name, value in raw.items():
        fields = value if isinstance(value, Mapping) else {}
        members = tuple(str(each) for each in fields.get("members") or ())
        for at, member in enumerate(members):
            if member in members[:at]:
                raise RefusedError(f"duplicate model member {member} found in group: {name}")
            if member in used:
                raise RefusedError(
                    f"model member {member} is used in multiple groups: {used[member]} and {name}"
                )
            used[member] = name
        groups[name] = Group(
            members,
            bool(fields.get("swap", True)),
            bool(fields.get("exclusive", True)),
            bool(fields.get("persistent", False)),
        )
    known = list(models)
    groups["(default)"] = Group(tuple(each for each in known if each not in used))
    unknown = next((each for each in used if each not in known), None)
    return Groups(groups, unknown)
