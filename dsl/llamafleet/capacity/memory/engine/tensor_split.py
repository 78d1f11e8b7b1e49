"""`--split-mode tensor`: every device has a slice of most tensors, and all of the others.

The slices follow llama_meta_device_get_split_state of src/llama-model.cpp: a tensor is cut along
one axis, in pieces that keep heads and blocks whole, and what is left over rotates by layer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import lcm, prod
from typing import TYPE_CHECKING

from ....dataclasses import dataclass
from ....gguf.tensor_types import BY_NAME
from ..hparams import HParams, Layer

if TYPE_CHECKING:
    from ....gguf import GgufFacts

META = "Meta()"
"""Name of all devices together in the log; its numbers are those of the largest slice."""

_BASE_ATTENTION = ("attn_output.weight", "ssm_out.weight")
_BASE_FFN = ("ffn_down.weight", "ffn_down_exps.weight")

# Which axis is cut, and whose type's blocks stay whole; the first that matches counts.
_RULES: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    (r"attn_(q|k|v|qkv)\.weight", 1, _BASE_ATTENTION),
    (r"attn_(q|k|v|qkv)\.bias", 0, _BASE_ATTENTION),
    (r"cache_[kv]|attn_sinks\.weight", 0, ("attn_output.weight",)),
    (r"attn_output\.weight|ssm_out\.weight|output\.bias", 0, ()),
    (r"attn_gate\.weight", 1, _BASE_ATTENTION),
    (r"ssm_dt\.bias|ssm_a|cache_[rs]", 0, ("ssm_out.weight",)),
    (r"ssm_(alpha|beta|ba|conv1d)\.weight", 1, ("ssm_out.weight",)),
    (r"ffn_(up|gate|gate_up)(_exps)?\.weight", 1, _BASE_FFN),
    (r"ffn_(up|gate)(_exps)?\.bias", 0, _BASE_FFN),
    (r"ffn_down(_exps)?\.weight", 0, _BASE_FFN),
    (r"output\.weight", 1, ()),
)
_FFN = re.compile(r"ffn_(up|gate)(_exps)?\.(weight|bias)|ffn_gate_up(_exps)?\.weight|"
                  r"ffn_down(_exps)?\.weight")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Slices:
    """The values of one axis that each device has."""

    axis: int
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cutter:
    """Cuts the tensors of one model for so many devices; without shares they are equal."""

    facts: GgufFacts
    hparams: HParams
    devices: int
    shares: tuple[float, ...]

    def sizes(self, name: str, kind: str, dims: tuple[int, ...]) -> tuple[int, ...]:
        """Return the bytes of a tensor on each device."""
        stored = BY_NAME[kind]
        slices = self.slices(name, kind, dims)
        if slices is None:
            return (prod(dims) // stored.block * stored.bytes,) * self.devices
        rest = prod(dims) // max(1, dims[slices.axis])
        return tuple(each * rest // stored.block * stored.bytes for each in slices.values)

    def slices(self, name: str, kind: str, dims: tuple[int, ...]) -> Slices | None:
        """Return the slices of a tensor; None if all devices have all. A cache is `cache_k_l7`."""
        number, part = _parted(name)
        layer = self.hparams.layers[min(number or 0, len(self.hparams.layers) - 1)]
        rule = _rule(part, dims)
        if rule is None or (part in ("cache_r", "cache_s") and self._keeps_states_whole()):
            return None
        axis, bases = rule
        kind = next((found for base in bases if (found := self._type(number, base))), kind)
        turned = self._rotation(number, layer)
        sums = [0] * self.devices
        for length, repeats, step in self._segments(part, dims[axis], layer, BY_NAME[kind].block):
            for device, count in enumerate(self._cut(length, step, turned)):
                sums[device] += count * repeats
        return Slices(axis, tuple(sums))

    def _keeps_states_whole(self) -> bool:
        recurrent = self.hparams.architecture.recurrent
        return recurrent is not None and recurrent.state == "short convolution"

    def _type(self, number: int | None, base: str) -> str | None:
        tensor = self.facts.by_name.get(f"blk.{number}.{base}")
        return tensor.type if tensor else None

    def _rotation(self, number: int | None, layer: Layer) -> int:
        """Only layers of the same kind count, so that leftovers do not fall on one device."""
        if number is None:
            return self.hparams.n_layer % self.devices
        before = self.hparams.layers[:number]
        same = [each for each in before
                if (each.recurrent, each.window) == (layer.recurrent, layer.window)]  # fmt: skip
        return len(same) % self.devices

    def _cut(self, length: int, step: int, turned: int) -> Iterator[int]:
        shares = [
            self.shares[(each + turned) % self.devices] if self.shares else 0.0
            for each in range(self.devices)
        ]
        from ctypes import c_float  # only what is split needs it

        found, low, total = [0] * self.devices, 0, 0.0
        whole = 0.0
        for share in shares:
            whole = c_float(whole + share).value
        for each in range(self.devices - 1):
            total = c_float(total + shares[each]).value
            high = length * (each + 1) // self.devices
            if whole:
                high = int(c_float(c_float(c_float(length).value * total).value / whole).value)
            high -= high % max(1, step)
            found[(each + turned) % self.devices] = high - low
            low = high
        found[(self.devices - 1 + turned) % self.devices] = length - low
        yield from found

    def _segments(
        self, part: str, length: int, layer: Layer, block: int
    ) -> tuple[tuple[int, int, int], ...]:
        """Lengths, how often each is there, and in what steps it may be cut."""
        if layer.recurrent and (found := self._delta(part, length, block)):
            return found
        if not layer.recurrent and (found := self._attention(part, length, layer, block)):
            return found
        if _FFN.fullmatch(part):
            fused = "gate_up" in part or (
                part.startswith("ffn_up.") and length == 2 * layer.n_ff
                and not self.hparams.architecture.gated_query
            )  # fmt: skip
            halves = 2 if fused else 1
            return ((length // halves, halves, lcm(block, 128)),)
        return ((length, 1, 1),)

    def _attention(
        self, part: str, length: int, layer: Layer, block: int
    ) -> tuple[tuple[int, int, int], ...]:
        group = layer.n_head // layer.n_head_kv if layer.n_head_kv else 0
        wide = group * layer.n_embd_head_k
        if not wide:
            return ()
        while block < 128 and block * self.devices < wide:
            block *= 2
        q = lcm(wide, block)
        heads, kv = q // layer.n_embd_head_k, q // group
        v = kv // layer.n_embd_head_k * layer.n_embd_head_v
        gated = self.hparams.architecture.gated_query
        q_step = lcm(2 * wide, block) if gated else q
        steps = {
            "attn_q": q_step, "attn_k": kv, "cache_k": kv, "attn_v": v, "cache_v": v,
            "attn_sinks": heads, "attn_output": heads * layer.n_embd_head_v,
            "attn_gate": heads if length == layer.n_head else q,
        }  # fmt: skip
        name = part.removesuffix(".weight").removesuffix(".bias")
        if name in steps:
            return ((length, 1, steps[name]),)
        if name != "attn_qkv":
            return ()
        own = layer.n_head * layer.n_embd_head_k * (2 if gated else 1)
        if layer.n_embd_k_gqa == layer.n_embd_v_gqa:
            return ((own, 1, q_step), (layer.n_embd_k_gqa, 2, kv))
        return ((own, 1, q), (layer.n_embd_k_gqa, 1, kv), (layer.n_embd_v_gqa, 1, v))

    def _delta(self, part: str, length: int, block: int) -> tuple[tuple[int, int, int], ...]:
        """Linear attention: V heads stay with their K heads."""
        state = self.facts.integer("ssm.state_size") or 1
        keys = self.facts.integer("ssm.group_count") or 1
        values = self.facts.integer("ssm.time_step_rank") or keys
        taps = (self.facts.integer("ssm.conv_kernel") or 1) - 1
        step = lcm(lcm(block, 128), state)
        wide, ratio = state * keys, max(1, values // keys)
        mixed = self.hparams.architecture.grouped_delta_heads
        units = {
            "attn_qkv": (wide, step, True), "ssm_conv1d": (wide, step, True),
            "cache_r": (wide * taps, step * taps, True),
            "attn_gate": (wide, step, False), "ssm_out": (wide, step, False),
            "ssm_dt": (keys, step // state, False), "ssm_a": (keys, step // state, False),
            "ssm_alpha": (keys, step // state, False), "ssm_beta": (keys, step // state, False),
            "cache_s": (keys * state * state, step * state, False),
        }  # fmt: skip
        name = part.removesuffix(".weight").removesuffix(".bias")
        if name == "ssm_ba":
            return ((length, 1, 2 * (step // state)),)
        if name not in units:
            return ()
        one, step, all_three = units[name]
        if not self.hparams.architecture.gated_query:
            return ((length, 1, step),)
        if mixed:
            return ((one, 2, step), (one * ratio, 1, step)) if all_three else ((length, 1, step),)
        return ((one, 2 + ratio if all_three else ratio, step),)


def _parted(name: str) -> tuple[int | None, str]:
    """`blk.3.attn_q.weight` and `cache_k_l3` as a number and the rest."""
    if match := re.fullmatch(r"blk\.(\d+)\.(.+)", name):
        return int(match[1]), match[2]
    if match := re.fullmatch(r"(cache_[a-z]+)_l(\d+)", name):
        return int(match[2]), match[1]
    return None, name


def _rule(part: str, dims: tuple[int, ...]) -> tuple[int, tuple[str, ...]] | None:
    if re.fullmatch(r"attn_[qk]_norm\.weight", part):
        return (1, ("attn_output.weight",)) if len(dims) > 1 and dims[1] > 1 else None
    for pattern, axis, bases in _RULES:
        if re.fullmatch(pattern, part) and axis < len(dims):
            return axis, bases
    return None
