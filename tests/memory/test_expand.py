"""Expanding a graph: in ggml's order, and however deep the network is."""

from __future__ import annotations

from llamafleet.capacity.memory.graph.tensors import Graph, given


def test_a_network_is_expanded_however_deep_it_is() -> None:
    graph = Graph()
    first = last = given((8,))
    for _ in range(5000):
        last = graph.add("ADD", (8,), last, first)
    other = Graph()
    other.expand(last)
    assert len(other.nodes) == 5000
    assert other.nodes[-1] is last
    assert other.inputs == [first]
