"""Placement of layers on devices by their splits, and of tensors that flags send elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ....backends import BACKENDS
from ....dataclasses import dataclass
from ..devices import Device
from ..flags import Flags, Override
from ..hparams import HParams
from ..terms import HOST
from .tensor_split import META

INPUT = re.compile(r"(token_embd|position_embd|token_types|per_layer_token_embd)\b")
"""LLM_TENSOR_LAYER_INPUT of src/llama-arch.cpp."""

FIRST = re.compile(r"(token_embd_norm|per_layer_model_proj|per_layer_proj_norm)\b")
"""These have no layer in their name, and lie with the first one."""

_BLOCK = re.compile(r"blk\.(\d+)\.")


@dataclass(frozen=True, slots=True)
class Placement:
    """The devices in use, and of each layer; the last layer is the output.

    `cards` are the devices, or with `--split-mode tensor` those that are used as one. With
    `normed_last` the norm of the output is called that of the embeddings, as in LFM2.
    """

    devices: tuple[str, ...]
    cards: tuple[str, ...]
    layers: tuple[str, ...]
    overrides: tuple[Override, ...]
    full: bool
    pipelined: bool
    normed_last: bool = False

    def of(self, tensor: str) -> str:
        """Return the device of a tensor, overrides counted."""
        for override in self.overrides:
            if re.search(override.pattern, tensor):
                return _named(override) if _named(override) in self.devices else HOST
        return self.unmoved(tensor)

    def unmoved(self, tensor: str) -> str:
        """Return the device of a tensor by its layer."""
        block = _BLOCK.match(tensor)
        if block:
            return self.layers[min(int(block[1]), len(self.layers) - 1)]
        if FIRST.match(tensor) and not self.normed_last:
            return self.layers[0]
        return HOST if INPUT.match(tensor) else self.layers[-1]

    @property
    def output(self) -> str:
        """Return the device of the output layer."""
        return self.layers[-1]


def placement_of(flags: Flags, hparams: HParams, cards: Sequence[Device]) -> Placement | str:
    """Return the placement, or a message why there is none: llama_model_base::load_tensors.

    Layers from the end of the model go to the devices.
    """
    members = used_devices(flags, cards)
    if isinstance(members, str):
        return members
    used = members
    if flags.split_mode == "tensor":
        used = (Device(META, sum(each.memory for each in members)),)
    for override in flags.overrides:
        if problem := _pattern_problem(override, cards, flags.split_mode):
            return problem
    count = len(hparams.layers)
    gpu_layers = min(flags.gpu_layers, count + 1) if used else 0
    start = max(count + 1 - gpu_layers, 0)
    points = _split_points(flags, used)
    layers = tuple(
        HOST if index < start else used[_part(points, index - start, gpu_layers)].name
        for index in range(count + 1)
    )
    full = bool(used) and gpu_layers > count
    return Placement(
        devices=tuple(each.name for each in used),
        cards=tuple(each.name for each in members),
        layers=layers,
        overrides=flags.overrides,
        full=full,
        pipelined=full
        and len(used) > 1
        and flags.split_mode == "layer"
        and flags.kv_offload
        and not flags.overrides,
        normed_last=hparams.architecture.output_head.named_as_embedding_norm,
    )


def used_devices(flags: Flags, cards: Sequence[Device]) -> tuple[Device, ...] | str:
    """Return the cards that flags choose; a text says why llama-server stops at them."""
    used = tuple(cards)
    if flags.devices is not None:
        by_name = {each.name: each for each in cards}
        for name in flags.devices:
            if name not in by_name:
                said = ", ".join(by_name) or "none"
                return f'--device names "{name}", but the cards are: {said}'
        used = tuple(by_name[name] for name in flags.devices)
    if flags.split_mode == "row" and used:
        return _row(used[0].name)
    if flags.split_mode == "tensor" and not used:
        return "--split-mode tensor needs a device: llama-server stops without one"
    if flags.split_mode == "none" and used:
        if flags.main_gpu < 0:
            return ()
        if flags.main_gpu >= len(used):
            return f"--main-gpu {flags.main_gpu}: there are only {len(used)} cards, from 0"
        used = (used[flags.main_gpu],)
    return used


def _row(device: str) -> str:
    if any(each.splits_rows and device.startswith(each.device or " ") for each in BACKENDS):
        return "--split-mode row cannot be computed: none, layer and tensor can"
    return f"--split-mode row: device {device} does not support split buffers; llama-server stops"


def _split_points(flags: Flags, used: Sequence[Device]) -> tuple[float, ...]:
    """Cumulative shares, in the single precision that llama.cpp computes in."""
    said = (*flags.tensor_split, *(0.0,) * len(used))[: len(used)]
    # Without a split, free memory decides: a card that nothing else uses has all of it free.
    from ctypes import c_float  # only what has layers needs it

    shares = said if any(said) else tuple(float(each.memory) for each in used)
    total, sums = 0.0, []
    for share in shares:
        total = c_float(total + c_float(share).value).value
        sums.append(total)
    return tuple(c_float(each / total).value for each in sums)


def _part(points: Sequence[float], index: int, layers: int) -> int:
    """std::upper_bound."""
    from ctypes import c_float

    place = c_float(index / layers).value
    return min(sum(point <= place for point in points), len(points) - 1)


def _pattern_problem(override: Override, cards: Sequence[Device], split: str) -> str | None:
    try:
        re.compile(override.pattern)
    except re.error as error:
        return f'the pattern "{override.pattern}" of --override-tensor is wrong: {error}'
    if not override.buffer:
        return f'--override-tensor takes PATTERN=DEVICE, not "{override.pattern}"'
    if split == "tensor" and override.buffer != "CPU":
        return "--override-tensor to a card cannot be computed beside --split-mode tensor"
    known = ["CPU", *(each.name for each in cards)]
    if _named(override) not in known and not override.buffer.endswith("_Host"):
        there = ", ".join(known)
        return f'--override-tensor names "{override.buffer}", but the devices are: {there}'
    return None


def _named(override: Override) -> str:
    """RPC's buffers have an address behind the name of the device."""
    return override.buffer.partition("[")[0]
