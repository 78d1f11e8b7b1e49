"""The kind of thing that a GGUF file holds: a model, a projector, or what is no model by itself."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Literal

from ..gguf.facts import GgufFacts

Kind = Literal["model", "projector"]

SIDECARS = {
    "mtp-": "multi-token prediction",
    "dflash-": "a DFlash draft",
    "eagle3-": "an EAGLE-3 draft",
    "dspark-": "a DSpark draft",
}
"""Prefixes of files that go beside a model; llama.cpp b11434, common/download.cpp."""

DRAFTS = {"dflash": "a DFlash draft", "eagle3": "an EAGLE-3 draft"}
"""Architectures that only draft for another model."""

NOT_MODELS = {
    "adapter": "an adapter (LoRA)",
    "imatrix": "an importance matrix",
    "mmproj": "a projector",
    "vocab": "a vocabulary",
}
"""Values of general.type that are no model; gguf-py's GGUFType."""

REQUIRED = ("block_count", "embedding_length", "context_length")
"""Keys without which llama.cpp loads no model: llama_model_base::load_hparams."""

SECTIONS = ("qwen2vl", "qwen3vl", "qwen3vlmoe", "qwen35", "qwen35moe")
"""Architectures that do not load without rope.dimension_sections; some blobs of Ollama lack it."""

BESIDE = ("v.", "mm.", "a.")
"""Beginnings of the names of a projector's tensors; in a model's file llama.cpp counts too many."""


def sidecar(path: str) -> str | None:
    """Return what a file is beside a model by its name; None for one that may be a model."""
    name = posixpath.basename(path).lower()
    if "imatrix" in name:
        return NOT_MODELS["imatrix"]
    return next((what for prefix, what in SIDECARS.items() if name.startswith(prefix)), None)


def kind_of(facts: GgufFacts, path: str, known: Callable[[str], bool]) -> Kind | str:
    """Return the kind, or a reason for leaving the file out.

    `known` says of an architecture if llama.cpp has it. A file without the suffix .gguf, as Ollama
    keeps them, must be of a known one: other programs write them, too.
    """
    if facts.architecture == "clip":
        return "projector"
    said = facts.text("general.type")
    if said in NOT_MODELS:
        return f"it is {NOT_MODELS[said]}, not a model"
    if facts.architecture in DRAFTS:
        return f"it is {DRAFTS[facts.architecture]}, not a model"
    if "mmproj" in posixpath.basename(path).lower():
        return f"its name says projector, but its architecture is {_shown(facts.architecture)}"
    return _why_not(facts, path, known) or "model"


def _why_not(facts: GgufFacts, path: str, known: Callable[[str], bool]) -> str | None:
    kind = _shown(facts.architecture)
    if not facts.tensors:
        return "it has no tensors: it is a vocabulary, not a model"
    lacking = [key for key in REQUIRED if not facts.integer(key)]
    if lacking:
        return f"its header lacks {kind}.{lacking[0]}: llama.cpp cannot load it"
    if facts.architecture in SECTIONS and "rope.dimension_sections" not in facts.metadata:
        return f"its header lacks {kind}.rope.dimension_sections: llama.cpp cannot load it"
    if any(each.name.startswith(BESIDE) for each in facts.tensors):
        return "it has the tensors of a projector as well: llama.cpp refuses their number"
    if not path.endswith(".gguf"):
        return _why_no_blob(facts, kind, known)
    return None


def _why_no_blob(facts: GgufFacts, kind: str, known: Callable[[str], bool]) -> str | None:
    if not known(facts.architecture):
        return f"its architecture, {kind}, is not one of llama.cpp's"
    blocks = {each.name.split(".")[1] for each in facts.tensors if each.name.startswith("blk.")}
    count = facts.integer("block_count")
    if blocks and len(blocks) != count:
        return f"its header says {count} blocks, but it has {len(blocks)}: llama.cpp cannot load it"
    return None


def _shown(text: str) -> str:
    safe = "".join(each if each.isprintable() else "?" for each in text[:40])
    return safe or "none"
