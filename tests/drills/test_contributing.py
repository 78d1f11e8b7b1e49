"""The table in CONTRIBUTING.md is what the drills do."""

from __future__ import annotations

import re

from .conftest import ROOT

OF_THEMSELVES = {"test_contributing.py", "test_tree.py"}


def test_each_drill_is_in_the_table_once_and_each_row_has_its_drill() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.partition("| you want to | you write | drill |\n|---|---|---|\n")[2]
    rows = [row for row in table.partition("\n\n")[0].splitlines() if row.strip()]
    assert all(row.count(" | ") == 2 for row in rows), rows
    named = [name for row in rows for name in re.findall(r"`(test_\w+\.py)`", row.split(" | ")[2])]
    there = {path.name for path in (ROOT / "tests" / "drills").glob("test_*.py")} - OF_THEMSELVES
    assert sorted(named) == sorted(there)
