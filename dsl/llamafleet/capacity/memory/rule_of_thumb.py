"""Rules of thumb, for architectures and builds that are not modelled.

Weights are what the header says. What else an unknown architecture takes is between nothing and
what full attention in every layer would take: the middle is the number, and as much the doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ...gguf import GgufFacts
from .cparams import CParams
from .engine.kv_cache import row
from .engine.placement import Placement
from .engine.recurrent_state import states
from .flags import Flags
from .hparams import HParams
from .outputs import outputs
from .terms import HOST, Kind, Term
from .weights import weights

SOURCE = "a rule of thumb: no source of llama.cpp"
TABLES = frozenset({"token_embd.weight", "per_layer_token_embd.weight", "output.weight"})
"""Matrices as long as the vocabulary."""

OTHER_BUILD: dict[Kind, float] = {
    "kv": 0.25, "recurrent": 0.25, "compute": 0.5, "output": 0.25,
}  # fmt: skip
"""By what share sizes that another build decides may be off; weights are the file's."""


def of_other_build(terms: Iterable[Term]) -> Iterator[Term]:
    """Yield terms with what they may be off because another build makes the buffers."""
    for each in terms:
        yield replace(each, margin=each.margin + int(OTHER_BUILD.get(each.kind, 0.0) * each.size))


def by_rule_of_thumb(
    facts: GgufFacts, hparams: HParams, flags: Flags, cparams: CParams, placement: Placement
) -> Iterator[Term]:
    """Yield the terms of an architecture of which only the header is known."""
    yield from _weights(facts, hparams, flags, placement)
    yield from _cache(facts, hparams, flags, cparams, placement)
    yield from _states(facts, hparams, flags, cparams, placement)
    for term in outputs(facts, hparams, flags, cparams):
        yield replace(term, margin=term.size // 2)
    yield from _compute(facts, hparams, flags, cparams, placement)


def _weights(
    facts: GgufFacts, hparams: HParams, flags: Flags, placement: Placement
) -> Iterator[Term]:
    """Yield what the file has; whether tied embeddings are there twice depends on the graph."""
    tied = facts.by_name.get("token_embd.weight")
    twice = tied.size if tied is not None and "output.weight" not in facts.by_name else 0
    for term in weights(facts, hparams, flags, placement):
        doubtful = twice if term.device == placement.output else 0
        yield replace(term, margin=min(doubtful, term.size))


def _cache(
    facts: GgufFacts, hparams: HParams, flags: Flags, cparams: CParams, placement: Placement
) -> Iterator[Term]:
    cells = cparams.n_ctx_seq * cparams.n_stream
    sizes: dict[str, int] = {}
    for layer in hparams.layers[: hparams.n_layer or None]:
        wide = row(flags.cache_type_k, layer.n_embd_k_gqa)
        wide += 0 if hparams.is_mla else row(flags.cache_type_v, layer.n_embd_v_gqa)
        wide += row(flags.cache_type_k, facts.integer("attention.indexer.key_length") or 0)
        device = placement.layers[layer.index] if flags.kv_offload else HOST
        sizes[device] = sizes.get(device, 0) + wide * cells
    for device, size in sizes.items():
        formula = f"half of all layers x {cells} cells, give or take as much"
        yield _half(device, "kv", "KV cache, about", size, formula)


def _states(
    facts: GgufFacts, hparams: HParams, flags: Flags, cparams: CParams, placement: Placement
) -> Iterator[Term]:
    one = _largest_state(facts, hparams)
    rows = states(hparams, flags, cparams)
    sizes: dict[str, int] = {}
    for layer in hparams.layers:
        device = placement.layers[layer.index] if flags.kv_offload else HOST
        sizes[device] = sizes.get(device, 0) + one * rows * 4
    for device, size in sizes.items():
        formula = f"half of all layers x {rows} states x {one} values, give or take as much"
        yield _half(device, "recurrent", "recurrent state, about", size, formula)


def _largest_state(facts: GgufFacts, hparams: HParams) -> int:
    """Return how many values a layer's state has, by the widest formula whose keys are there."""
    inner, state = facts.integer("ssm.inner_size") or 0, facts.integer("ssm.state_size") or 0
    groups = facts.integer("ssm.group_count") or 0
    taps = max((facts.integer("ssm.conv_kernel") or 0) - 1, 0)
    found = [taps * (inner + 2 * groups * state) + state * inner]
    if size := facts.integer("wkv.head_size"):
        found.append(hparams.n_embd * (2 + size))
    if length := facts.integer("shortconv.l_cache"):
        found.append(hparams.n_embd * length)
    if size := facts.integer("kda.head_dim"):
        heads = facts.integer("attention.head_count") or 0
        found.append(heads * size * (size + 9))
    return max(found)


def _compute(
    facts: GgufFacts, hparams: HParams, flags: Flags, cparams: CParams, placement: Placement
) -> Iterator[Term]:
    """Yield what is live at once in a wide layer, every cell's mask, and the logits."""
    tokens, copies = cparams.n_tokens, 4 if placement.pipelined else 1
    values = _widest(facts, hparams)
    cells = cparams.n_ctx_seq
    size = (values + hparams.n_embd * copies) * tokens * 4
    size += cells * tokens * 2 * 2 * copies
    size += _scores(hparams, flags, cells) * tokens * 4
    size += hparams.n_vocab * min(tokens, cparams.n_outputs_max) * 4
    size = 2 * size + _moved(facts, hparams, flags, cparams, placement)
    for device in (*placement.devices, HOST):
        formula = (
            f"half of {tokens} tokens x {values} values and {cells} cells, give or take as much"
        )
        yield _half(device, "compute", "compute buffer, about", size, formula)


def _moved(
    facts: GgufFacts, hparams: HParams, flags: Flags, cparams: CParams, placement: Placement
) -> int:
    """Return bytes of what a device copies of what lies on the host: a cache, and weights."""
    if not placement.devices:
        return 0
    size = 0
    if not flags.kv_offload:
        cells = cparams.n_ctx_seq * cparams.n_stream
        wide = max(
            (
                row(flags.cache_type_k, x.n_embd_k_gqa) + row(flags.cache_type_v, x.n_embd_v_gqa)
                for x in hparams.layers
            ),
            default=0,
        )
        size += wide * cells
    if flags.op_offload and (flags.overrides or not placement.full):
        size += 2 * max(
            (each.size for each in facts.tensors if each.name != "token_embd.weight"), default=0
        )
    return size


def _widest(facts: GgufFacts, hparams: HParams) -> int:
    """Return values for each token in the widest part of a layer."""
    attention = max(
        (
            3 * x.n_head * max(x.n_embd_head_k, x.n_embd_head_v) + x.n_embd_k_gqa + x.n_embd_v_gqa
            for x in hparams.layers
        ),
        default=0,
    )
    dense = 3 * max((each.n_ff for each in hparams.layers), default=0)
    used = facts.integer("expert_used_count") or 0
    wide = facts.integer("expert_feed_forward_length") or max(dense // 3, 1)
    experts = used * (3 * wide + 2 * hparams.n_embd) + 4 * (facts.integer("expert_count") or 0)
    inner, state = facts.integer("ssm.inner_size") or 0, facts.integer("ssm.state_size") or 0
    scan = 8 * (inner + 2 * (facts.integer("ssm.group_count") or 0) * state)
    # What any matrix makes, but for logits: some have a step that all layers share.
    made = 3 * max(
        (x.dims[1] for x in facts.tensors if len(x.dims) == 2 and x.name not in TABLES), default=0
    )
    return 8 * hparams.n_embd + max(attention, dense, experts if used else 0, scan, made)


def _scores(hparams: HParams, flags: Flags, cells: int) -> int:
    """Return values for each token of attention that is not computed in place."""
    if flags.flash_attn:
        return 0
    return 2 * cells * max((each.n_head for each in hparams.layers), default=0)


def _half(device: str, kind: Kind, what: str, most: int, formula: str) -> Term:
    """Return a term for what is between nothing and the most."""
    return Term(
        device, kind, what, most // 2, f"rule of thumb: {formula}", SOURCE, most - most // 2
    )
