"""Diagnostics to render: those of every documented case, and made-up ones with any text in them."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

from llamafleet.diagnostics.model import Diagnostic, Label, Severity
from llamafleet.rules.codes import CODES
from llamafleet.source import Position, Span
from tests.diagnostics.test_cases import CASES, SEPARATOR, compiled

SURROGATES = range(0xD800, 0xE000)
"""No path that a system gives or a UTF-8 file names decodes to one of these by itself."""

texts = st.text(st.sampled_from("ab ,:;%\\\"'=\r\n\t\x1b\x85\u2028é中🦙[]{}<>&#") | st.characters())
paths = texts.filter(
    lambda text: (
        text not in ("", ".")
        and "\0" not in text
        and not any(ord(each) in SURROGATES for each in text)
    )
)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    """A stretch of some file, on one line or over several."""
    line, column = draw(st.integers(1, 10**6)), draw(st.integers(1, 10**4))
    if draw(st.booleans()):
        end = Position(line, column + draw(st.integers(0, 50)))
    else:
        end = Position(line + draw(st.integers(1, 9)), draw(st.integers(1, 80)))
    return Span(draw(paths), Position(line, column), end)


labels = st.builds(Label, spans(), texts)
findings = st.builds(
    Diagnostic,
    code=st.sampled_from(sorted(CODES)),
    severity=st.sampled_from(Severity),
    message=texts.filter(bool),
    primary=labels,
    related=st.lists(labels, max_size=3, unique=True).map(tuple),
    hint=texts,
    refused=st.booleans(),
)


@cache
def documented() -> tuple[Diagnostic, ...]:
    """What every case of `tests/diagnostics` finds."""
    sources = (path.read_text(encoding="utf-8").partition(SEPARATOR)[0] for path in CASES)
    return tuple(each for source in sources for each in compiled(source).diagnostics)
