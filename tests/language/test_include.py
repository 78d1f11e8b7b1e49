"""Includes, the version line, and files that cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from llamafleet.diagnostics.as_text import as_text
from llamafleet.diagnostics.model import Diagnostic
from llamafleet.language.include import DEEPEST, read_all


class Folder:
    """Fleet files in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, text: str | bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def read(self, name: str = "main.fleet") -> tuple[list[str], list[Diagnostic]]:
        files, _, found = read_all(str(self.root / name))
        return [str(Path(each.path).relative_to(self.root)) for each in files], list(found)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def codes(found: list[Diagnostic]) -> list[str]:
    return [each.code for each in found]


def test_included_files_come_first_and_once(folder: Folder) -> None:
    folder.write("main.fleet", 'fleet 1\ninclude "a.fleet"\ninclude "sub/b.fleet"\n')
    folder.write("a.fleet", 'fleet 1\ninclude "sub/c.fleet"\n')
    folder.write("sub/b.fleet", 'fleet 1\ninclude "c.fleet"\n')
    folder.write("sub/c.fleet", "fleet 1\n")
    files, found = folder.read()
    assert files == ["sub/c.fleet", "a.fleet", "sub/b.fleet", "main.fleet"]
    assert not found


def test_paths_are_relative_to_the_including_file(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("x/main.fleet", 'fleet 1\ninclude "../y/a.fleet"\n')
    folder.write("y/a.fleet", "fleet 1\n")
    monkeypatch.chdir(folder.root / "x")
    files, _, found = read_all("main.fleet")
    assert [each.path for each in files] == ["../y/a.fleet", "main.fleet"]
    assert not len(found)


@pytest.mark.parametrize(
    "target", ["main.fleet", "./main.fleet", "sub/../main.fleet", "link.fleet"]
)
def test_a_file_that_includes_itself(folder: Folder, target: str) -> None:
    folder.write("main.fleet", f'fleet 1\ninclude "{target}"\n')
    (folder.root / "link.fleet").symlink_to("main.fleet")
    files, found = folder.read()
    assert files == ["main.fleet"]
    assert codes(found) == ["include-cycle"]
    assert found[0].primary.span.start == (2, 9)


def test_a_cycle_names_the_way(folder: Folder) -> None:
    folder.write("main.fleet", 'fleet 1\ninclude "a.fleet"\n')
    folder.write("a.fleet", 'fleet 1\ninclude "b.fleet"\n')
    folder.write("b.fleet", 'fleet 1\ninclude "a.fleet"\n')
    _, (cycle,) = folder.read()
    assert Path(cycle.primary.span.path).name == "b.fleet"
    assert [Path(each.span.path).name for each in cycle.related] == ["a.fleet"]


def test_too_many_in_a_row(folder: Folder) -> None:
    for number in range(DEEPEST + 5):
        folder.write(f"{number}.fleet", f'fleet 1\ninclude "{number + 1}.fleet"\n')
    _, found = folder.read("0.fleet")
    assert codes(found) == ["include-cycle"]


def test_the_same_include_twice_is_a_warning(folder: Folder) -> None:
    folder.write("main.fleet", 'fleet 1\ninclude "a.fleet"\ninclude "./a.fleet"\n')
    folder.write("a.fleet", "fleet 1\n")
    files, (warning,) = folder.read()
    assert files == ["a.fleet", "main.fleet"]
    assert warning.code == "repeated-include"
    assert warning.primary.span.start.line == 3
    assert warning.related[0].span.start.line == 2


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("gpu.fleet", "no such file", "gpus.fleet"),
        ("other/gpu.fleet", "no such file", "there is no folder"),
        ("folder.fleet", "it is a directory", ""),
        ("pipe.fleet", "it is not a regular file", ""),
        (".", "its name does not end in .fleet", ""),
        ("secret.env", "its name does not end in .fleet", "include fleet files only"),
        ("x" * 5000 + ".fleet", "file name too long", ""),
    ],
)
def test_what_cannot_be_included(folder: Folder, path: str, message: str, hint: str) -> None:
    folder.write("main.fleet", f'fleet 1\ninclude "{path}"\n')
    folder.write("gpus.fleet", "fleet 1\n")
    folder.write("secret.env", "HF_TOKEN=hf_secret\n")
    (folder.root / "folder.fleet").mkdir()
    os.mkfifo(folder.root / "pipe.fleet")
    _, (error,) = folder.read()
    _, sources, _ = read_all(str(folder.root / "main.fleet"))
    assert "hf_secret" not in as_text([error], sources)
    assert error.code == "unreadable-file"
    assert message in error.message
    assert hint in error.hint
    assert error.primary.span.start == (2, 9)


def test_the_file_itself_can_be_missing_or_endless(tmp_path: Path) -> None:
    for path in (tmp_path / "none.fleet", tmp_path, Path("/dev/zero")):
        files, _, found = read_all(str(path))
        assert not files
        assert codes(list(found)) == ["unreadable-file"]


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        (b"fleet 1\n# caf\xe9\n", (2, 6), "byte 0xE9"),
        ("fleet 1\n".encode("utf-16"), (1, 1), "UTF-16"),
        (b"\x7fELF\0\xff", (1, 6), "byte 0xFF"),
        (b"fleet 1\n\0", (2, 1), "NUL bytes"),
    ],
)
def test_bytes_that_are_no_text(
    folder: Folder, data: bytes, place: tuple[int, int], words: str
) -> None:
    folder.write("main.fleet", data)
    _, found = folder.read()
    (error,) = [each for each in found if each.code != "language-version"]
    assert error.code == "not-text"
    assert error.primary.span.start == place
    assert words in error.message


def test_a_byte_order_mark_is_no_part_of_the_text(folder: Folder) -> None:
    folder.write("main.fleet", b"\xef\xbb\xbffleet 1\r\n")
    assert folder.read() == (["main.fleet"], [])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", (1, 1)),
        ("a b {\n}\n", (1, 1)),
        ("fleet 2\n", (1, 7)),
        ('fleet "1"\n', (1, 7)),
        ("fleet 1.0\n", (1, 7)),
        ("a b {\n}\nfleet 1\n", (3, 1)),
        ("fleet 1\nfleet 1\n", (2, 1)),
    ],
)
def test_a_file_begins_with_its_version(folder: Folder, text: str, place: object) -> None:
    folder.write("main.fleet", text)
    _, found = folder.read()
    assert codes(found) == ["language-version"]
    assert found[0].primary.span.start == place


def test_a_broken_version_line_is_reported_once(folder: Folder) -> None:
    folder.write("main.fleet", "fleet\n")
    assert codes(folder.read()[1]) == ["syntax"]


def test_other_directives_do_not_exist(folder: Folder) -> None:
    folder.write("main.fleet", 'fleet 1\ninclud "a"\ninclude 5\n')
    _, found = folder.read()
    assert codes(found) == ["unknown-directive", "wrong-type"]
    assert "include" in found[0].hint
