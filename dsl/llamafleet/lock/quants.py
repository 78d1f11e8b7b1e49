"""Finding the file of a repository that `Q4_K_M` means."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..diagnostics.suggest import suggest
from ..fleet.model import GgufFile
from ..gguf.shards import shards
from .model import is_plain

_LABEL = re.compile(
    r"(?:^|[-._/])(?P<label>(?:UD[-_])?(?:I?Q[1-9](?:_[0-9A-Z]+)*|TQ[12]_0|BF16|FP?16|FP?32|"
    r"MXFP4(?:_MOE)?|NVFP4))(?=[-._/]|$)",
    re.IGNORECASE,
)
USUAL = "Q4_K_M"
"""What llama-server takes where nobody says a quant."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A model of a repository: its files in order, and what its quant is called."""

    files: tuple[GgufFile, ...]
    label: str

    @property
    def name(self) -> str:
        """Return the path of its first file."""
        return self.files[0].file

    @property
    def projector(self) -> bool:
        """Return True for a multimodal projector (mmproj), which is no model by itself."""
        return "mmproj" in posixpath.basename(self.name).lower()

    @property
    def described(self) -> str:
        """Return its file and size, for people to choose."""
        return f"{self.name} ({in_bytes(sum(each.size or 0 for each in self.files))})"


def models_of(files: Iterable[GgufFile]) -> tuple[Weights, ...]:
    """Return every model whose files are complete; importance matrices are left out."""
    known: Mapping[str, GgufFile] = {each.file: each for each in files if is_plain(each.file)}
    found = []
    for path in sorted(known):
        names = shards(path)
        base = posixpath.basename(path).lower()
        if not base.endswith(".gguf") or "imatrix" in base or names[0] != path:
            continue
        if all(each in known for each in names):
            found.append(Weights(tuple(known[each] for each in names), label_of(path)))
    return tuple(found)


def label_of(path: str) -> str:
    """Return the quant in a path's file name or else in its folder's; "" if there is none."""
    stem = re.sub(r"(-[0-9]{5}-of-[0-9]{5})?\.gguf$", "", posixpath.basename(path))
    for part in (stem, posixpath.dirname(path)):
        if labels := [each["label"] for each in _LABEL.finditer(part)]:
            return str(labels[-1]).upper().replace("UD_", "UD-")
    return ""


def find(repo: str, files: Iterable[GgufFile], quant: str) -> Weights | str:
    """Return the one model that `quant` means, or a message with the choices."""
    there = models_of(files)
    if not there:
        return f"{repo} has no GGUF files"
    models = tuple(each for each in there if not each.projector)
    matching = _matching(there, models, quant)
    if len(matching) == 1:
        return matching[0]
    if matching:
        named = f"{repo}:{quant}" if quant else repo
        listed = ", ".join(each.described for each in matching)
        return f"{named} is ambiguous: {listed}; choose one with hf-repo and hf-file"
    labels = tuple(dict.fromkeys(each.label for each in models if each.label))
    meant = suggest(quant.upper(), labels)
    listed = ", ".join(_labelled(each) for each in there)
    return f"{repo} has no {quant}{f', did you mean {meant}?' if meant else ''}; it has {listed}"


def _matching(
    there: tuple[Weights, ...], models: tuple[Weights, ...], quant: str
) -> tuple[Weights, ...]:
    """Return the candidates: by file name first, then by quant, then unsloth's own quants."""
    if not quant:
        usual = tuple(each for each in models if each.label == USUAL)
        return usual if len(usual) == 1 else models
    word = quant.upper()
    exact = tuple(each for each in there if word in _names(each))
    labelled = tuple(each for each in models if each.label == word)
    dynamic = tuple(each for each in models if each.label == f"UD-{word}")
    return exact or labelled or dynamic or _projectors(there, word)


def _projectors(there: tuple[Weights, ...], word: str) -> tuple[Weights, ...]:
    """`mmproj`, or `mmproj-F16` whatever else the file is called."""
    if not word.startswith("MMPROJ"):
        return ()
    label = word.removeprefix("MMPROJ").lstrip("-_.")
    return tuple(each for each in there if each.projector and label in ("", each.label))


def _names(weights: Weights) -> tuple[str, str]:
    """A file's name with and without its ending, in capitals."""
    base = posixpath.basename(weights.name).upper()
    return base, base.removesuffix(".GGUF")


def _labelled(weights: Weights) -> str:
    size = in_bytes(sum(each.size or 0 for each in weights.files))
    if weights.projector or not weights.label:
        return f"{posixpath.basename(weights.name)} ({size})"
    return f"{weights.label} ({size})"


def in_bytes(size: int) -> str:
    """Return a size such as `16.2 GiB`."""
    for unit, bits in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if size >= 1 << bits:
            return f"{size / (1 << bits):.1f} {unit}"
    return f"{size} bytes"
