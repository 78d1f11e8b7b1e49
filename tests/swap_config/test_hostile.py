"""Whatever somebody calls a configuration: an answer, never a traceback."""

from __future__ import annotations

import random

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.diagnostics.as_text import as_text
from llamafleet.llama_swap.keys import paths
from llamafleet.source import Source
from llamafleet.swap_check import check_swap_config
from tests.conformance.mutations import SCALARS, corpus

KEYS = [*sorted({part for path in paths() for part in path.split(".")} - {"*"}), "a", "b"]
VALUES = st.recursive(
    st.sampled_from(SCALARS) | st.text(max_size=8) | st.integers() | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


def answered(text: str, version: int) -> None:
    """Check a text, and print what is said: places must be in it."""
    source = Source("config.yaml", text)
    found = check_swap_config(source, version, "b11434").diagnostics
    as_text(found, {source.path: source})
    for each in found:
        assert 1 <= each.primary.span.start.line <= len(source.lines) + 1


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.sampled_from((202, 230, 242, 250)))
def test_any_text(text: str, version: int) -> None:
    answered(text, version)


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4), st.sampled_from((202, 230, 250)))
def test_any_tree_of_known_keys(tree: object, version: int) -> None:
    answered(yaml.safe_dump(tree, allow_unicode=True), version)


def test_mutations_of_right_ones() -> None:
    for text in corpus(random.Random(3).randrange(10**6), 120):
        answered(text, 250)
