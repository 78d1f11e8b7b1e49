"""`# fleet: allow[code] reason` in a llama-swap configuration."""

from __future__ import annotations

import pytest

from llamafleet.source import Source
from llamafleet.swap_check import check_swap_config

CONFIG = """models:
{above}  chat:
    cmd: llama-server --port ${{PORT}} -m /m/a.gguf{behind}
{inside}    description: a
    tttl: 60
  think:
    cmd: llama-server --port ${{PORT}} -m /m/a.gguf
    tttl: 60
"""
ALLOW = "# fleet: allow[unknown-key] a note to ourselves"


def found(**parts: str) -> list[tuple[str, int]]:
    """Code and line of everything that is found."""
    text = CONFIG.format(**({"above": "", "behind": "", "inside": ""} | parts))
    checked = check_swap_config(Source("config.yaml", text), 250, "b11434")
    return [(each.code, each.primary.span.start.line) for each in checked.diagnostics]


def test_both_are_found() -> None:
    assert found() == [("unknown-key", 5), ("unknown-key", 8)]


def test_above_an_entry_it_holds_for_all_that_is_indented_below() -> None:
    assert found(above=f"  {ALLOW}\n") == [("unknown-key", 9)]


def test_above_another_line_it_silences_nothing() -> None:
    said = found(inside=f"    {ALLOW}\n")
    assert said == [("unused-allow", 4), ("unknown-key", 6), ("unknown-key", 9)]


@pytest.mark.parametrize("text", ["# fleet: allow", "# fleet: allow[unknwon-key] why"])
def test_what_is_none_is_reported(text: str) -> None:
    assert ("bad-allow", 2) in found(above=f"  {text}\n")


def test_what_llama_swap_refuses_stays() -> None:
    text = "# fleet: allow[wrong-type] really\nstartPort: many\n"
    checked = check_swap_config(Source("config.yaml", text), 250, None)
    assert any(each.refused for each in checked.diagnostics)
    assert all(each.code != "unused-allow" for each in checked.diagnostics)
