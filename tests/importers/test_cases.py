"""Each file in `cases/` is imported, compared with the fleet file beside it, and proven."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamafleet.importers.dispatch import (
    ImportOptions,
    ImportResult,
    SourceKind,
    guess,
    import_source,
)
from llamafleet.language.formatter import format_file
from llamafleet.source import Source

HERE = Path(__file__).parent / "cases"
CASES = sorted(path for path in HERE.iterdir() if path.suffix != ".fleet")
KINDS = {
    ".yaml": SourceKind.LLAMA_SWAP,
    ".service": SourceKind.UNIT,
    ".sh": SourceKind.COMMAND,
    ".ini": SourceKind.ROUTER_INI,
}


def imported(path: Path) -> ImportResult:
    source = Source(path.name, path.read_text(encoding="utf-8"))
    return import_source(source, KINDS[path.suffix], ImportOptions(host="box"))


@pytest.fixture(params=CASES, ids=lambda path: str(path.stem))
def case(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_the_kind_is_seen(case: Path) -> None:
    source = Source("file", case.read_text(encoding="utf-8"))
    assert guess(source) is KINDS[case.suffix]


def test_the_fleet_file_is_the_one_on_file(case: Path, update_goldens: bool) -> None:
    found = imported(case).text
    assert found is not None
    golden = case.with_suffix(".fleet")
    if update_goldens:
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")


def test_it_renders_to_the_same_meaning(case: Path) -> None:
    assert imported(case).differences() == []


def test_it_is_canonical(case: Path) -> None:
    text = imported(case).text or ""
    assert format_file(Source("fleet.fleet", text)).text == text


def test_every_comment_comes_along(case: Path) -> None:
    if case.suffix == ".sh":
        return
    text = imported(case).text or ""
    for line in case.read_text(encoding="utf-8").splitlines():
        said = line.strip().lstrip("#; ")
        if line.strip()[:1] in ("#", ";"):
            assert f"# {said}" in text, line
