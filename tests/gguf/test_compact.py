"""Facts survive being written as JSON, and edited ones do no harm."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.gguf import GgufError, GgufFacts, Header, facts_of, parse_header
from llamafleet.gguf.compact import from_json, to_json
from tests.gguf.writing import Weights, header_bytes

NAMES = st.one_of(
    st.builds(
        lambda block, rest: f"blk.{block}.{rest}",
        st.integers(0, 12) | st.just("07"),
        st.sampled_from(["attn_q.weight", "attn_v.weight", "x y.weight", "0"]),
    ),
    st.sampled_from(["token_embd.weight", "output.weight", "odd name", "blk.", "blk.x.y", ""]),
)
TENSORS = st.lists(
    st.tuples(NAMES, st.sampled_from(["F32", "Q4_K", "Q6_K"]), st.sampled_from([(256,), (256, 3)])),
    max_size=40,
    unique_by=lambda each: each[0],
)


def facts(tensors: Sequence[Weights], **more: object) -> GgufFacts:
    """Facts of a header with these tensors."""
    header = parse_header(header_bytes({"general.architecture": "a", **more}, tensors)[0])
    assert isinstance(header, Header)
    found = facts_of([header])
    assert isinstance(found, GgufFacts)
    return found


@settings(max_examples=150, deadline=None)
@given(TENSORS)
def test_nothing_is_lost(tensors: list[Weights]) -> None:
    before = facts(tensors, **{"a.list": (1, 2), "a.flag": True, "a.text": "ü", "a.part": 0.5})
    assert from_json(json.loads(json.dumps(to_json(before)))) == before


def test_a_vocabulary_of_a_truth_value_is_none() -> None:
    assert facts((), **{"a.vocab_size": True}).vocabulary == 0
    assert facts((), **{"a.vocab_size": 7}).vocabulary == 7


def test_layers_that_are_alike_are_written_once() -> None:
    tensors: list[Weights] = [("token_embd.weight", "Q4_K", (256, 4))]
    for layer in (0, 1, 10, 2, 3):
        tensors.append((f"blk.{layer}.attn_q.weight", "Q4_K", (256, 256)))
        tensors.append((f"blk.{layer}.attn_v.weight", "Q6_K" if layer == 2 else "Q4_K", (256, 8)))
    assert to_json(facts(tensors))["files"][0]["tensors"] == [
        "token_embd.weight Q4_K 256x4",
        {"blk": "0-1,10", "tensors": ["attn_q.weight Q4_K 256x256", "attn_v.weight Q4_K 256x8"]},
        {"blk": "2", "tensors": ["attn_q.weight Q4_K 256x256", "attn_v.weight Q6_K 256x8"]},
        {"blk": "3", "tensors": ["attn_q.weight Q4_K 256x256", "attn_v.weight Q4_K 256x8"]},
    ]


LEAVES = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["architecture", "vocabulary", "metadata", "files"]),
    TREES,
    st.sampled_from(["data", "alignment", "tensors", None]),
)
def test_edited_facts_are_refused_or_read(key: str, value: Any, inner: str | None) -> None:
    tree = to_json(facts([("blk.0.attn_q.weight", "Q4_K", (256, 4))]))
    if inner:
        tree["files"][0][inner] = value
    else:
        tree[key] = value
    assert isinstance(from_json(tree), GgufFacts | GgufError)


def test_a_range_without_end_is_refused() -> None:
    tree = to_json(facts([("blk.0.attn_q.weight", "Q4_K", (256, 4))]))
    tree["files"][0]["tensors"][0]["blk"] = "0-999999,0-999999"
    assert isinstance(from_json(tree), GgufError)
