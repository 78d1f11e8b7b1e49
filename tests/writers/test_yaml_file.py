"""What the YAML writer writes is read back by PyYAML as the same values."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.targets.writers.yaml_file import Lines, Named, Tree, to_yaml

# Lone surrogates cannot be in a file; everything else can be in a text.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ["", " ", "on", "7", "1e3", "0x10", "null", "2024-01-02", "~", "- a", "a: b", "a #b", "${X}"]
)
words = st.sampled_from(["cmd", "ttl", "proxy", "checkEndpoint", "evict_costs"])


def trees(leaves: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(tuple),
            st.dictionaries(words, inner, max_size=3),
            st.dictionaries(texts, inner, max_size=3).map(
                lambda entries: Named(tuple(entries.items()))
            ),
        ),
        max_leaves=8,
    )


leaves: st.SearchStrategy[Tree] = st.one_of(
    texts,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.lists(texts, max_size=3).map(lambda x: Lines(tuple(x))),
)


def value(tree: Tree) -> Any:
    """What a reader must see."""
    match tree:
        case None | bool() | int() | float() | str():
            return tree
        case Lines():
            return "".join(f"{line}\n" for line in tree.lines)
        case tuple():
            return [value(each) for each in tree]
        case Named():
            return {key: value(each) for key, each in tree.entries}
    return {key: value(each) for key, each in tree.items()}


@given(trees(leaves))
@settings(max_examples=300, deadline=None)
def test_a_tree_is_read_back_as_it_was(tree: Tree) -> None:
    read = yaml.safe_load(to_yaml(tree))
    assert read == value(tree)
    assert repr(read) == repr(value(tree))  # True == 1, but not in YAML


def test_a_command_is_a_block_scalar() -> None:
    text = to_yaml({"cmd": Lines(("llama-server", "--port 5800"))})
    assert text == "cmd: |\n  llama-server\n  --port 5800\n"


def test_names_of_users_are_quoted_and_words_of_upstream_are_not() -> None:
    assert to_yaml({"models": Named((("7", {"ttl": 60}),))}) == 'models:\n  "7":\n    ttl: 60\n'


@pytest.mark.parametrize("key", ["on", "a b", "7", ""])
def test_a_name_of_a_user_cannot_slip_in_as_a_word(key: str) -> None:
    with pytest.raises(ValueError, match="Named"):
        to_yaml({key: 1})


def test_the_header_is_a_comment() -> None:
    assert to_yaml({"a": 1}, header=("x", "y")) == "# x\n# y\na: 1\n"
