"""Recurrent states as llm_graph_context::build_rs of src/llama-graph.cpp reads them."""

from __future__ import annotations

from ..shape import Layer
from .network import Network
from .tensors import Tensor


def lying_state(net: Network, layer: Layer, values: int) -> Tensor:
    """The states of all sequences where they lie."""
    return net.cached(layer.index, values * net.geometry.sequences * 4)


def copies(net: Network) -> Tensor:
    """Which sequence's state each sequence goes on from."""
    return net.input("s_copy", (net.geometry.sequences,), "i32")


def own(net: Network) -> Tensor:
    """Of these, the ones of the batch's own sequences: one look for all layers."""
    many = net.geometry.sequences
    return net.once("s_copy_main", lambda: net.graph.look(copies(net), (many,), "VIEW", many * 4))


def others(net: Network) -> Tensor:
    """And of the rest."""
    many = net.geometry.sequences - 1
    return net.once("s_copy_tail", lambda: net.graph.look(copies(net), (many,), "VIEW", many * 4))


def read_state(net: Network, layer: Layer, values: int) -> Tensor:
    """The states of all sequences, gathered into the graph."""
    graph, sequences = net.graph, net.geometry.sequences
    lying = lying_state(net, layer, values)
    flat = graph.look(lying, (values, sequences))
    _cleared(net, flat)
    found = graph.add("GET_ROWS", (values, sequences), flat, copies(net))
    look = graph.part(found, (values, sequences), values, sequences)
    graph.expand(look)
    _moved(net, found, lying)
    return look


def read_tail(net: Network, layer: Layer, values: int) -> Tensor:
    """The lying states, of which only those of other sequences are gathered."""
    flat = net.graph.look(lying_state(net, layer, values), (values, net.geometry.sequences))
    _cleared(net, flat)
    return flat


def move_tail(net: Network, flat: Tensor, values: int) -> None:
    """The states of other sequences, once an operation has read its own where they lie."""
    many = net.geometry.sequences - 1
    found = net.graph.add("GET_ROWS", (values, many), flat, others(net))
    _moved(net, found, flat)


def keep(net: Network, layer: Layer, values: int, last: Tensor) -> None:
    """The new states, written back."""
    lying = lying_state(net, layer, values)
    net.graph.expand(net.graph.write("CPY", net.graph.look(lying, (values,), "VIEW"), last))


def _cleared(net: Network, flat: Tensor) -> None:
    view = net.graph.look(flat, (1,), "VIEW")
    cleared = net.graph.look(view, (1,), "VIEW")
    cleared.op = "SCALE"
    net.graph.expand(cleared)


def _moved(net: Network, found: Tensor, lying: Tensor) -> None:
    rest = net.graph.look(found, (0,), "VIEW", 0)
    net.graph.expand(net.graph.write("CPY", net.graph.look(lying, (0,), "VIEW", 0), rest))
