"""The flags of llama-server that decide how much memory it takes."""

from __future__ import annotations

from collections.abc import Mapping

from ...dataclasses import dataclass, field

ALL = 1 << 30
SLOTS = 256
"""LLAMA_MAX_SEQ."""

EXPERTS = r"\.ffn_(up|down|gate|gate_up)_(ch|)exps"
"""LLM_FFN_EXPS_REGEX of common/common.h."""

NGRAM_CACHE = 8
"""Tokens that the ngram cache drafts, whatever is said."""


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
    flash_asked: bool = False
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
    servers: tuple[str, ...] = ()
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
    ngram_tokens: Mapping[str, int] = field(default_factory=dict)
    spec_types: tuple[str, ...] = ()
    pooling: str = ""
    backend_sampling: bool = False
    metadata: tuple[tuple[str, int | float | bool | str], ...] = ()
    image_tokens: int | None = None
    mmproj_device: str | None = None
    loras: tuple[str, ...] = ()
    cache_ram: int = 8192
    checkpoints: int = 32

    @property
    def slots(self) -> int:
        """Return the number of sequences served at once."""
        return self.parallel if self.parallel > 0 else 4

    @property
    def pools(self) -> bool:
        """Return True if each token of a batch makes an output."""
        return self.embedding or self.pooling not in ("", "none")

    @property
    def drafted(self) -> int:
        """Return the most tokens that are drafted by any method: common_speculative_n_max."""
        counts = [
            self.draft_tokens if each.startswith("draft-") else self.ngram_tokens.get(each, 0)
            for each in self.spec_types
        ]
        return max((0, *counts))

    @property
    def unified(self) -> bool:
        """Return True if all slots share one pool of cells."""
        return self.parallel < 0 or self.kv_unified
