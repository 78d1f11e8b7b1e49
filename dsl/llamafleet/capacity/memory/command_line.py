"""Reads llama-server's command line."""

from __future__ import annotations

from collections.abc import Sequence

from ...fleet.server_argv import Option, read
from ...fleet.words import Word
from ...source import Position, Span
from .argument_errors import METADATA, OFF, ON, argument_error
from .flags import ALL, EXPERTS, NGRAM_CACHE, Flags, Override
from .hparams import MOST_LAYERS

_NOWHERE = Span("command line", Position(1, 1), Position(1, 1))

NGRAMS = {
    "ngram-simple": ("spec-ngram-simple-size-m", 48),
    "ngram-map-k": ("spec-ngram-map-k-size-m", 48),
    "ngram-map-k4v": ("spec-ngram-map-k4v-size-m", 48),
    "ngram-mod": ("spec-ngram-mod-n-max", 64),
}
"""The flag that says how many tokens a kind of ngram drafts, and its default."""


def read_flags(argv: Sequence[str]) -> Flags | str:
    """Return the flags of a command line without its program, or a message of what is wrong."""
    options = read([Word(text, _NOWHERE) for text in argv])
    for option in options:
        if option.form is None:
            return f'llama-server has no flag "{option.key}", or it lacks a value'
        if problem := argument_error(option):
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

    def stated(self, key: str, default: bool) -> bool:
        """A flag whose value says on or off."""
        said = self.text(key)
        return said not in OFF if default else said in ON

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
        flash_attn=given.stated("flash-attn", True),
        flash_asked=given.text("flash-attn", "auto") in ("on", "1", "true", "enabled"),
        kv_offload=given.switch("kv-offload", True),
        op_offload=given.switch("op-offload", True),
        swa_full=given.switch("swa-full", False),
        embedding=given.switch("embedding", False) or given.switch("rerank", False),
        gpu_layers=_layers(layers),
        gpu_layers_said="n-gpu-layers" in given.last,
        split_mode=given.text("split-mode", "layer"),
        tensor_split=_split(given),
        main_gpu=given.number("main-gpu", 0),
        devices=given.names("device"),
        servers=given.every("rpc"),
        overrides=_overrides(given, "override-tensor", "cpu-moe", "n-cpu-moe"),
        repack=given.switch("repack", True),
        host_buffers=not given.switch("no-host", False),
        load_mode=given.text("load-mode", "auto"),
        fit=given.stated("fit", True),
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
        ngram_tokens=_ngram_tokens(given),
        spec_types=tuple(each for each in given.every("spec-type") if each != "none")
        + (("ngram-mod",) if "spec-default" in given.last else ()),
        pooling="rank" if given.switch("rerank", False) else given.text("pooling"),
        backend_sampling=given.switch("backend-sampling", False),
        metadata=_metadata(given),
        image_tokens=given.number("image-max-tokens", 0) or None,
        mmproj_device=given.text("mmproj-device") or None,
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
            found += _of_first_blocks(option.values[0], EXPERTS)
        elif option.key == "n-cpu-ffn" and tensor == "override-tensor":
            found += _of_first_blocks(option.values[0], r"\.ffn_(up|down|gate)\.")
    return tuple(found)


def _of_first_blocks(said: str, tensors: str) -> tuple[Override, ...]:
    """One pattern for all the blocks: llama-server makes one for each, which means the same."""
    count = min(int(said), MOST_LAYERS)
    blocks = "|".join(map(str, range(count)))
    return (Override(rf"blk\.({blocks}){tensors}", "CPU"),) if blocks else ()


def _split(given: _Given) -> tuple[float, ...]:
    said = given.text("tensor-split").replace("/", ",")
    return tuple(float(each) for each in said.split(",") if each)


def _ngram_tokens(given: _Given) -> dict[str, int]:
    found = {kind: given.number(key, default) for kind, (key, default) in NGRAMS.items()}
    if "spec-default" in given.last:
        found["ngram-mod"] = NGRAMS["ngram-mod"][1]
    return found | {"ngram-cache": NGRAM_CACHE}


def _metadata(given: _Given) -> tuple[tuple[str, int | float | bool | str], ...]:
    found: list[tuple[str, int | float | bool | str]] = []
    for text in given.every("override-kv"):
        if match := METADATA.fullmatch(text):
            key, kind, value = match.groups()
            found.append((key, _typed(kind, value)))
    return tuple(found)


def _typed(kind: str, value: str) -> int | float | bool | str:
    match kind:
        case "int":
            return int(value)
        case "float":
            return float(value)
        case "bool":
            return value == "true"
    return value
