"""Dataclasses that cost next to nothing to define.

The standard library writes, compiles and runs six functions for each frozen dataclass when its
module is imported. A command imports many more classes than it makes instances of, and that was
the largest part of the time of `check`. Here only `__init__` is compiled, when the first instance
is made; the other methods are shared functions. For a type checker, and for `fields`, `asdict` and
`replace` of the standard library, these are its dataclasses. There is no inheritance of fields.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import replace as replace
    from typing import Any

    Names = tuple[str, ...]
else:

    def dataclass(*, frozen=False, slots=False, eq=True, init=True):
        """Return a decorator as `dataclasses.dataclass(...)` does, for these parameters."""
        return lambda cls: _made(cls, frozen=frozen, slots=slots, eq=eq, init=init)

    def field(*, default_factory):
        """Return the default of a field that each instance gets a new value for."""
        return _Factory(default_factory)

    def replace(instance, /, **changes):
        """Return a copy of an instance with some fields changed."""
        for name in instance.__match_args__:
            if name not in changes:
                changes[name] = getattr(instance, name)
        return instance.__class__(**changes)


class _Factory:
    """The default of a field that a function makes."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], object]) -> None:
        self.make = make


class _Fields:
    """`__dataclass_fields__`, made by the standard library for the first who asks."""

    __slots__ = ("annotations", "defaults", "made")

    def __init__(self, annotations: dict[str, str], defaults: dict[str, Any]) -> None:
        self.annotations = annotations
        self.defaults = defaults
        self.made: dict[str, Any] | None = None

    def __get__(self, instance: object, owner: type) -> dict[str, Any]:
        if self.made is None:
            import dataclasses

            body: dict[str, Any] = {"__annotations__": self.annotations}
            for name, default in self.defaults.items():
                made = isinstance(default, _Factory)
                body[name] = dataclasses.field(default_factory=default.make) if made else default
            template: type = dataclasses.dataclass(type("Template", (), body), eq=False, repr=False)
            self.made = template.__dict__["__dataclass_fields__"]
        return self.made


def _made(cls: type, *, frozen: bool, slots: bool, eq: bool, init: bool) -> type:
    annotations = {
        name: kind for name, kind in cls.__annotations__.items() if not kind.startswith("ClassVar[")
    }
    names = tuple(annotations)
    defaults = {name: cls.__dict__[name] for name in names if name in cls.__dict__}
    added: dict[str, Any] = {"__match_args__": names, "__repr__": _repr}
    if init:
        added["__init__"] = _first_init(names, defaults, frozen, slots)
    if eq:
        added |= {"__eq__": _eq(names), "__hash__": _hash(names) if frozen else None}
    if frozen:
        added |= {"__setattr__": _no_setattr, "__delattr__": _no_delattr}
    if frozen and slots:
        added |= {"__getstate__": _state, "__setstate__": _set_state}
    added["__dataclass_fields__"] = _Fields(annotations, defaults)
    if not slots:
        for name, value in added.items():
            if name not in cls.__dict__:
                setattr(cls, name, value)
        return cls
    left_out = {"__dict__", "__weakref__", *names}
    kept = {name: value for name, value in cls.__dict__.items() if name not in left_out}
    body = {"__qualname__": cls.__qualname__, "__slots__": names, **added, **kept}
    return type(cls)(cls.__name__, cls.__bases__, body)


def _first_init(names: Names, defaults: dict[str, Any], frozen: bool, slots: bool) -> Any:
    """Return an `__init__` that puts the compiled one in its place, and calls it."""

    def __init__(self: Any, *values: Any, **named: Any) -> None:  # noqa: N807
        cls = self.__class__
        cls.__init__ = compiled = _init(cls, names, defaults, frozen, slots)
        compiled(self, *values, **named)

    return __init__


def _init(cls: Any, names: Names, defaults: dict[str, Any], frozen: bool, slots: bool) -> Any:
    known: dict[str, Any] = {"_Factory": _Factory}
    head, lines = ["self"], []
    for name in names:
        value = name
        if name in defaults:
            known[f"default_{name}"] = default = defaults[name]
            head.append(f"{name}=default_{name}")
            if isinstance(default, _Factory):
                value = f"default_{name}.make() if {name} is default_{name} else {name}"
        else:
            head.append(name)
        if frozen and not slots:
            lines.append(f" self.__dict__[{name!r}] = {value}")
        elif frozen:
            known[f"set_{name}"] = cls.__dict__[name].__set__
            lines.append(f" set_{name}(self, {value})")
        else:
            lines.append(f" self.{name} = {value}")
    exec(f"def __init__({', '.join(head)}):\n" + "\n".join(lines or [" pass"]), known)
    compiled = known["__init__"]
    compiled.__qualname__ = f"{cls.__qualname__}.__init__"
    return compiled


def _key(names: Names) -> Callable[[Any], Any]:
    """Return a function for all values of an instance."""
    return attrgetter(*names) if names else lambda _: ()


def _eq(names: Names) -> Any:
    key = _key(names)

    def __eq__(self: object, other: object) -> bool:  # noqa: N807
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self is other or bool(key(self) == key(other))

    return __eq__


def _hash(names: Names) -> Any:
    key = _key(names)

    def __hash__(self: object) -> int:  # noqa: N807
        return hash(key(self))

    return __hash__


def _repr(self: Any) -> str:
    values = (f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
    return f"{self.__class__.__qualname__}({', '.join(values)})"


def _no_setattr(self: object, name: str, value: object) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _no_delattr(self: object, name: str) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:
    return [getattr(self, name) for name in self.__match_args__]


def _set_state(self: Any, state: list[object]) -> None:
    for name, value in zip(self.__match_args__, state, strict=True):
        object.__setattr__(self, name, value)
