"""JSON lines: one object a line, whatever the texts, and whatever the encoding of stdout."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.diagnostics.as_json import as_json
from llamafleet.diagnostics.model import Diagnostic
from tests.formats.findings import documented, findings

KEYS = (
    "version code severity message file line column end_line end_column label hint refused related"
)


@settings(max_examples=60, deadline=None)
@given(st.lists(findings, max_size=4))
def test_any_text_comes_back_as_it_was(diagnostics: list[Diagnostic]) -> None:
    text = as_json(diagnostics)
    assert text.isascii()
    objects = [json.loads(line) for line in text.splitlines()]
    assert len(objects) == len(diagnostics)
    for found, diagnostic in zip(objects, diagnostics, strict=True):
        assert (found["code"], found["message"]) == (diagnostic.code, diagnostic.message)
        assert (found["file"], found["hint"]) == (diagnostic.primary.span.path, diagnostic.hint)
        assert found["refused"] is diagnostic.refused
        assert len(found["related"]) == len(diagnostic.related)


def test_every_key_is_always_there() -> None:
    for line in as_json(documented()).splitlines():
        assert json.loads(line).keys() == set(KEYS.split())
