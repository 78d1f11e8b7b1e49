"""Recurrent states as llm_graph_context::build_rs of src/llama-graph.cpp reads them."""

from __future__ import annotations

from ..hparams import Layer
from .network import Network
from .tensors import Tensor


def state_cache(net: Network, layer: Layer, values: int) -> Tensor:
    """Return the states of all sequences where they lie."""
    return net.cached(layer.index, values * net.cparams.n_seq_max * 4)


def state_copies(net: Network) -> Tensor:
    """Return the index of states from which sequences go on."""
    return net.input("s_copy", (net.cparams.n_seq_max,), "i32")


def own_states(net: Network) -> Tensor:
    """Return the part of that index for the batch's own sequences: one view for all layers."""
    many = net.cparams.n_seq_max
    return net.shared(
        "s_copy_main", lambda: net.graph.view(state_copies(net), (many,), "VIEW", many * 4)
    )


def other_states(net: Network) -> Tensor:
    """Return the part of that index for other sequences."""
    many = net.cparams.n_seq_max - 1
    return net.shared(
        "s_copy_tail", lambda: net.graph.view(state_copies(net), (many,), "VIEW", many * 4)
    )


def read_state(net: Network, layer: Layer, values: int) -> Tensor:
    """Return the states of all sequences, gathered into the graph."""
    graph, sequences = net.graph, net.cparams.n_seq_max
    external_tensor = state_cache(net, layer, values)
    flat = graph.view(external_tensor, (values, sequences))
    _cleared(net, flat)
    found = graph.add("GET_ROWS", (values, sequences), flat, state_copies(net))
    view = graph.view_rows(found, (values, sequences), values, sequences)
    graph.expand(view)
    _moved(net, found, external_tensor)
    return view


def read_tail(net: Network, layer: Layer, values: int) -> Tensor:
    """Return the stored states, of which only those of other sequences are gathered."""
    flat = net.graph.view(state_cache(net, layer, values), (values, net.cparams.n_seq_max))
    _cleared(net, flat)
    return flat


def move_tail(net: Network, flat: Tensor, values: int) -> None:
    """Move the states of other sequences, once an operation has read its own where they lie."""
    many = net.cparams.n_seq_max - 1
    found = net.graph.add("GET_ROWS", (values, many), flat, other_states(net))
    _moved(net, found, flat)


def write_state(net: Network, layer: Layer, values: int, last: Tensor) -> None:
    """Write the new states back."""
    external_tensor = state_cache(net, layer, values)
    net.graph.expand(
        net.graph.write("CPY", net.graph.view(external_tensor, (values,), "VIEW"), last)
    )


def _cleared(net: Network, flat: Tensor) -> None:
    view = net.graph.view(flat, (1,), "VIEW")
    cleared = net.graph.view(view, (1,), "VIEW")
    cleared.op = "SCALE"
    net.graph.expand(cleared)


def _moved(net: Network, found: Tensor, external_tensor: Tensor) -> None:
    rest = net.graph.view(found, (0,), "VIEW", 0)
    net.graph.expand(net.graph.write("CPY", net.graph.view(external_tensor, (0,), "VIEW", 0), rest))
