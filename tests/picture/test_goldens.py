"""Pictures of the examples are what lies beside this file; that of the documentation is current.

`pytest --update-goldens` writes them anew; look at them before they are committed. The examples are
drawn without a lock, so that they change only with what draws them; `docs/voice_matrix.svg` has the
numbers of docs/voice_matrix.md.
"""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from llamafleet.capacity.footprint import Footprints
from llamafleet.fleet.model import Fleet
from llamafleet.picture import gather, layout, to_html, to_svg
from tests.picture import handmade
from tests.picture.fleets import NAMES, example

GOLDENS = Path(__file__).parent / "goldens"
IN_DOCS = Path(__file__).parent.parent.parent / "docs" / "voice_matrix.svg"


def compare(path: Path, text: str, update: bool) -> None:
    """The text is what the file holds, or becomes it."""
    if update:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    before, now = kept.splitlines(keepends=True), text.splitlines(keepends=True)
    found = "".join(difflib.unified_diff(before, now, str(path), "drawn"))
    assert not found, f"{found}\npytest --update-goldens {__file__}"


def svg(fleet: Fleet, name: str) -> str:
    return to_svg(layout(gather(fleet, Footprints(fleet), name)))


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_drawn_as_kept(name: str, update_goldens: bool) -> None:
    drawn = svg(example(name, known=False), name)
    compare(GOLDENS / f"{name}.svg", drawn, update_goldens)


def test_everything_is_drawn_as_kept(update_goldens: bool) -> None:
    picture = layout(handmade.EVERYTHING)
    compare(GOLDENS / "everything.svg", to_svg(picture), update_goldens)
    page = to_html(picture, handmade.EVERYTHING)
    compare(GOLDENS / "everything.html", page, update_goldens)


def test_the_picture_of_the_documentation_is_current(update_goldens: bool) -> None:
    compare(IN_DOCS, svg(example("voice_matrix"), "voice_matrix"), update_goldens)


def test_every_golden_belongs_to_something() -> None:
    names = {path.name for path in GOLDENS.iterdir()}
    assert names == {f"{name}.svg" for name in NAMES} | {"everything.svg", "everything.html"}
