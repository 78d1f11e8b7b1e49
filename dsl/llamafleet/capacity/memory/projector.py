"""An image projector: its weights, and what it works with at its first picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isqrt

from ...gguf import GgufFacts
from .cparams import padded
from .devices import Device
from .flags import Flags
from .terms import HOST, MIB, Term
from .weights import alignment

LOADER = "tools/mtmd/clip.cpp, clip_model_loader::load_tensors"
GRAPH = "tools/mtmd/clip.cpp, clip_graph::build_vit; clip_model_loader::reserve_compute_meta"

SHARE = 0.3
"""Working memory by weights, without a known graph. 884 MiB took 1158 MiB at work."""

# Tokens of the picture with which it is tried, and how many patches on a side make a token: as
# set in clip_model_loader::load_hparams. Those that are not here try a picture of image_size.
WARMUP: Mapping[str, tuple[int, int]] = {
    "dots3note_v": (46 * 46, 1), "dots_ocr": (46 * 46, 1), "exaone4_5": (46 * 46, 2),
    "gemma4v": (256, 3), "glm4v": (46 * 46, 2), "glm5v": (46 * 46, 2), "hunyuanvl": (32 * 32, 2),
    "kimivl": (256, 1), "lightonocr": (256, 1), "mimovl": (46 * 46, 2), "minimax_m3": (16 * 16, 2),
    "muse-glimmer": (32 * 32, 2), "paddleocr": (28 * 28, 2), "phi4": (16 * 16, 1),
    "pixtral": (256, 1), "qwen2.5o": (46 * 46, 2), "qwen2.5vl_merger": (46 * 46, 2),
    "qwen2vl_merger": (46 * 46, 2), "qwen3vl_merger": (46 * 46, 2), "youtuvl": (16 * 16, 2),
}  # fmt: skip
FIXED = frozenset({"gemma3", "idefics3", "internvl", "janus_pro", "ldp", "ldpv2", "lfm2", "mlp"})
"""Vision transformers that are tried with a picture of image_size."""


def projector(facts: GgufFacts, flags: Flags, cards: Sequence[Device]) -> Iterator[Term]:
    """Yield the terms of the projector."""
    device = projector_device(flags, cards)
    size = sum(padded(each.size, alignment(device)) for each in facts.tensors)
    yield Term(device, "weights", "image projector", size, "sum of its tensors", LOADER)
    patches = _patches(facts, flags)
    values = _values(facts)
    if not patches or not values:
        work = int(size * SHARE)
        formula = "rule of thumb, its graph is not known: 0.3 of its weights"
        what = "image projector at work, about"
        yield Term(device, "compute", what, work, formula, GRAPH, margin=work)
        return
    work = patches * values * 4
    formula = f"{patches} patches x {values} values x 4 bytes"
    if not flags.flash_attn:
        work += (heads := facts.integer("vision.attention.head_count") or 0) * patches**2 * 4
        formula += f", {heads} heads x {patches} x {patches} x 4 bytes"
    yield Term(device, "compute", "image projector at work", work, formula, GRAPH)
    if device != HOST:
        side = facts.integer("vision.patch_size") or 0
        pixels = patches * side * side * 3 * 4
        formula = f"{patches} patches of {side} x {side} pixels, 3 colours x 4 bytes"
        yield Term(HOST, "compute", "picture for the projector", pixels, formula, GRAPH)


def projector_device(flags: Flags, cards: Sequence[Device]) -> str:
    """Return where it lies: on --mmproj-device, else the first of --device, else the first card.

    common/arg.cpp, common_params_parse_ex; clip_ctx's constructor in tools/mtmd/clip.cpp takes the
    first card by itself, whatever --split-mode and --main-gpu say, and local ones before RPC's.
    """
    if not cards or not flags.mmproj_offload or flags.mmproj_device == "none":
        return HOST
    if flags.mmproj_device:
        return flags.mmproj_device
    if flags.devices is not None:
        return flags.devices[0] if flags.devices else HOST
    local = [each.name for each in cards if not each.name.startswith("RPC")]
    return local[0] if local else cards[0].name


def projector_note(facts: GgufFacts, flags: Flags) -> str:
    """Return a note on the memory that larger pictures would take."""
    kind = _kind(facts)
    _, merge = WARMUP.get(kind, (0, 1))
    patches, values = _patches(facts, flags), _values(facts)
    if kind not in WARMUP or not patches or not values:
        return "the projector's working memory depends on image sizes"
    size = merge * merge * values * 4 * 1024 / MIB
    return f"the projector needs {size:.0f} MiB more for each 1024 tokens of a larger picture"


def _kind(facts: GgufFacts) -> str:
    return facts.text("vision.projector_type") or facts.text("projector_type") or ""


def _patches(facts: GgufFacts, flags: Flags) -> int:
    """Of the picture with which it is tried."""
    kind, patch = _kind(facts), facts.integer("vision.patch_size")
    if kind in WARMUP:
        tokens, merge = WARMUP[kind]
        merge = facts.integer("vision.spatial_merge_size") or merge
        return (isqrt(min(tokens, flags.image_tokens or tokens)) * merge) ** 2
    if kind not in FIXED or not patch:
        return 0
    return ((facts.integer("vision.image_size") or 0) // patch) ** 2


def _values(facts: GgufFacts) -> int:
    """Live at once for each patch: in the feed-forward part, in attention, or as pixels."""
    wide = facts.integer("vision.embedding_length") or 0
    inner = facts.integer("vision.feed_forward_length") or 0
    patch = facts.integer("vision.patch_size") or 0
    gated = any(each.name.endswith("ffn_gate.weight") for each in facts.tensors)
    if not wide or not inner:
        return 0
    # Pixels, and beside them their patches in 16 bits.
    return max(3 * wide + inner * (2 if gated else 1), 5 * wide, 3 * patch * patch * 3 // 2)
