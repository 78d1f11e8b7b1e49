"""Expanding a graph: in ggml's order, and however deep the network is."""

from __future__ import annotations

from typing import cast

from llamafleet.capacity.memory.engine.attention import _hadamard
from llamafleet.capacity.memory.engine.network import Network
from llamafleet.capacity.memory.engine.tensors import Graph, graph_input


def test_a_network_is_expanded_however_deep_it_is() -> None:
    graph = Graph()
    first = last = graph_input((8,))
    for _ in range(5000):
        last = graph.add("ADD", (8,), last, first)
    other = Graph()
    other.expand(last)
    assert len(other.nodes) == 5000
    assert other.nodes[-1] is last
    assert other.inputs == [first]


def test_heads_of_no_length_are_not_hadamard() -> None:
    """A header may say so; halving and doubling nothing goes on for ever."""
    source = graph_input((8,))
    assert _hadamard(cast(Network, None), source, "q8_0", "k", 0) is source
