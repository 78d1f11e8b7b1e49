"""Which projector belongs to which model: the only one whose name and dimensions fit, or none."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence

from ..gguf.facts import GgufFacts
from .files import FileSet, LeftOut

_PRECISION = re.compile(
    r"(?:^|[-_.])(?:ud|i?q[0-9](?:_[0-9a-z]+)*|bf16|f16|fp16|f32|mxfp4(?:_moe)?)(?=$|[-_.])"
)
_SHARD = re.compile(r"-[0-9]{5}-of-[0-9]{5}$")
_NOTHING = frozenset({"", "model"})
"""What is left of names such as `mmproj-F16.gguf` and `mmproj-model-f16.gguf`."""

Sets = Sequence[tuple[FileSet, GgufFacts]]


def base_name(path: str) -> str:
    """Return a file's name without suffix, shard, precision and `mmproj`, for comparison."""
    stem = _SHARD.sub("", posixpath.basename(path).lower().removesuffix(".gguf"))
    stem = stem.replace("mmproj", "-")
    while (shorter := _PRECISION.sub("-", stem)) != stem:
        stem = shorter
    return re.sub(r"[-_.]+", "-", stem).strip("-")


def matched(models: Sets, projectors: Sets) -> tuple[Mapping[str, str], tuple[LeftOut, ...]]:
    """Return the projector of each model that has one, by paths, and those that belong to none.

    Both are in one folder. A projector named after a model fits its quants; one that is named after
    nothing fits if all models of the folder are quants of one.
    """
    beside: dict[str, list[tuple[FileSet, GgufFacts]]] = {}
    for each in projectors:
        beside.setdefault(posixpath.dirname(each[0].path), []).append(each)
    bases: dict[str, set[str]] = {}
    for model, _ in models:
        bases.setdefault(posixpath.dirname(model.path), set()).add(base_name(model.path))
    found: dict[str, str] = {}
    rivals: dict[str, str] = {}
    for model, facts in models:
        folder = posixpath.dirname(model.path)
        alone = len(bases[folder]) == 1
        fitting = _fitting(model, facts, beside.get(folder, ()), alone)
        if len(fitting) == 1:
            found[model.path] = fitting[0]
        for path in fitting[1:] and fitting:
            rivals[path] = model.path
    used = set(found.values())
    left_out = tuple(
        LeftOut(each.path, _why(each.path, rivals))
        for each, _ in projectors
        if each.path not in used
    )
    return found, left_out


def _fitting(model: FileSet, facts: GgufFacts, projectors: Sets, alone: bool) -> tuple[str, ...]:
    base = base_name(model.path)
    sized = [each.path for each, own in projectors if _same_size(facts, own)]
    named = tuple(path for path in sized if base_name(path) == base)
    if named:
        return named
    return tuple(path for path in sized if alone and base_name(path) in _NOTHING)


def _same_size(model: GgufFacts, projector: GgufFacts) -> bool:
    """Return False if a projector is known to make embeddings that the model does not take."""
    made = (
        projector.integer("vision.projection_dim")
        or projector.integer("audio.projection_dim")
        or projector.integer("projection_dim")
    )
    return not made or made == model.integer("embedding_length")


def _why(path: str, rivals: Mapping[str, str]) -> str:
    if path in rivals:
        model = posixpath.basename(rivals[path])
        return f"{model} has more than one projector that fits: exclude all but one"
    return "no model beside it is known to be the one that it belongs to"
