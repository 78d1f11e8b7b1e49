"""Our dataclasses are those of the standard library, but for the time that they take to define."""

from __future__ import annotations

import copy
import dataclasses as standard
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

import pytest

import llamafleet.dataclasses as ours

T = TypeVar("T")
Make = Callable[..., Any]


@ours.dataclass(frozen=True, slots=True)
class Point:
    """A point."""

    x: int
    y: int = 2
    seen: list[int] = ours.field(default_factory=list)
    known: ClassVar[int] = 7

    def added(self) -> int:
        """Return the sum."""
        return self.x + self.y


@ours.dataclass(slots=True)
class Counter(Generic[T]):
    """A class that can be changed, of a type."""

    thing: T
    count: int = 0


@ours.dataclass(frozen=True)
class Text:
    """A class with something that is worked out once."""

    text: str

    @cached_property
    def words(self) -> list[str]:
        """Return the words."""
        return self.text.split()


def twin(cls: Any, **options: bool) -> Any:
    """Return what the standard library makes of the same fields."""
    body = {
        name: standard.field(default_factory=default.default_factory)
        if default.default_factory is not standard.MISSING
        else default.default
        for name, default in cls.__dataclass_fields__.items()
        if (default.default, default.default_factory) != (standard.MISSING, standard.MISSING)
    }
    body["__annotations__"] = cls.__annotations__
    return standard.dataclass(**options)(type(cls.__name__, (), body))


PAIRS = [
    (Point, twin(Point, frozen=True, slots=True), [(1,), (1, 3), (1, 2, [4])]),
    (Counter, twin(Counter, slots=True), [("a",), ("a", 1)]),
    (Text, twin(Text, frozen=True), [("a b",), ("c",)]),
]


@pytest.mark.parametrize(("own", "other", "all_values"), PAIRS)
def test_the_standard_library_makes_the_same(
    own: Any, other: Any, all_values: list[tuple[Any, ...]]
) -> None:
    names = [each.name for each in standard.fields(own)]
    assert own.__match_args__ == other.__match_args__ == tuple(names)
    for values in all_values:
        mine, theirs = own(*values), other(*values)
        assert repr(mine) == repr(theirs)
        assert standard.asdict(mine) == standard.asdict(theirs)
        assert mine == own(**dict(zip(names, values, strict=False)))
        assert mine != theirs
        assert [mine == own(*each) for each in all_values] == [
            theirs == other(*each) for each in all_values
        ]
        assert standard.replace(mine, **{names[0]: 9}) == ours.replace(mine, **{names[0]: 9})
        assert hasattr(mine, "__dict__") == hasattr(theirs, "__dict__")


@pytest.mark.parametrize(
    ("make", "values", "named"),
    [(Point, (), {}), (Point, (1, 2, [], 4), {}), (Point, (1,), {"x": 1}), (Point, (1,), {"z": 1})],
)
def test_wrong_arguments_are_refused_with_the_same_words(
    make: Make, values: tuple[Any, ...], named: dict[str, Any]
) -> None:
    def said(of: Make) -> str:
        with pytest.raises(TypeError) as caught:
            of(*values, **named)
        return str(caught.value)

    other = twin(Point, frozen=True, slots=True)
    assert said(make) == said(make) == said(other).removeprefix("twin.<locals>.")


def test_a_frozen_one_cannot_be_changed() -> None:
    point = Point(1)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'x'"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'x'"):
        del point.x
    with pytest.raises(FrozenInstanceError):
        point.other = 2  # type: ignore[attr-defined]
    text = Text("a b")
    with pytest.raises(FrozenInstanceError):
        text.text = "c"  # type: ignore[misc]
    assert text.words is text.words


def test_one_that_is_not_frozen_can_be_changed_and_has_no_hash() -> None:
    counter = Counter("a")
    counter.count += 1
    assert counter == Counter("a", 1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(counter)
    with pytest.raises(AttributeError):
        counter.other = 1  # type: ignore[attr-defined]


def test_equal_ones_have_equal_hashes() -> None:
    assert hash(Text("a")) == hash(Text("a"))
    assert len({Text("a"), Text("a"), Text("b")}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(Point(1))  # a list is among its values


def test_each_instance_has_defaults_of_its_own() -> None:
    first, second = Point(1), Point(1)
    assert first.seen == second.seen
    assert first.seen is not second.seen
    assert Point.known == 7
    assert first.added() == 3


@pytest.mark.parametrize("instance", [Point(1, 3, [4]), Counter("a", 1), Text("a b")])
def test_copies_are_equal(instance: Any) -> None:
    assert copy.copy(instance) == copy.deepcopy(instance) == instance
    assert pickle.loads(pickle.dumps(instance)) == instance


def test_a_pattern_reads_the_fields_in_order() -> None:
    match Point(1, 5):
        case Point(x, y):
            assert (x, y) == (1, 5)


def test_methods_that_a_class_has_are_kept() -> None:
    @ours.dataclass(frozen=True, slots=True, init=False)
    class Own:
        """A class with methods of its own."""

        values: tuple[int, ...]

        def __init__(self, *values: int) -> None:
            object.__setattr__(self, "values", values)

        def __repr__(self) -> str:
            return "mine"

        def __hash__(self) -> int:
            return 3

    assert Own(1, 2).values == (1, 2)
    assert (repr(Own(1)), hash(Own(1))) == ("mine", 3)
    assert Own(1) == Own(1) != Own(2)
