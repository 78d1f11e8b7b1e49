"""Scalars are read as llama-swap's YAML library reads them, which is not as PyYAML does."""

from __future__ import annotations

import pytest

from llamafleet.llama_swap.scalars import as_text, number_text, resolved


@pytest.mark.parametrize(
    ("text", "tag", "again"),
    [
        ("yes", "!!str", "yes"),
        ("on", "!!str", "on"),
        ("True", "!!bool", "true"),
        ("0123", "!!int", "83"),
        ("089", "!!float", "89"),
        ("0x10", "!!int", "16"),
        ("0o17", "!!int", "15"),
        ("-0b11", "!!int", "-3"),
        ("1_000", "!!int", "1000"),
        ("1.10", "!!float", "1.1"),
        ("1e3", "!!float", "1000"),
        ("1e6", "!!float", "1e+06"),
        (".5", "!!float", "0.5"),
        ("1:30", "!!str", "1:30"),
        ("7B", "!!str", "7B"),
        ("~", "!!null", ""),
        ("", "!!null", ""),
        ("2024-1-2", "!!timestamp", "2024-01-02T00:00:00Z"),
        ("2024-13-02", "!!str", "2024-13-02"),
        ("18446744073709551615", "!!int", "18446744073709551615"),
        ("18446744073709551616", "!!float", "1.8446744073709552e+19"),
        ("+.inf", "!!float", ".inf"),
        ("1e999", "!!str", "1e999"),
    ],
)
def test_resolved(text: str, tag: str, again: str) -> None:
    found, value = resolved(text)
    assert (found, value if isinstance(value, str) else as_text(value)) == (tag, again)


def test_tags_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="no !!int"):
        resolved("x", "!!int")
    assert resolved("5", "!!float") == ("!!float", 5.0)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0001, "0.0001"), (0.00001, "1e-05"), (123456.789, "123456.789"), (-3.25, "-3.25")],
)
def test_numbers_in_go_s_notation(value: float, text: str) -> None:
    assert number_text(value) == text
