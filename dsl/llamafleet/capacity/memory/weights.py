"""Weights: every tensor on its layer's device, or where an override sends it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ...gguf import GgufFacts, Tensor
from .cparams import padded
from .engine.placement import Placement
from .flags import Flags
from .hparams import HParams
from .terms import HOST, Term

LOADER = "src/llama-model-loader.cpp, create_tensor"
MAPPED = "src/llama-model-loader.cpp, get_mapping_range"
REPACK = "ggml/src/ggml-cpu/repack.cpp, ggml_repack_get_optimal_repack_type"

REPACKED = frozenset({"Q4_0", "Q4_K", "IQ4_NL", "MXFP4"})
"""Types that an x86 CPU with AVX2 keeps in another layout; with AVX512, which a build only uses if
it is made for such a machine, Q2_K as well."""

_BLOCK = re.compile(r"blk\.(\d+)\.")
_NOT_MATRICES = re.compile(r"\.attn_[kv]_b\.|\.ssm_conv1d\.|_norm\.|\.shortconv\.conv\.")


def alignment(device: str) -> int:
    """Return the bytes to which a backend pads each tensor."""
    return 32 if device == HOST else 128


def loaded(facts: GgufFacts, hparams: HParams, drafting: bool) -> tuple[Tensor, ...]:
    """Return the tensors that are read: draft layers only if they are used."""
    return tuple(
        each for each in facts.tensors if drafting or _block(each.name) < max(hparams.n_layer, 1)
    )


def _block(name: str) -> int:
    match = _BLOCK.match(name)
    return int(match[1]) if match else -1


def weights(
    facts: GgufFacts, hparams: HParams, flags: Flags, placement: Placement
) -> Iterator[Term]:
    """Yield a term for each buffer of the log: devices', mapped and repacked ones."""
    found = placed(facts, hparams, flags, placement)
    for device in placement.devices:
        if device in found:
            size = _allocated(found[device], device)
            what = f"{device} model buffer: {len(found[device])} tensors"
            yield Term(device, "weights", what, size, "sum of each, padded to 128", LOADER)
    yield from _host(found.get(HOST, []), facts, flags, placement)


def placed(
    facts: GgufFacts, hparams: HParams, flags: Flags, placement: Placement
) -> dict[str, list[Tensor]]:
    """Return the tensors of each device."""
    found: dict[str, list[Tensor]] = {}
    for tensor in loaded(facts, hparams, "draft-mtp" in flags.spec_types):
        for device in dict.fromkeys(_devices(tensor, facts, hparams, placement)):
            found.setdefault(device, []).append(tensor)
    return found


def _devices(
    tensor: Tensor, facts: GgufFacts, hparams: HParams, placement: Placement
) -> Iterator[str]:
    if tensor.name.startswith("rope_"):
        # They belong to every layer that uses them, but each buffer has them once.
        for layer in hparams.layers:
            if hparams.architecture.rope_factors_in_windows or not layer.window:
                yield placement.layers[layer.index]
        return
    yield placement.of(tensor.name)
    tied = tensor.name == "token_embd.weight" and "output.weight" not in facts.by_name
    if tied and hparams.architecture.output_head.copies_tied:
        # The same matrix makes the logits: it is there again for the output layer.
        yield placement.output


def _allocated(tensors: Iterable[Tensor], device: str) -> int:
    return sum(padded(each.size, alignment(device)) for each in tensors)


def _host(
    tensors: list[Tensor], facts: GgufFacts, flags: Flags, placement: Placement
) -> Iterator[Term]:
    # A GPU's own host buffer comes before repacking; RPC has none.
    pinned = flags.host_buffers and any(not each.startswith("RPC") for each in placement.cards)
    repacked = [each for each in tensors if flags.repack and not pinned and _is_repacked(each)]
    if repacked:
        size = _allocated(repacked, HOST)
        what = f"CPU_REPACK model buffer: {len(repacked)} tensors"
        yield Term(HOST, "weights", what, size, "matrices that the CPU reorders", REPACK)
    reordered = {each.name for each in repacked}
    rest = [each for each in tensors if each.name not in reordered]
    if not rest:
        return
    if flags.load_mode in ("auto", "mmap", "mmap+mlock"):
        for number in range(len(facts.files)):
            own = [each for each in rest if each.file == number]
            if own:
                size = max(each.offset + each.size for each in own) - min(e.offset for e in own)
                what = f"CPU_Mapped model buffer: {len(own)} tensors of file {number + 1}"
                formula = "span in the file, first to last"
                yield Term(HOST, "weights", what, size, formula, MAPPED)
        return
    size = _allocated(rest, HOST)
    what = f"CPU model buffer: {len(rest)} tensors"
    yield Term(HOST, "weights", what, size, "sum of each, padded to 32", LOADER)


def _is_repacked(tensor: Tensor) -> bool:
    name, dims = tensor.name, tensor.dims
    if tensor.type not in REPACKED or not name.endswith(".weight") or _NOT_MATRICES.search(name):
        return False
    if name.startswith(("token_embd", "per_layer_token_embd")):
        return False
    matrices = 3 if "exps" in name else 2
    return len(dims) == matrices and dims[1] % 8 == 0
