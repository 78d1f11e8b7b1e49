"""The shapes of a picture, in whole pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; `kind` is how it looks, in the words of `style`."""

    x: int
    y: int
    width: int
    height: int
    kind: str
    radius: int = 0
    title: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text on the baseline `y`, never wider than `room`.

    `x` is where it starts, or where it ends if `end` is set. `whole` is the text before it was
    shortened; `odd` says that a font may draw it wider than anybody can know.
    """

    x: int
    y: int
    text: str
    kind: str
    room: int
    end: bool = False
    whole: str = ""
    odd: bool = False


@dataclass(frozen=True, slots=True)
class Arrow:
    """A line along some points with a head at the last one."""

    points: tuple[tuple[int, int], ...]
    title: str


@dataclass(frozen=True, slots=True)
class Group:
    """Shapes that are one thing; `label` is how it is read out, `title` is shown for the pointer.

    `hue` is the colour of a model, None where it has none. `leaf`: what is in it is not read out.
    """

    items: tuple[Shape, ...]
    label: str = ""
    title: str = ""
    hue: int | None = None
    leaf: bool = False


Shape: TypeAlias = Box | Label | Arrow | Group


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it; later shapes lie above earlier ones."""

    width: int
    height: int
    title: str
    description: str
    items: tuple[Shape, ...]
