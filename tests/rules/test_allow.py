"""`# fleet: allow[code] reason`: what it silences, and what it does not."""

from __future__ import annotations

import pytest

from llamafleet.compiler import compile_text

FLEET = """fleet 1

host box {{ }}

build cpu {{
    ref     = "b11434"
    backend = cpu
}}

gguf small {{
    path = "/models/small.gguf"
}}

gguf spare {{  {on_header}
    path = "/models/spare.gguf"
}}

{above}
model chat {{
    gguf = small
    {key}
}}

llama-swap voice {{
    host   = box
    build  = cpu
    models = [
        chat,
    ]
}}
{end}
"""
ALLOW = "# fleet: allow[unused-definition] kept for later"


def codes(**parts: str) -> list[str]:
    """The codes that the fleet is found to have, with comments put in."""
    text = FLEET.format(**({"on_header": "", "above": "", "key": "", "end": ""} | parts))
    return [each.code for each in compile_text(text.replace("{ }", "{\n}")).diagnostics]


def test_the_fleet_has_one_finding() -> None:
    assert codes() == ["unused-definition"]


def test_behind_the_header() -> None:
    assert codes(on_header=ALLOW) == []


def test_above_another_entry() -> None:
    assert codes(above=ALLOW) == ["unused-definition", "unused-allow"]


def test_inside_a_block_where_no_entry_follows() -> None:
    assert codes(key=ALLOW) == ["unused-definition", "unused-allow"]


def test_at_the_end_of_the_file() -> None:
    assert codes(end=ALLOW) == ["unused-definition", "unused-allow"]


def test_several_codes() -> None:
    both = ALLOW.replace("]", ", model-in-no-set]")
    assert codes(on_header=both) == ["unused-allow"]


def test_no_reason_silences_all_the_same() -> None:
    assert codes(on_header="# fleet: allow[unused-definition]") == ["bad-allow"]


@pytest.mark.parametrize("text", ["# fleet: allow", "# fleet: allow[]", "# fleet:allow unused"])
def test_no_code(text: str) -> None:
    assert codes(on_header=text) == ["unused-definition", "bad-allow"] or codes(on_header=text) == [
        "bad-allow",
        "unused-definition",
    ]


@pytest.mark.parametrize("text", ["# the fleet allows [unused-definition]", "# allow[x] y"])
def test_other_comments_mean_nothing(text: str) -> None:
    assert codes(on_header=text) == ["unused-definition"]


def test_an_error_of_the_language_stays() -> None:
    """Without what is wrong there would be nothing to roll out; and nobody is called unused."""
    found = codes(above="# fleet: allow[unknown-key] surely", key="ctx-sise = 1")
    assert found == ["unknown-key"]
