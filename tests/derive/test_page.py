"""What `docs/derive.md` shows is what comes out; `--update-goldens` writes it anew."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from llamafleet.compiler import compile_text
from llamafleet.render import render

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "derive.md"
CONSOLE = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.M | re.S)


def answered(console: str) -> str:
    """A console with what its commands say now."""
    found = []
    for line in console.splitlines():
        if line.startswith("$ llamafleet "):
            words = shlex.split(line)[2:]
            done = subprocess.run(
                [sys.executable, "-m", "llamafleet", *words],
                cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
            found.append(f"{line}\n{done.stdout}{done.stderr}")
    return "".join(found)


def without_numbers(text: str) -> str:
    """Estimates may become a little better without anybody having to write that down."""
    return re.sub(r"\d+", "#", re.sub(r" +", " ", text))


@pytest.mark.parametrize("number", [0, 1])
def test_commands_say_what_the_page_says(number: int, update_goldens: bool) -> None:
    text = PAGE.read_text(encoding="utf-8")
    shown = CONSOLE.findall(text)[number]
    found = answered(shown)
    if update_goldens:
        PAGE.write_text(text.replace(shown, found), encoding="utf-8")
        shown = found
    assert without_numbers(found) == without_numbers(shown)


def test_the_matrix_of_the_page_is_rendered() -> None:
    text = PAGE.read_text(encoding="utf-8")
    (fleet,) = re.findall(r"^```fleet\n(.*?)^```$", text, re.M | re.S)
    (yaml,) = re.findall(r"^```yaml\n(.*?)^```$", text, re.M | re.S)
    compiled = compile_text(fleet, "page.fleet").fleet
    assert compiled is not None
    written = next(each.content for each in render(compiled)["attic"] if "yaml" in each.path)
    at = written.index("        evict_costs:")
    assert re.sub(r"^ {8}", "", written[at:], flags=re.M) == yaml
