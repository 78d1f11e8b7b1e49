"""The language server, driven over stdio as an editor would."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import FLEET
from tests.lsp.editor import PATIENCE, Editor


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A fleet in two files."""
    text = FLEET.replace("host box {}\n\nhost spare {}\n", 'include "hosts.fleet"\n')
    (tmp_path / "fleet.fleet").write_text(text)
    (tmp_path / "hosts.fleet").write_text("fleet 1\n\nhost box {}\n\nhost spare {}\n")
    return tmp_path


@pytest.fixture
def editor(folder: Path) -> Iterator[Editor]:
    with Editor(folder) as started:
        yield started


def line_of(path: Path, words: str) -> int:
    lines = path.read_text().splitlines()
    return next(number for number, line in enumerate(lines) if words in line)


def test_a_session(editor: Editor, folder: Path) -> None:
    """One start for all that needs no start of its own: that is what takes time."""
    main, hosts = folder / "fleet.fleet", folder / "hosts.fleet"
    capabilities = editor.answer["capabilities"]
    for name in ("completion", "hover", "definition", "documentFormatting", "documentSymbol"):
        assert capabilities[f"{name}Provider"], name

    editor.open(main)
    assert editor.diagnostics(main) == []

    # Unsaved text counts, and so does that of an included file, on both sides.
    editor.open(hosts, "fleet 1\n\nhost bx {}\n\nhost spare {}\n")
    (found,) = editor.diagnostics(main)
    assert found["code"] == "unknown-name"
    assert found["message"].endswith('did you mean "bx"?')
    assert found["range"]["start"] == {"line": line_of(main, "hosts  ="), "character": 14}
    editor.type(hosts, "o", 2, 6)
    assert editor.diagnostics(main) == []

    # A key that is being typed is an error, and completes.
    number = line_of(main, "ctx-size = 4096")
    editor.type(main, "    parall\n", number, 0)
    (found,) = editor.diagnostics(main)
    assert (found["code"], found["severity"]) == ("syntax", 1)
    items = editor.at("completion", main, number, 10)
    parallel = next(each for each in items if each["label"] == "parallel")
    assert parallel["textEdit"] == {
        "newText": "parallel = ",
        "range": {
            "start": {"line": number, "character": 4},
            "end": {"line": number, "character": 10},
        },
    }
    assert "ctx-size" not in {each["label"] for each in items}

    hover = editor.at("hover", main, number + 1, 8)
    assert "llama-server: -c, --ctx-size" in hover["contents"]["value"]

    place = editor.at("definition", main, line_of(main, "hosts  =") + 1, 15)
    assert place["uri"] == hosts.as_uri()
    assert place["range"]["start"] == {"line": 2, "character": 5}

    outline = editor.about("documentSymbol", main)
    assert [(each["detail"], each["name"]) for each in outline][-1] == ("llama-server", "worker")

    assert editor.about("formatting", main) is None  # it has a syntax error
    editor.type(hosts, "\n\n\n", 4, 0, version=3)
    (edit,) = editor.about("formatting", hosts)
    assert edit["newText"] == "fleet 1\n\nhost box {}\n\nhost spare {}\n"
    assert edit["range"]["end"] == {"line": 8, "character": 0}


def test_a_misspelt_word_is_put_right(editor: Editor, folder: Path) -> None:
    hosts = folder / "hosts.fleet"
    editor.open(hosts, 'fleet 1\n\nhost box {\n    addres = "é"  # 🦙\n}\n\nhost spare {}\n')
    (found, *_) = (each for each in editor.diagnostics(hosts) if each["code"] == "unknown-key")
    (action,) = editor.fixes(hosts, found)
    assert action["title"] == "Change to address"
    assert action["diagnostics"] == [found]
    (edit,) = action["edit"]["changes"][hosts.as_uri()]
    assert edit == {"newText": "address", "range": found["range"]}


def test_nobody_is_told_a_word_at_a_time(editor: Editor, folder: Path) -> None:
    """While somebody types, nothing is checked; afterwards, once."""
    main = folder / "fleet.fleet"
    editor.open(main)
    assert editor.diagnostics(main) == []
    for number, letter in enumerate("xyz"):
        editor.type(main, letter, 0, number, version=2 + number)
    messages = [each["message"] for each in editor.diagnostics(main)]
    assert any('"xyzfleet"' in each for each in messages), messages


def test_a_file_that_is_closed_counts_as_it_is_on_the_disk(editor: Editor, folder: Path) -> None:
    main, hosts, scratch = (folder / f"{name}.fleet" for name in ("fleet", "hosts", "scratch"))
    editor.open(main)
    assert editor.diagnostics(main) == []
    editor.open(hosts, "fleet 1\n\nhost box {}\n")
    assert [each["code"] for each in editor.diagnostics(main)] == ["unknown-name"]
    editor.close(hosts)
    assert editor.diagnostics(main) == []
    editor.open(scratch, "flet 1\n")  # never saved: once it is closed, there is nothing to say
    assert editor.diagnostics(scratch) != []
    editor.close(scratch)
    assert editor.diagnostics(scratch) == []


@pytest.mark.parametrize(("encodings", "character"), [((), 21), (("utf-8", "utf-16"), 24)])
def test_columns_are_those_of_the_editor(
    folder: Path, encodings: tuple[str, ...], character: int
) -> None:
    main = folder / "fleet.fleet"
    main.write_text('fleet 1\n\nhost a {\n    ssh-user = "🦙é" 1\n}\n')
    with Editor(folder, encodings=encodings) as editor:
        editor.open(main)
        (found,) = editor.diagnostics(main)
    assert found["code"] == "syntax"
    assert found["range"]["start"] == {"line": 3, "character": character}


def test_no_text_ends_the_server(editor: Editor, folder: Path) -> None:
    texts = ("", "{" * 400, '"', "fleet", "fleet 1\r\nhost x {\r\n", "\0", "# é", "a = [\n\n+")
    for number, text in enumerate(texts):
        path = folder / f"odd{number}.fleet"
        editor.open(path, text)
        editor.diagnostics(path)
        last = text.count("\n")
        for character in (0, 3, 10_000):
            for method in ("completion", "hover", "definition"):
                editor.at(method, path, last, character)
        editor.about("formatting", path)
        editor.about("documentSymbol", path)


def test_without_its_library_it_says_what_to_install(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "sys.modules['pygls'] = None\n"
        "from llamafleet.cli import main\n"
        "sys.exit(main(['lsp']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 3
    assert done.stderr.splitlines() == [
        "llamafleet: the language server needs pygls, which is not installed",
        "llamafleet: install it with: pip install 'llamafleet[lsp]'",
    ]
