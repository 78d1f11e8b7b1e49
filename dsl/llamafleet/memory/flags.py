"""What of llama-server's command line decides how much memory it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..importers.argv import Option, read
from ..importers.words import Word
from ..language.source import Position, Span

ALL = 1 << 30
_NOWHERE = Span("command line", Position(1, 1), Position(1, 1))

EXPERTS = r"\.ffn_(up|down|gate|gate_up)_(ch|)exps"
"""LLM_FFN_EXPS_REGEX of common/common.h."""

WHOLE_NUMBERS = {
    "ctx-size", "parallel", "kv-unified-per-slot", "batch-size", "ubatch-size", "n-gpu-layers",
    "main-gpu", "n-cpu-moe", "n-cpu-ffn", "cache-ram", "ctx-checkpoints", "spec-draft-n-max",
    "spec-draft-ngl", "spec-draft-n-cpu-moe",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Override:
    """Tensors whose names match go to a buffer type."""

    pattern: str
    buffer: str


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags that count, with llama-server's defaults. None is what is not said."""

    ctx_size: int | None = None
    parallel: int = -1
    kv_unified: bool = False
    kv_unified_per_slot: int = 0
    batch_size: int = 2048
    ubatch_size: int = 512
    cache_type_k: str = "f16"
    cache_type_v: str = "f16"
    flash_attn: bool = True
    kv_offload: bool = True
    op_offload: bool = True
    swa_full: bool = False
    embedding: bool = False
    gpu_layers: int = ALL
    gpu_layers_said: bool = False
    split_mode: str = "layer"
    tensor_split: tuple[float, ...] = ()
    main_gpu: int = 0
    devices: tuple[str, ...] | None = None
    overrides: tuple[Override, ...] = ()
    repack: bool = True
    host_buffers: bool = True
    load_mode: str = "auto"
    fit: bool = True
    mmproj: str | None = None
    mmproj_offload: bool = True
    draft: str | None = None
    draft_type_k: str = "f16"
    draft_type_v: str = "f16"
    draft_gpu_layers: int = ALL
    draft_devices: tuple[str, ...] | None = None
    draft_overrides: tuple[Override, ...] = ()
    draft_tokens: int = 3
    spec_types: tuple[str, ...] = ()
    loras: tuple[str, ...] = ()
    cache_ram: int = 8192
    checkpoints: int = 32

    @property
    def slots(self) -> int:
        """Sequences that are served at once."""
        return self.parallel if self.parallel > 0 else 4

    @property
    def unified(self) -> bool:
        """Whether all slots share one pool."""
        return self.parallel < 0 or self.kv_unified


def read_flags(argv: Sequence[str]) -> Flags | str:
    """The flags of a command line without its program; a text says what is wrong with it."""
    options = read([Word(text, _NOWHERE) for text in argv])
    for option in options:
        if option.form is None:
            return f'llama-server has no flag "{option.key}", or it lacks a value'
        if problem := _not_a_number(option):
            return problem
    return _flags(_Given(options))


class _Given:
    """Options by their keys; of a flag given again the last one counts."""

    def __init__(self, options: Sequence[Option]) -> None:
        self.options = options
        self.last = {option.key: option for option in options}

    def text(self, key: str, default: str = "") -> str:
        option = self.last.get(key)
        return option.values[0] if option is not None and option.values else default

    def number(self, key: str, default: int) -> int:
        said = self.text(key)
        return int(said) if said else default

    def switch(self, key: str, default: bool) -> bool:
        option = self.last.get(key)
        return default if option is None or option.form is None else not option.form.off

    def names(self, key: str) -> tuple[str, ...] | None:
        said = self.text(key)
        return None if not said else tuple(each for each in said.split(",") if each != "none")

    def every(self, *keys: str) -> tuple[str, ...]:
        return tuple(
            part
            for option in self.options
            if option.key in keys and option.values
            for part in option.values[0].split(",")
        )


def _flags(given: _Given) -> Flags:
    split = given.text("tensor-split").replace("/", ",")
    layers = given.text("n-gpu-layers", "auto")
    return Flags(
        ctx_size=given.number("ctx-size", 0) if "ctx-size" in given.last else None,
        parallel=given.number("parallel", -1),
        kv_unified=given.switch("kv-unified", False),
        kv_unified_per_slot=given.number("kv-unified-per-slot", 0),
        batch_size=given.number("batch-size", 2048),
        ubatch_size=given.number("ubatch-size", 512),
        cache_type_k=given.text("cache-type-k", "f16"),
        cache_type_v=given.text("cache-type-v", "f16"),
        flash_attn=given.text("flash-attn", "auto") not in ("off", "0", "false", "disabled"),
        kv_offload=given.switch("kv-offload", True),
        op_offload=given.switch("op-offload", True),
        swa_full=given.switch("swa-full", False),
        embedding=given.switch("embedding", False) or given.switch("rerank", False),
        gpu_layers=_layers(layers),
        gpu_layers_said="n-gpu-layers" in given.last,
        split_mode=given.text("split-mode", "layer"),
        tensor_split=tuple(float(each) for each in split.split(",") if each),
        main_gpu=given.number("main-gpu", 0),
        devices=given.names("device"),
        overrides=_overrides(given, "override-tensor", "cpu-moe", "n-cpu-moe"),
        repack=given.switch("repack", True),
        host_buffers=not given.switch("no-host", False),
        load_mode=given.text("load-mode", "auto"),
        fit=given.text("fit", "on") == "on",
        mmproj=given.text("mmproj") or None,
        mmproj_offload=given.switch("mmproj-offload", True),
        draft=given.text("spec-draft-model") or None,
        draft_type_k=given.text("spec-draft-type-k", "f16"),
        draft_type_v=given.text("spec-draft-type-v", "f16"),
        draft_gpu_layers=_layers(given.text("spec-draft-ngl", "auto")),
        draft_devices=given.names("spec-draft-device"),
        draft_overrides=_overrides(
            given, "spec-draft-override-tensor", "spec-draft-cpu-moe", "spec-draft-n-cpu-moe"
        ),
        draft_tokens=given.number("spec-draft-n-max", 3),
        spec_types=given.every("spec-type"),
        loras=(*given.every("lora"), *(each.split(":")[0] for each in given.every("lora-scaled"))),
        cache_ram=given.number("cache-ram", 8192),
        checkpoints=given.number("ctx-checkpoints", 32),
    )


def _layers(said: str) -> int:
    if said in ("auto", "all"):
        return ALL
    return int(said) if int(said) >= 0 else ALL


def _overrides(given: _Given, tensor: str, moe: str, layers: str) -> tuple[Override, ...]:
    """In the order of the command line: the first that matches counts."""
    found: list[Override] = []
    for option in given.options:
        if option.key == tensor:
            for part in option.values[0].split(","):
                pattern, _, buffer = part.rpartition("=")
                found.append(Override(pattern, buffer))
        elif option.key == moe:
            found.append(Override(EXPERTS, "CPU"))
        elif option.key == layers:
            count = int(option.values[0])
            found += [Override(rf"blk\.{layer}{EXPERTS}", "CPU") for layer in range(count)]
        elif option.key == "n-cpu-ffn" and tensor == "override-tensor":
            count = int(option.values[0])
            pattern = r"blk\.{}\.ffn_(up|down|gate)\."
            found += [Override(pattern.format(layer), "CPU") for layer in range(count)]
    return tuple(found)


def _not_a_number(option: Option) -> str | None:
    if option.key not in WHOLE_NUMBERS or not option.values:
        return None
    said = option.values[0]
    if option.form is not None and said in option.form.words:
        return None
    if said.lstrip("+-").isdigit() and len(said) < 12:
        return None
    return f'{option.texts[0]} takes a whole number, not "{said}"'
