"""Units as systemd reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamafleet.importers.dispatch import ImportOptions, SourceKind, import_source
from llamafleet.importers.unit_file import expanded, read, specifiers, split
from llamafleet.source import Source
from llamafleet.targets.writers.systemd_unit import Command, command


@given(st.lists(st.text(alphabet="ab \"'\\$%;#é\t", min_size=1), max_size=5))
def test_what_the_writer_quotes_is_read_back(words: list[str]) -> None:
    line = command(Command(("/bin/x", *words)))
    joined = line.replace("\\\n", " ")
    found = [specifiers(expanded(word, {})[0])[0] for word in split(joined)]
    assert found == ["/bin/x", *words]


def test_lines_go_on_and_comments_between_them_do_not_end_them() -> None:
    text = "[Service]\nExecStart=/a \\\n# not this\n  b \\\n  c\nUser=u\n"
    found = {each.key: each.value for each in read(Source("u", text))}
    assert found == {"ExecStart": "/a b c", "User": "u"}


def test_an_empty_value_forgets() -> None:
    text = "[Service]\nExecStart=/a\nExecStart=\nExecStart=/b\n"
    assert [each.value for each in read(Source("u", text))] == ["/b"]


def unit(text: str) -> tuple[str | None, list[str]]:
    result = import_source(Source("x.service", text), SourceKind.UNIT, ImportOptions(read=missing))
    return result.text, [each.message for each in result.diagnostics]


def missing(path: str) -> bytes:
    raise FileNotFoundError(path)


def test_a_variable_of_the_unit_is_put_in() -> None:
    text = "[Service]\nEnvironment=P=8123\nExecStart=/x/llama-server -m /m/a.gguf --port ${P}\n"
    assert 'listen      = "127.0.0.1:8123"' in (unit(text)[0] or "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[Service]\nUser=x\n", "this unit has no ExecStart, so it starts nothing"),
        ("[Service]\nExecStart=/x/llama-server -m %h/a\n", "%h is only known to systemd"),
        ("[Service]\nExecStart=/x/llama-server $MORE\n", "$MORE is only known to systemd"),
        (
            "[Service]\nExecStart=/x/llama-swap -config /etc/c.yaml\n",
            "the configuration /etc/c.yaml cannot be read here",
        ),
        ("[Service]\nExecStart=/x/llama-swap\n", "this llama-swap has no -config"),
    ],
)
def test_what_cannot_be_taken_over_is_said(text: str, message: str) -> None:
    assert message in unit(text)[1]


def test_a_llama_swap_unit_brings_its_configuration() -> None:
    files = {"/etc/c.yaml": b"models:\n  a:\n    cmd: llama-server --port ${PORT} -m /m/a.gguf\n"}
    text = (
        "[Service]\nUser=swap\nRestart=always\n"
        "ExecStart=/x/llama-swap --config=/etc/c.yaml --listen 127.0.0.1:9292 --watch-config\n"
    )
    options = ImportOptions(read=lambda path: files[path])
    result = import_source(Source("x.service", text), SourceKind.UNIT, options)
    assert result.text is not None
    for line in ('"127.0.0.1:9292"', "user           = swap", "watch-config   = on"):
        assert line in result.text, result.text
    assert result.differences() == []
